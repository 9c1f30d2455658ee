# bench/run.sh: the picture of the results, from the data that report.awk left in this folder.
set terminal svg size 960,720 font "sans-serif,12" noenhanced background "white"
set output "results.svg"
set multiplot layout 2,2
set style fill solid 0.9 noborder
set grid ytics lc rgb "#dddddd"
set key top left vertical samplen 2

set title "Contexts per second of CPU, both sides"
set style data histogram
set style histogram cluster gap 1
set xtics rotate by -25
set yrange [0:8000]
plot "mechanisms.dat" using 3:xtic(1) title "acquired credential" lc rgb "#1f5fa8", \
     "" using 4 title "default credential" lc rgb "#8fb8e0", \
     "" using 2 title "bare libcrypto" lc rgb "#999999"

set title "Messages sealed and opened, MB/s"
set style data linespoints
set logscale xy
set yrange [*:*]
set xtics norotate ("64 B" 64, "1 KiB" 1024, "16 KiB" 16384, "1 MiB" 1048576)
set key bottom right vertical maxrows 5 samplen 2
plot "messages.dat" using 1:2 title "bare AES-128-GCM" lc rgb "#999999" pt 7, \
     "" using 1:3 title "EDHOC, IOV" lc rgb "#1f5fa8" pt 7, \
     "" using 1:4 title "EDHOC, wrap" lc rgb "#8fb8e0" pt 7, \
     "" using 1:5 title "krb5, wrap" lc rgb "#c0504d" pt 7, \
     "" using 1:6 title "NTLMSSP, wrap" lc rgb "#d9a441" pt 7

set title "Contexts per second with a trust file of so many lines"
set xtics norotate ("10" 10, "1 k" 1000, "10 k" 10000, "100 k" 100000, "1 M" 1000000)
set key bottom left vertical maxrows 4 samplen 2
set xrange [10:1000000]
plot "lines.dat" using 1:2 title "acquired credential" lc rgb "#1f5fa8" pt 7, \
     "" using 1:3 title "default credential" lc rgb "#8fb8e0" pt 7, \
     "" using 1:5 title "acquired, before" lc rgb "#1f5fa8" dt 2 pt 6, \
     "" using 1:6 title "default, before" lc rgb "#8fb8e0" dt 2 pt 6

unset logscale
set xrange [*:*]
set title "Logins per second at Apache (mod_auth_gssapi)"
set style data histogram
set xtics norotate autofreq
set yrange [0:*]
unset key
plot "logins.dat" using 2:xtic(1) lc rgb "#1f5fa8"
unset multiplot

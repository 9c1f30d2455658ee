#!/bin/sh
# What code inside another program's process never calls, by the symbols of a build: mech/ and gss_glue/
# run in servers that chose their locale, their signals and their output themselves. Exit status 1
# if anything does.
#
#     sh tools/calls.sh BUILD-FOLDER
set -u
cd "${1:?usage: sh tools/calls.sh BUILD-FOLDER}" || exit 2

# REASON: SYMBOL...
never() {
    cat << 'LIST'
its result depends on the locale of the host: toupper tolower isalnum isalpha isblank iscntrl isdigit
its result depends on the locale of the host: isgraph islower isprint ispunct isspace isupper isxdigit
its result depends on the locale of the host: __ctype_b_loc __ctype_toupper_loc __ctype_tolower_loc
its result depends on the locale of the host: strcasecmp strncasecmp strcasestr strcoll strxfrm
its result depends on the locale of the host: strtod strtof strtold atof localeconv nl_langinfo
its result depends on the locale of the host: mbstowcs wcstombs mbtowc wctomb mbrtowc wcrtomb fnmatch
it changes the locale of the host: setlocale uselocale newlocale
standard output is not ours: stdout puts putchar printf vprintf __printf_chk __vprintf_chk
the host decides when it ends: exit _exit quick_exit abort atexit on_exit __assert_fail
signals are not ours: signal sigaction sigprocmask pthread_sigmask raise kill alarm setitimer
it changes the process for everybody: setenv putenv unsetenv clearenv chdir fchdir umask setrlimit srand
it changes the process for everybody: CRYPTO_secure_malloc_init OPENSSL_cleanup RAND_set_rand_method
a set-user-ID program's environment is a stranger's; secure_getenv: getenv
it starts a program: system popen fork vfork execv execve execvp posix_spawn posix_spawnp
it asks the network: getaddrinfo gethostbyname getnameinfo gethostname
it is not random: rand random rand_r drand48
it is not safe with threads: strtok gmtime localtime getpwuid getpwnam asctime ctime inet_ntoa
a fork leaves its lock to the child: gmtime_r localtime_r strftime mktime timegm tzset
it does not know how much room there is: strcpy strcat sprintf vsprintf gets scanf sscanf fscanf
it does not know how much room there is: __isoc99_sscanf __isoc23_sscanf __isoc99_fscanf __isoc23_fscanf
LIST
}

# shellcheck disable=SC2046 # no blanks in our file names
{
    never
    echo '--'
    nm -A -P $(find mech gss_glue -name '*.o' | LC_ALL=C sort)
} | awk '
    $0 == "--" { objects = 1; next }
    !objects {
        why = $0
        sub(/: [^:]*$/, "", why)
        n = split(substr($0, length(why) + 3), symbol, " ")
        for (i = 1; i <= n; i++)
            never[symbol[i]] = why
        next
    }
    { seen++ }
    $3 == "U" && ($2 in never) {
        object = $1
        sub(/\.libs\//, "", object)
        sub(/\.o:$/, "", object)
        print object ": calls " $2 ": " never[$2]
        found++
    }
    END {
        printf "calls: %d finding%s\n", found, found == 1 ? "" : "s"
        exit found > 0 || seen == 0
    }'

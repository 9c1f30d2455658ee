/* The commands of bench_gss.c; each takes the arguments that follow the folder. */
#ifndef BENCH_GSS_H
#define BENCH_GSS_H

/* contexts.c */
void bench_contexts(char **arguments);
void bench_threads(char **arguments);
void bench_calls(char **arguments);
void bench_memory(char **arguments);
void bench_once(char **arguments);
void bench_bare(char **arguments);

/* messages.c */
void bench_messages(char **arguments);

/* trust.c */
void bench_trust(char **arguments);
void bench_garbage(char **arguments);
void bench_stranger(char **arguments);
void bench_names(char **arguments);
void bench_choose(char **arguments);

/* fleet.c */
void bench_fleet(char **arguments);

/* lines.c */
void bench_lines(char **arguments);

/* http.c */
void bench_http(char **arguments);
void bench_visit(char **arguments);

#endif

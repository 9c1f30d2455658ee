/* The trace: what happens, for whoever looks for a fault. */
#ifndef GSS_GLUE_TRACE_H
#define GSS_GLUE_TRACE_H

/* One line to the file that GSS_EDHOC_TRACE names, else to the one that mech.conf does; it names none
 * mostly. Never a secret. The thread's story is left alone. */
void glue_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What the setting `trace` of mech.conf was when it was last read, NULL for nothing: from now on the
 * whole process's. Copies. */
void glue_trace_to(const char *path);

#endif

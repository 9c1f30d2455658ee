/* GSS_EDHOC_TRACE: what happens, for whoever looks for a fault. */
#ifndef GSS_GLUE_TRACE_H
#define GSS_GLUE_TRACE_H

/* One line to the file that GSS_EDHOC_TRACE names, if it does. Never a secret. */
void glue_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

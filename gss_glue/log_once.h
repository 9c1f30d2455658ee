/* What is told once, until it is another: per settings, since each has its own files. Without locks,
 * as log_limit. */
#ifndef GSS_GLUE_LOG_ONCE_H
#define GSS_GLUE_LOG_ONCE_H

#include "base/bytes.h"
#include "load/settings.h"

/* Is it another text than the last of the same settings in this process? Digits do not count: ages
 * change all the time. Nothing is no news, but after something. */
bool log_once_is_news(const struct settings *settings, struct bytes text);

#endif

#include "mechglue.h"

#include "base/report.h"

#include <pthread.h>

int glue_enter(bool forget)
{
    int before = PTHREAD_CANCEL_ENABLE;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    if (forget)
        report_clear();
    return before;
}

void glue_leave(const int *cancel_state)
{
    (void)pthread_setcancelstate(*cancel_state, NULL);
}

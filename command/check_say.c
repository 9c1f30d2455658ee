#include "check_say.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cbor.h"
#include "base/report.h"

void check_say(struct check *c, enum verdict verdict, const char *format, ...)
{
    static const struct {
        const char *word, *colour;
    } verdicts[] = {{"ok", "\033[32m"}, {"warn", "\033[33m"}, {"FAIL", "\033[1;31m"}};
    char *text;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (verdict == CHECK_FAIL)
        c->failed = true;
    if (n < 0) {
        puts("FAIL: out of memory");
        c->failed = true;
        return;
    }
    cbor_make_clean(text);
    printf("%s%s%s: %s\n", c->colours ? verdicts[verdict].colour : "", verdicts[verdict].word,
           c->colours ? "\033[0m" : "", text);
    free(text);
}

const char *check_user(void)
{
    struct passwd *user = getpwuid(geteuid());

    return user != NULL ? user->pw_name : "(without a name)";
}

void check_error(struct check *c, edhoc_err err, const char *what, const char *advice)
{
    const char *details = report_details(err);

    check_say(c, CHECK_FAIL, "%s: %s%s%s", what,
              details[0] != '\0' ? details : report_sentence(err), advice != NULL ? "; " : "",
              advice != NULL ? advice : "");
}

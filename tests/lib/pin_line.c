#include "pin_line.h"

#include "base/base64.h"
#include "base/ssh_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void put_time(const char *option, int64_t seconds, struct buf *out)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[64];

    if (seconds == INT64_MIN || seconds == INT64_MAX)
        return;
    buf_put_text(out, option);
    buf_put(out,
            bytes_of(text, strftime(text, sizeof(text), "=\"%Y%m%d%H%M%S\"", gmtime_r(&t, &tm))));
}

static void put_options(const struct trust_line *line, struct buf *out)
{
    static const char *const roles[] = {"", "client", "server", "client,server"};

    buf_put_text(out, line->roles != 0 ? roles[line->roles] : "client,server");
    put_time(",valid-after", line->valid_after, out);
    put_time(",valid-before", line->valid_before, out);
    if (line->local_user != NULL) {
        buf_put_text(out, ",local-user=\"");
        buf_put_text(out, line->local_user);
        buf_put_byte(out, '"');
    }
    if (line->is_ca)
        buf_put_text(out, ",cert-authority");
}

static void put_ca(const struct trust_line *line, struct buf *out)
{
    struct ssh_reader r = ssh_reader_of(buf_bytes(&line->ca));

    buf_put_text(out, line->principals);
    buf_put_byte(out, ' ');
    put_options(line, out);
    buf_put_byte(out, ' ');
    buf_put(out, ssh_read_string(&r));
    buf_put_byte(out, ' ');
    base64_put(buf_bytes(&line->ca), out);
}

static edhoc_err add_text(struct trust *t, const struct trust_line *line)
{
    struct buf options = buf_new(1024), text = buf_new(TRUST_LINE_MAX);

    put_options(line, &options);
    buf_put_byte(&options, '\0');
    if (line->is_ca)
        put_ca(line, &text);
    else
        trust_line_format(line->principals, (const char *)options.p, cred_key(line->cred),
                          line->comment, &text);
    buf_free(&options);
    return buf_err(&text) == EDHOC_OK ? trust_read(t, &text, line->file, line->line)
                                      : buf_err(&text);
}

edhoc_err pin_line(struct trust *t, struct trust_line *line)
{
    edhoc_err err = trust_check_use(t, line);

    if (err == EDHOC_OK)
        err = add_text(t, line);
    trust_line_free(line);
    return err;
}

void pin_broken(struct trust *t, const char *principals, unsigned roles, const char *file,
                unsigned number)
{
    static const char *const options[] = {"", "client ", "server ", ""};
    struct buf text = buf_new(TRUST_LINE_MAX);

    buf_put_text(&text, principals);
    buf_put_byte(&text, ' ');
    buf_put_text(&text, options[roles]);
    buf_put_text(&text, "ssh-ed25519 *");
    if (trust_read(t, &text, file, number) != EDHOC_OK)
        abort();
}

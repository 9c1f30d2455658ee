#include "log.h"

#include "base/bytes.h"
#include "base/lines.h"
#include "base/log_line.h"
#include "base/report.h"
#include "context.h"
#include "context_lock.h"
#include "creds.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "edhoc/edhoc.h"
#include "edhoc/suite.h"
#include "load/settings.h"
#include "load/sink.h"
#include "load/sources.h"
#include "log_limit.h"
#include "log_once.h"
#include "names.h"
#include "peer/identity.h"
#include "peer/party.h"
#include "peer/peer.h"
#include "peer/ssh_cert.h"
#include "peer/trust.h"
#include "peer/x509_cert.h"
#include "profile/gss_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORIES_MAX    (1u << 20) /* bytes of what there is to tell of files */
#define FILES_TOLD_MAX 20         /* stories at once */

/* ---- where it goes ---- */

static void to_file(const char *path, const struct log_line *line)
{
    char time[SINK_TIME_MAX];
    struct buf text = buf_new(2 * LOG_LINE_MAX);
    char ident[64];

    buf_put(&text, bytes_of(time, sink_time(time)));
    (void)snprintf(ident, sizeof(ident), " " SINK_IDENT "[%ld]: ", (long)getpid());
    buf_put_text(&text, ident);
    buf_put(&text, bytes_of(line->text, line->len));
    buf_put_byte(&text, '\n');
    if (buf_err(&text) == EDHOC_OK)
        (void)sink_append(path, SINK_THERE, buf_bytes(&text));
    buf_free(&text);
}

static void write_line(const char *to, enum sink_severity severity, const struct log_line *line)
{
    if (strcmp(to, SETTING_SYSLOG) == 0)
        (void)sink_syslog(severity, bytes_of(line->text, line->len));
    else
        to_file(to, line);
}

/* Before what can be told again: how much could not. */
static void tell(const char *to, enum sink_severity severity, const struct log_line *line)
{
    unsigned lost = log_limit_suppressed();
    struct log_line more;

    if (lost > 0) {
        log_line_begin(&more, "suppressed");
        log_line_add(&more, "refusals", "%u", lost);
        write_line(to, SINK_NOTICE, &more);
    }
    write_line(to, severity, line);
}

/* With the name of the program, since many share syslog. */
static void begin(struct log_line *line, const char *word)
{
    log_line_begin(line, word);
    log_line_add_text(line, "program", bytes_of_text(program_invocation_short_name), 64);
}

/* ---- what is known of a peer ---- */

#define NAME_BYTES 320 /* of a name in a line */

static void add_key(struct log_line *line, const struct key *key)
{
    struct buf text = buf_new(64);

    if (openssh_key_fingerprint(key, &text) == EDHOC_OK)
        log_line_add(line, "key", "%.*s", (int)text.len, (const char *)text.p);
    buf_free(&text);
}

static void add_ssh_cert(struct log_line *line, const struct cred *cred, bool believed)
{
    struct buf ca = buf_new(64);
    struct ssh_cert c;

    if (ssh_cert_read(cred_ssh_cert(cred), &c) != EDHOC_OK)
        return;
    log_line_add_text(line, "certificate", c.key_id, NAME_BYTES);
    log_line_add(line, "serial", "%llu", (unsigned long long)c.serial);
    if (believed && openssh_fingerprint(c.ca, &ca) == EDHOC_OK)
        log_line_add(line, "ca", "%.*s", (int)ca.len, (const char *)ca.p);
    buf_free(&ca);
}

static void add_x509(struct log_line *line, const struct cred *cred, bool believed)
{
    char *subject = x509_subject(cred_chain(cred, 0));
    char *issuer = x509_issuer(cred_chain(cred, cred_chain_length(cred) - 1));

    if (subject != NULL)
        log_line_add_text(line, "certificate", bytes_of_text(subject), NAME_BYTES);
    if (believed && issuer != NULL)
        log_line_add_text(line, "ca", bytes_of_text(issuer), NAME_BYTES);
    free(subject);
    free(issuer);
}

/* By which key, and which certificate if there is one; the CA only where its word counted. */
static void add_credential(struct log_line *line, const struct cred *cred, bool by_ca)
{
    add_key(line, cred_key(cred));
    if (cred_ssh_cert(cred).len > 0)
        add_ssh_cert(line, cred, by_ca);
    else if (cred_chain_length(cred) > 0)
        add_x509(line, cred, by_ca);
}

static void add_trust_line(struct log_line *line, const struct peer *peer)
{
    char number[16];
    struct buf place = buf_new(SETTING_MAX + sizeof(number));

    (void)snprintf(number, sizeof(number), ":%u", peer->line);
    buf_put_text(&place, peer->file);
    buf_put_text(&place, number);
    log_line_add_text(line, "trust", buf_bytes(&place), 512);
    buf_free(&place);
}

/* To which service, and how; as far as the session came. */
static void add_session(struct log_line *line, const struct glue_session *session)
{
    const char *target = profile_target(session->profile);
    const struct suite *suite = edhoc_suite(session->engine);

    if (target != NULL)
        log_line_add_text(line, "service", bytes_of_text(target), NAME_BYTES);
    if (suite == NULL)
        return;
    log_line_add(line, "method", "%d", edhoc_method(session->engine));
    log_line_add(line, "suite", "%d", suite->id);
}

/* ---- what happens ---- */

void glue_log_accepted(const struct glue_ctx *ctx)
{
    const struct glue_session *session = ctx->session;
    const struct peer *peer = party_peer(session->party);
    struct log_line line;

    if (session->cred->settings.log == NULL)
        return;
    begin(&line, "accepted");
    log_line_add(&line, "context", "%u", ctx->id);
    log_line_add_text(&line, "client", bytes_of_text(peer->name), NAME_BYTES);
    add_credential(&line, peer->cred, peer->file == NULL || peer->by_ca);
    if (peer->file != NULL)
        add_trust_line(&line, peer);
    add_session(&line, session);
    tell(session->cred->settings.log, SINK_INFO, &line);
}

/* A failure's sentence and its story, which what follows may overwrite. */
struct why {
    edhoc_err err;
    char story[1024];
};

static struct why why(edhoc_err err)
{
    struct why w = {.err = err};

    (void)snprintf(w.story, sizeof(w.story), "%s", report_details(err));
    return w;
}

static void add_why(struct log_line *line, const struct why *w)
{
    struct buf text = buf_new(4096);

    buf_put_text(&text, report_sentence(w->err));
    if (w->story[0] != '\0') {
        buf_put_text(&text, ": ");
        buf_put_text(&text, w->story);
    }
    log_line_add_text(line, "why", buf_bytes(&text), 1400);
    buf_free(&text);
}

/* The story is again what it was. */
static void put_back(const struct why *w)
{
    if (report(w->err, "%s", w->story) != w->err)
        report_clear();
}

static void tell_why(const char *to, struct log_line *line, const struct why *w)
{
    add_why(line, w);
    tell(to, SINK_NOTICE, line);
    put_back(w);
}

static void add_claims(struct log_line *line, const struct glue_session *session)
{
    const struct cred *proven = party_proven(session->party);

    if (proven == NULL)
        return;
    if (cred_sub(proven).len > 0)
        log_line_add_text(line, "claimed", cred_sub(proven), NAME_BYTES);
    add_credential(line, proven, false);
}

static void refused(const struct glue_ctx *ctx, edhoc_err err)
{
    const struct glue_session *session = ctx->session;
    const char *to = session->cred->settings.log;
    enum log_peer peer = party_knows_peer(session->party) ? LOG_KNOWN : LOG_STRANGER;
    struct why w = why(err);
    struct log_line line;

    if (to == NULL || !log_limit_allows(peer))
        return;
    begin(&line, "refused");
    log_line_add(&line, "context", "%u", ctx->id);
    add_claims(&line, session);
    add_session(&line, session);
    tell_why(to, &line, &w);
}

/* What came was no first token, or our own settings have a fault. */
static void refused_at_once(const struct glue_cred *cred, edhoc_err err)
{
    struct settings read = {.log = NULL};
    const struct settings *settings = cred != NULL ? &cred->settings : &read;
    struct why w = why(err);
    struct log_line line;

    if (cred == NULL && sources_settings(NULL, 0, &read) != EDHOC_OK)
        settings_clear(&read);
    if (settings->log != NULL && log_limit_allows(LOG_STRANGER)) {
        begin(&line, "refused");
        tell_why(settings->log, &line, &w);
    }
    settings_clear(&read);
    put_back(&w); /* reading the settings has told its own */
}

void glue_log_refused(struct glue_ctx *ctx, const struct glue_cred *cred, edhoc_err err)
{
    if (ctx == NULL) {
        refused_at_once(cred, err);
        return;
    }
    if (glue_ctx_enter(ctx) != EDHOC_OK)
        return;
    if (ctx->session != NULL) /* else it was over before */
        refused(ctx, err);
    glue_ctx_leave(ctx);
}

/* ---- files ---- */

static struct buf stories_of(const struct identity_set *identities, const struct trust *trust,
                             edhoc_err stale)
{
    struct buf text = buf_new(STORIES_MAX);
    struct trust_story story;
    size_t notes;
    bool taken;

    if (stale != EDHOC_OK) { /* before another report takes its place */
        const char *story = report_details(stale);

        buf_put_text(&text, story[0] != '\0' ? story : report_sentence(stale));
        buf_put_byte(&text, '\n');
    }
    if (identities != NULL && identities->passed_over != NULL)
        buf_put_text(&text, identities->passed_over);
    notes = trust != NULL ? trust_note_count(trust) : 0;
    for (size_t i = 0; i < notes && i < FILES_TOLD_MAX; i++) {
        trust_note(trust, i, &taken, &story);
        buf_put_text(&text, story.text);
        buf_put_text(&text, taken ? "; the line grants nothing, and its names are taken\n"
                                  : "; the line is passed over\n");
    }
    return text;
}

static void tell_stories(const char *to, struct bytes stories)
{
    struct bytes story;
    unsigned n = 0;

    while (lines_next(&stories, &story) && n++ < FILES_TOLD_MAX) {
        struct log_line line;

        begin(&line, "file");
        log_line_add_text(&line, "why", story, 1400);
        tell(to, SINK_WARNING, &line);
    }
}

static void tell_mended(const char *to)
{
    struct log_line line;

    begin(&line, "mended");
    tell(to, SINK_NOTICE, &line);
}

void glue_log_files(const struct settings *settings, const struct identity_set *identities,
                    const struct trust *trust, edhoc_err stale)
{
    struct buf stories;

    if (settings->log == NULL)
        return;
    stories = stories_of(identities, trust, stale);
    if (buf_err(&stories) != EDHOC_ERR_NOMEM && /* half of it is no news */
        log_once_is_news(settings, buf_bytes(&stories))) {
        if (stories.len > 0)
            tell_stories(settings->log, buf_bytes(&stories));
        else
            tell_mended(settings->log);
    }
    buf_free(&stories);
}

void glue_log_unusable(const struct settings *settings, edhoc_err err)
{
    struct why w = why(err);
    struct log_line line;

    if (settings->log == NULL || !log_limit_allows(LOG_KNOWN))
        return;
    begin(&line, "unusable");
    tell_why(settings->log, &line, &w);
}

/* Logins at a web server that asks for Negotiate, each on a connection of its own: /edhoc and /krb5;
 * /bare asks for nothing. On the wall, since most of it happens in the server. */
#include "bench_gss.h"
#include "measure.h"
#include "pair.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

#define ANSWER_MAX 16384
#define TOKEN_MAX  8192

static in_port_t port;

struct answer {
    int status;
    uint8_t token[TOKEN_MAX]; /* of WWW-Authenticate: Negotiate */
    size_t token_len;
};

static int dial(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
             setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0,
         "connecting");
    return fd;
}

/* What stands in a header's line after its name, or NULL. */
static char *header(char *text, const char *name)
{
    size_t len = strlen(name);

    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, len) == 0)
            return line + len;
    }
    return NULL;
}

static void read_token(struct answer *a, char *text)
{
    char *value = header(text, "WWW-Authenticate: Negotiate ");
    size_t len, padding = 0;

    a->token_len = 0;
    if (value == NULL)
        return;
    len = strcspn(value, "\r\n");
    must(len / 4 * 3 <= TOKEN_MAX && len % 4 == 0, "the length of a token");
    while (padding < 2 && len > padding && value[len - 1 - padding] == '=')
        padding++;
    must(EVP_DecodeBlock(a->token, (uint8_t *)value, (int)len) >= 0, "a token");
    a->token_len = len / 4 * 3 - padding;
}

/* The whole answer, its body too. */
static void read_answer(int fd, struct answer *a)
{
    static char text[ANSWER_MAX + 1];
    size_t used = 0, whole = SIZE_MAX;

    while (used < whole) {
        ssize_t n = read(fd, text + used, ANSWER_MAX - used);
        char *end, *length;

        must(n > 0, "reading an answer");
        used += (size_t)n;
        text[used] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (whole != SIZE_MAX || end == NULL)
            continue;
        length = header(text, "Content-Length: ");
        whole = (size_t)(end - text) + 4 + (length != NULL ? strtoul(length, NULL, 10) : 0);
    }
    must(sscanf(text, "HTTP/1.1 %d", &a->status) == 1, "an answer");
    read_token(a, text);
}

static void get(int fd, const char *page, const gss_buffer_desc *token, struct answer *a)
{
    char text[2 * TOKEN_MAX];
    int len = snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: localhost\r\n", page);

    if (token != NULL) {
        must(token->length <= TOKEN_MAX, "the length of a token");
        len += sprintf(text + len, "Authorization: Negotiate ");
        len += EVP_EncodeBlock((uint8_t *)text + len, token->value, (int)token->length);
        len += sprintf(text + len, "\r\n");
    }
    len += sprintf(text + len, "\r\n");
    must(write(fd, text, (size_t)len) == len, "sending a request");
    read_answer(fd, a);
}

/* ---- what is measured ---- */

static void bare_once(void *arg)
{
    struct answer a;
    int fd = dial();

    (void)arg;
    get(fd, "bare", NULL, &a);
    must(a.status == 200, "a bare request");
    (void)close(fd);
}

static void bare_twice(void *arg)
{
    struct answer a;
    int fd = dial();

    (void)arg;
    get(fd, "bare", NULL, &a);
    get(fd, "bare", NULL, &a);
    must(a.status == 200, "a second bare request");
    (void)close(fd);
}

static void login_once(void *arg)
{
    const struct pair *p = arg;
    struct answer a = {0};
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 major = GSS_S_CONTINUE_NEEDED, minor;
    int fd = dial();

    while (major == GSS_S_CONTINUE_NEEDED) {
        gss_buffer_desc in = {a.token_len, a.token}, out;

        major = gss_init_sec_context(&minor, p->client, &ctx, p->target, &mech_spnego,
                                     GSS_C_MUTUAL_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS, &in, NULL,
                                     &out, NULL, NULL);
        gss_must(major, minor, p->kind->mech, "initiating");
        if (out.length > 0)
            get(fd, p->kind->name, &out, &a);
        (void)gss_release_buffer(&minor, &out);
    }
    must(a.status == 200, "a login");
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
    (void)close(fd);
}

/* A page, and the mechanism for which a worthless token says that it is. */
struct page {
    const char *name;
    const gss_OID_desc *mech;
};

static void unasked_once(void *arg)
{
    const struct page *page = arg;
    struct answer a;
    int fd = dial();

    get(fd, page->name, NULL, &a);
    must(a.status == 401, "a request without token");
    (void)close(fd);
}

/* The frame of a first token, and two bytes that are no message_1 and no AP-REQ. */
static void garbage_once(void *arg)
{
    const struct page *page = arg;
    unsigned char token[64] = {0x60, 0, 0x06}, *end = token + 4 + page->mech->length;
    gss_buffer_desc garbage = {6 + page->mech->length, token};
    struct answer a;
    int fd = dial();

    token[1] = (unsigned char)(garbage.length - 2);
    token[3] = (unsigned char)page->mech->length;
    memcpy(token + 4, page->mech->elements, page->mech->length);
    end[0] = 3;
    end[1] = 6;
    get(fd, page->name, &garbage, &a);
    must(a.status == 401, "a worthless token");
    (void)close(fd);
}

/* Like `measure`, but on the wall. */
static void measure_wall(struct work *works, size_t count, double seconds)
{
    for (size_t i = 0; i < count; i++)
        works[i].once(works[i].arg);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            double began = wall_now();
            size_t n = 0;

            do {
                works[i].once(works[i].arg);
                n++;
            } while (wall_now() - began < seconds);
            works[i].seconds[round] = (wall_now() - began) / (double)n;
        }
    }
}

static struct pair pairs[2];
static struct page many = {"many", &mech_edhoc}, krb5_page = {"krb5", &mech_krb5};

/* All that is measured, in turn. */
enum { LOGIN, KRB5_LOGIN, BARE, TWICE, UNASKED, GARBAGE, KRB5_UNASKED, KRB5_GARBAGE, VISITS };
static const struct visit {
    const char *name;
    void (*once)(void *arg);
    void *arg;
} visits[VISITS] = {
    [LOGIN] = {"edhoc login", login_once, &pairs[0]},
    [KRB5_LOGIN] = {"krb5 login", login_once, &pairs[1]},
    [BARE] = {"bare request", bare_once, NULL},
    [TWICE] = {"two bare requests", bare_twice, NULL},
    [UNASKED] = {"request without token", unasked_once, &many},
    [GARBAGE] = {"request with garbage", garbage_once, &many},
    [KRB5_UNASKED] = {"krb5's request without token", unasked_once, &krb5_page},
    [KRB5_GARBAGE] = {"krb5's request with garbage", garbage_once, &krb5_page},
};

static void open_all(const char *to)
{
    static const struct kind edhoc = {"edhoc", &mech_edhoc, true, "x25519", NULL, NULL};
    static const struct kind krb5 = {"krb5", &mech_krb5, true, NULL, NULL, NULL};

    port = (in_port_t)atoi(to);
    pair_open(&pairs[0], &edhoc, true);
    pair_open(&pairs[1], &krb5, true);
}

static void free_all(void)
{
    pair_free(&pairs[0]);
    pair_free(&pairs[1]);
}

/* PORT VISIT COUNT: nothing but that, so that a profiler may count what it takes. */
void bench_visit(char **arguments)
{
    const struct visit *v = visits;

    while (v < visits + VISITS && strcmp(v->name, arguments[1]) != 0)
        v++;
    must(v < visits + VISITS, arguments[1]);
    open_all(arguments[0]);
    for (int n = atoi(arguments[2]); n > 0; n--)
        v->once(v->arg);
    free_all();
}

/* Against krb5, after subtracting from ours the bare request that it needs more; and with it what a
 * server does for a token, worthless as it may be: it acquires a credential anew. */
static double login_ratio(const struct work *w, bool acquiring)
{
    double ratios[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        double more = w[TWICE].seconds[i] - w[BARE].seconds[i];

        if (acquiring)
            more += w[GARBAGE].seconds[i] - w[UNASKED].seconds[i];
        ratios[i] = w[KRB5_LOGIN].seconds[i] / (w[LOGIN].seconds[i] - more);
    }
    return median(ratios, ROUNDS);
}

void bench_http(char **arguments)
{
    struct work works[VISITS];

    open_all(arguments[0]);
    for (size_t i = 0; i < VISITS; i++)
        works[i] = (struct work){visits[i].once, NULL, visits[i].arg, {0}};
    measure_wall(works, VISITS, 0.4);
    result(1 / seconds_of(&works[LOGIN]), "logins/s edhoc");
    result(1 / seconds_of(&works[KRB5_LOGIN]), "logins/s krb5");
    result(1e6 * seconds_of(&works[BARE]), "us bare request, new connection");
    result(1e6 * (seconds_of(&works[TWICE]) - seconds_of(&works[BARE])),
           "us bare request, kept connection");
    result(login_ratio(works, false), "ratio logins edhoc/krb5");
    result(login_ratio(works, true), "ratio logins edhoc/krb5, less a worthless token");
    for (size_t i = UNASKED; i < VISITS; i++)
        result(1e6 * seconds_of(&works[i]), "us %s", visits[i].name);
    result(speed_ratio(&works[UNASKED], &works[GARBAGE]), "ratio garbage/no token");
    result(speed_ratio(&works[KRB5_UNASKED], &works[KRB5_GARBAGE]),
           "ratio krb5's garbage/no token");
    free_all();
}

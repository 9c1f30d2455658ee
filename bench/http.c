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

static void unasked_once(void *arg)
{
    struct answer a;
    int fd = dial();

    get(fd, arg, NULL, &a);
    must(a.status == 401, "a request without token");
    (void)close(fd);
}

/* The frame of a first token, and two bytes that are no message_1. */
static void garbage_once(void *arg)
{
    static unsigned char token[39] = {0x60, 37, 0x06, 33, [37] = 3, [38] = 6};
    gss_buffer_desc garbage = {sizeof(token), token};
    struct answer a;
    int fd = dial();

    memcpy(token + 4, mech_edhoc.elements, mech_edhoc.length);
    get(fd, arg, &garbage, &a);
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

/* Against krb5, after subtracting from ours the bare request that it needs more. */
static double login_ratio(const struct work *ours, const struct work *krb5, const struct work *one,
                          const struct work *two)
{
    double ratios[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++)
        ratios[i] = krb5->seconds[i] / (ours->seconds[i] - (two->seconds[i] - one->seconds[i]));
    return median(ratios, ROUNDS);
}

void bench_http(char **arguments)
{
    static const struct kind edhoc = {"edhoc", &mech_edhoc, true, "x25519", NULL, NULL};
    static const struct kind krb5 = {"krb5", &mech_krb5, true, NULL, NULL, NULL};
    struct pair pairs[2];
    struct work works[] = {
        {login_once, NULL, &pairs[0], {0}},
        {login_once, NULL, &pairs[1], {0}},
        {bare_once, NULL, NULL, {0}},
        {bare_twice, NULL, NULL, {0}},
        {unasked_once, NULL, (void *)"many", {0}},
        {garbage_once, NULL, (void *)"many", {0}},
    };

    port = (in_port_t)atoi(arguments[0]);
    pair_open(&pairs[0], &edhoc, true);
    pair_open(&pairs[1], &krb5, true);
    measure_wall(works, 4, 0.5);
    result(1 / seconds_of(&works[0]), "logins/s edhoc");
    result(1 / seconds_of(&works[1]), "logins/s krb5");
    result(1e6 * seconds_of(&works[2]), "us bare request, new connection");
    result(1e6 * (seconds_of(&works[3]) - seconds_of(&works[2])),
           "us bare request, kept connection");
    result(login_ratio(&works[0], &works[1], &works[2], &works[3]), "ratio logins edhoc/krb5");
    measure_wall(works + 4, 2, 0.3);
    result(1e6 * seconds_of(&works[4]), "us request without token");
    result(1e6 * seconds_of(&works[5]), "us request with garbage");
    result(speed_ratio(&works[4], &works[5]), "ratio garbage/no token");
    pair_free(&pairs[0]);
    pair_free(&pairs[1]);
}

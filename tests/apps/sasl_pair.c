/* A client and a server of Cyrus SASL in one process, who hand each other their steps: what
 * Cyrus's own samples cannot do, channel bindings and authorisation identities. Driven by cyrus.sh:
 *
 *     sasl_pair SERVICE MECHANISM [NAME=VALUE...]
 *
 *     client-cb, server-cb            channel binding data of either side
 *     client-cb-type, server-cb-type  what they are called; tls-exporter
 *     critical=yes                    the client insists on its channel binding
 *     list                            the mechanisms that the client gets to see; otherwise those
 *                                     of the server's that begin with MECHANISM
 *     success-data=yes                the protocol has room for data with the word of success
 *     authid, authzid                 who the client says it is, and wants to be
 *     password                        what the client's user types when asked
 *     max-ssf                         the strongest layer that either side wants
 *
 * Says what the server saw, line by line. Exit status: 0 both sides are content and understand each
 * other's messages, 1 they are not, 2 a mistake of ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sasl/sasl.h>

static int argument_count;
static char **arguments;

static const char *option(const char *name, const char *otherwise)
{
    const size_t len = strlen(name);

    for (int i = 3; i < argument_count; i++)
        if (strncmp(arguments[i], name, len) == 0 && arguments[i][len] == '=')
            return arguments[i] + len + 1;
    return otherwise;
}

static void mistake(const char *what, int result)
{
    printf("%s: %s\n", what, sasl_errstring(result, NULL, NULL));
    exit(2);
}

/* ---- callbacks ---- */

#define CALLBACK(function) ((int (*)(void))(void (*)(void))(function))

static int log_server(void *context, int level, const char *message)
{
    (void)context;
    if (level <= SASL_LOG_WARN)
        printf("server log: %s\n", message);
    return SASL_OK;
}

static int log_client(void *context, int level, const char *message)
{
    (void)context;
    if (level <= SASL_LOG_WARN)
        printf("client log: %s\n", message);
    return SASL_OK;
}

/* Only alice may be somebody else: the operator. */
static int proxy_policy(sasl_conn_t *conn, void *context, const char *requested, unsigned rlen,
                        const char *identity, unsigned alen, const char *realm, unsigned urlen,
                        struct propctx *properties)
{
    (void)context;
    (void)realm;
    (void)urlen;
    (void)properties;
    if (rlen == alen && memcmp(requested, identity, alen) == 0)
        return SASL_OK;
    if (strcmp(identity, "alice") == 0 && strcmp(requested, "operator") == 0)
        return SASL_OK;
    sasl_seterror(conn, 0, "%s may not be %s", identity, requested);
    return SASL_NOAUTHZ;
}

static int who(void *context, int id, const char **result, unsigned *len)
{
    (void)context;
    *result = id == SASL_CB_USER ? option("authzid", "") : option("authid", "alice");
    if (len != NULL)
        *len = (unsigned)strlen(*result);
    return SASL_OK;
}

static int password(sasl_conn_t *conn, void *context, int id, sasl_secret_t **result)
{
    static sasl_secret_t *secret;
    const char *typed = option("password", NULL);

    (void)conn;
    (void)context;
    (void)id;
    printf("client is asked for a password\n");
    if (typed == NULL)
        return SASL_NOTDONE;
    free(secret);
    secret = calloc(1, sizeof(*secret) + strlen(typed) + 1);
    if (secret == NULL)
        return SASL_NOMEM;
    secret->len = strlen(typed);
    memcpy(secret->data, typed, secret->len);
    *result = secret;
    return SASL_OK;
}

static const sasl_callback_t server_callbacks[] = {
    {SASL_CB_LOG, CALLBACK(log_server), NULL},
    {SASL_CB_PROXY_POLICY, CALLBACK(proxy_policy), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

static const sasl_callback_t client_callbacks[] = {
    {SASL_CB_LOG, CALLBACK(log_client), NULL},
    {SASL_CB_USER, CALLBACK(who), NULL},
    {SASL_CB_AUTHNAME, CALLBACK(who), NULL},
    {SASL_CB_PASS, CALLBACK(password), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

/* ---- the two ends ---- */

static void set_up(sasl_conn_t *conn, const char *data, const char *type,
                   sasl_channel_binding_t *binding)
{
    sasl_security_properties_t properties = {.max_ssf = (unsigned)atoi(option("max-ssf", "256")),
                                             .maxbufsize = 65536,
                                             .security_flags = SASL_SEC_NOANONYMOUS |
                                                               SASL_SEC_MUTUAL_AUTH};
    int result = sasl_setprop(conn, SASL_SEC_PROPS, &properties);

    if (result != SASL_OK)
        mistake("security properties", result);
    if (data == NULL)
        return;
    *binding = (sasl_channel_binding_t){.name = type,
                                        .critical = strcmp(option("critical", "no"), "yes") == 0,
                                        .len = strlen(data),
                                        .data = (const unsigned char *)data};
    result = sasl_setprop(conn, SASL_CHANNEL_BINDING, binding);
    if (result != SASL_OK)
        mistake("channel binding", result);
}

/* The words of the server's list that begin with the mechanism's name. */
static const char *mechanisms(sasl_conn_t *server, const char *prefix)
{
    static char chosen[4096];
    const char *list;
    char *copy, *rest, *word;
    int result = sasl_listmech(server, NULL, "", " ", "", &list, NULL, NULL);

    if (result != SASL_OK)
        mistake("list of mechanisms", result);
    copy = rest = strdup(list);
    while (copy != NULL && (word = strsep(&rest, " ")) != NULL)
        if (strncmp(word, prefix, strlen(prefix)) == 0 &&
            strlen(chosen) + strlen(word) + 2 < sizeof(chosen)) {
            strcat(chosen, chosen[0] == '\0' ? "" : " ");
            strcat(chosen, word);
        }
    free(copy);
    return chosen;
}

/* ---- authentication ---- */

struct step {
    const char *data; /* NULL: nothing, which is not the same as an empty string */
    unsigned len;
    int result;
};

static void report_step(const char *side, sasl_conn_t *conn, struct step step)
{
    if (step.result != SASL_OK && step.result != SASL_CONTINUE)
        printf("%s: %s: %s\n", side, sasl_errstring(step.result, NULL, NULL), sasl_errdetail(conn));
    else if (step.data != NULL)
        printf("%s: %u bytes\n", side, step.len);
}

static int goes_on(struct step step)
{
    return step.result == SASL_OK || step.result == SASL_CONTINUE;
}

/* The first message of GS2 begins with what the client says about channel bindings and who it wants
 * to be, up to the second comma (RFC 5801 section 4). */
static void report_header(const char *mechanism, struct step first)
{
    const char *comma = first.data == NULL ? NULL : memchr(first.data, ',', first.len);

    if (strncmp(mechanism, "GS2-", 4) != 0 || comma == NULL)
        return;
    comma = memchr(comma + 1, ',', first.len - (size_t)(comma + 1 - first.data));
    if (comma != NULL)
        printf("header: %.*s\n", (int)(comma + 1 - first.data), first.data);
}

/* Returns whether both sides are content. Where the client has been done already and the server
 * sends something all the same, that is an error, as it is in a real protocol. */
static int authenticate(sasl_conn_t *client, sasl_conn_t *server, const char *list)
{
    struct step c = {.len = 0}, s = {.len = 0};
    const char *chosen = NULL;

    c.result = sasl_client_start(client, list, NULL, &c.data, &c.len, &chosen);
    report_step("client", client, c);
    if (!goes_on(c))
        return 0;
    printf("mechanism: %s\n", chosen);
    report_header(chosen, c);
    s.result = sasl_server_start(server, chosen, c.data, c.len, &s.data, &s.len);
    report_step("server", server, s);
    while (s.result == SASL_CONTINUE) {
        c.result = sasl_client_step(client, s.data, s.len, NULL, &c.data, &c.len);
        report_step("client", client, c);
        if (!goes_on(c))
            return 0;
        s.result = sasl_server_step(server, c.data, c.len, &s.data, &s.len);
        report_step("server", server, s);
    }
    if (s.result != SASL_OK)
        return 0;
    if (c.result == SASL_CONTINUE) { /* the word of success, and perhaps data with it */
        c.result = sasl_client_step(client, s.data, s.len, NULL, &c.data, &c.len);
        report_step("client", client, c);
    }
    return c.result == SASL_OK;
}

/* ---- afterwards ---- */

static const char *text(sasl_conn_t *conn, int property)
{
    const void *value = NULL;

    return sasl_getprop(conn, property, &value) == SASL_OK && value != NULL ? value : "-";
}

static unsigned ssf(sasl_conn_t *conn)
{
    const void *value = NULL;

    return sasl_getprop(conn, SASL_SSF, &value) == SASL_OK ? *(const sasl_ssf_t *)value : 0;
}

/* `len` bytes through the layer and out of it again. */
static int send_message(sasl_conn_t *from, sasl_conn_t *to, size_t len)
{
    char *message = malloc(len + 1);
    const char *wire = NULL, *got = NULL;
    unsigned wire_len = 0, got_len = 0;
    int fine;

    if (message == NULL)
        return 0;
    for (size_t i = 0; i < len; i++)
        message[i] = (char)('a' + i % 26);
    fine = sasl_encode(from, message, (unsigned)len, &wire, &wire_len) == SASL_OK &&
           sasl_decode(to, wire, wire_len, &got, &got_len) == SASL_OK && got_len == len &&
           memcmp(message, got, len) == 0;
    if (fine && ssf(from) > 1 && len >= 26 && memmem(wire, wire_len, "abcdefghi", 9) != NULL) {
        printf("not sealed\n");
        fine = 0;
    }
    free(message);
    return fine;
}

static int talk(sasl_conn_t *client, sasl_conn_t *server)
{
    static const size_t lengths[] = {1, 100, 65000};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (int round = 0; round < 3; round++)
            if (!send_message(client, server, lengths[i]) ||
                !send_message(server, client, lengths[i])) {
                printf("%zu bytes do not arrive\n", lengths[i]);
                return 0;
            }
    printf("messages arrive\n");
    return 1;
}

int main(int argc, char **argv)
{
    sasl_channel_binding_t client_binding, server_binding;
    sasl_conn_t *client = NULL, *server = NULL;
    unsigned flags;
    int result, content;

    if (argc < 3)
        return 2;
    argument_count = argc;
    arguments = argv;
    flags = strcmp(option("success-data", "no"), "yes") == 0 ? SASL_SUCCESS_DATA : 0;
    result = sasl_server_init(server_callbacks, "sasl_pair");
    if (result == SASL_OK)
        result = sasl_client_init(client_callbacks);
    if (result == SASL_OK)
        result = sasl_server_new(argv[1], "localhost", NULL, NULL, NULL, NULL, flags, &server);
    if (result == SASL_OK)
        result = sasl_client_new(argv[1], "localhost", NULL, NULL, NULL, flags, &client);
    if (result != SASL_OK)
        mistake("beginning", result);
    set_up(server, option("server-cb", NULL), option("server-cb-type", "tls-exporter"),
           &server_binding);
    set_up(client, option("client-cb", NULL), option("client-cb-type", "tls-exporter"),
           &client_binding);
    printf("offered: %s\n", mechanisms(server, argv[2]));
    content = authenticate(client, server, option("list", mechanisms(server, argv[2])));
    if (content) {
        printf("server saw: user=%s authid=%s ssf=%u\n", text(server, SASL_USERNAME),
               text(server, SASL_AUTHUSER), ssf(server));
        printf("client saw: user=%s ssf=%u\n", text(client, SASL_USERNAME), ssf(client));
        content = talk(client, server);
    }
    sasl_dispose(&client);
    sasl_dispose(&server);
    sasl_client_done();
    sasl_server_done();
    return content ? 0 : 1;
}

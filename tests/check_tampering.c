/* Somebody in between: every bit of every token and message flipped, sessions mixed, keys claimed by
 * others; and two real processes whose words are changed, dropped, repeated and swapped on their way. */
#include "gss_pair.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/slow.h"

/* ---- tokens ---- */

static const struct exchange {
    const char *type, *options; /* of both keys; of both credentials */
    unsigned tokens;
} exchanges[] = {
    {"x25519", NULL, 3},       {"ed25519", NULL, 3},
    {"p256", NULL, 3},         {"x25519", "cred-by-reference,hide-target", 3},
    {"ed25519", "confirm", 4},
};
#define TOKENS_MOST 4

static struct app_pair pair_of(const struct exchange *x)
{
    struct app_pair p = {.type = x->type};

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, textf("client-%s", x->type),
                                textf("trust-server-%s", x->type), x->options);
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, textf("server-%s", x->type),
                               "trust-clients", x->options);
    return p;
}

/* Token `number` as it is now goes to its receiver, and so on to the end. The receiver must mind, or
 * the other side as soon as it hears of it; message_1 shows nothing before message_2 is read. */
static void check_minded(struct app_pair *p, unsigned number, const char *what)
{
    bool to_acceptor = number % 2 == 0;

    app_talk(p, APP_TOKENS);
    if (number == 0)
        ck_assert_msg(GSS_ERROR(p->initiator_major) || GSS_ERROR(p->acceptor_major),
                      "nobody minds %s", what);
    else
        ck_assert_msg(GSS_ERROR(to_acceptor ? p->acceptor_major : p->initiator_major),
                      "the receiver of token %u does not mind %s", number, what);
    if (number < 3) /* message_4 comes after the acceptor has believed */
        ck_assert_ptr_null(p->source);
    app_reset(p);
}

/* `_i`: an exchange and one of its tokens. */
START_TEST(no_bit_of_a_token_can_be_flipped)
{
    const struct exchange *x = &exchanges[_i / TOKENS_MOST];
    unsigned number = (unsigned)_i % TOKENS_MOST, stride = slow_stride();
    struct app_pair p = pair_of(x);
    size_t bits;

    if (number < x->tokens) {
        app_until(&p, number + 1);
        bits = 8 * p.token[number].length;
        app_reset(&p);
        /* Each conversation has keys of its own, so what is changed is its own token. */
        for (size_t bit = stride > 1 ? (size_t)_i : 0; bit < bits; bit += stride) {
            app_until(&p, number + 1);
            ck_assert_uint_eq(8 * p.token[number].length, bits);
            ((uint8_t *)p.token[number].value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_minded(&p, number, textf("bit %zu flipped", bit));
        }
    }
    app_close(&p);
}
END_TEST

/* ---- messages ---- */

enum form { SEALED, INTEGRITY, MIC, FORMS };

static gss_buffer_desc message_of(gss_ctx_id_t from, enum form form, gss_buffer_t text)
{
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = form == MIC
                                 ? gss_get_mic(&minor, from, 0, text, &token)
                                 : gss_wrap(&minor, from, form == SEALED, 0, text, NULL, &token);

    app_complete(major, minor);
    return token;
}

/* The major status; what comes out must be the text, or nothing at all. */
static OM_uint32 take(gss_ctx_id_t to, enum form form, gss_buffer_t text, gss_buffer_t token)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;

    if (form == MIC)
        return gss_verify_mic(&minor, to, text, token, NULL);
    major = gss_unwrap(&minor, to, token, &out, NULL, NULL);
    if (GSS_ERROR(major))
        ck_assert(out.length == 0 && out.value == NULL);
    else
        ck_assert(out.length == text->length && memcmp(out.value, text->value, out.length) == 0);
    app_release(&out);
    return major;
}

/* `_i`: a type of key, and so a cipher; a form. The true message is still the next one afterwards. */
START_TEST(no_bit_of_a_message_can_be_flipped)
{
    struct app_pair p = {.type = app_types[_i / FORMS], .flags = APP_FLAGS};
    enum form form = (enum form)(_i % FORMS);
    gss_buffer_desc text = app_of_text("forty-eight bytes of text, three blocks of AES .");

    app_open(&p);
    for (int way = 0; way < 2; way++) {
        gss_ctx_id_t from = way == 0 ? p.initiator : p.acceptor;
        gss_ctx_id_t to = way == 0 ? p.acceptor : p.initiator;
        gss_buffer_desc token = message_of(from, form, &text);
        uint8_t *bytes = token.value;

        for (size_t bit = 0; bit < 8 * token.length; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert_msg(GSS_ERROR(take(to, form, &text, &token)), "bit %zu", bit);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        ck_assert_uint_eq(take(to, form, &text, &token), GSS_S_COMPLETE);
        app_release(&token);
    }
    app_close(&p);
}
END_TEST

/* ---- two sessions ---- */

/* Every token of one conversation in every place of another one. */
START_TEST(tokens_of_two_sessions_do_not_mix)
{
    struct app_pair p = {0}, other = {0};

    for (unsigned place = 0; place < 3; place++)
        for (unsigned number = 0; number < 3; number++) {
            gss_buffer_desc whole;

            app_until(&p, place + 1);
            app_until(&other, number + 1);
            whole = p.token[place];
            p.token[place] = other.token[number];
            other.token[number] = whole;
            check_minded(&p, place, textf("token %u of another session", number));
            app_reset(&other);
        }
    app_close(&p);
    app_close(&other);
}
END_TEST

START_TEST(messages_of_two_sessions_do_not_mix)
{
    struct app_pair p[2] = {{.flags = APP_FLAGS}, {.flags = APP_FLAGS}};
    gss_buffer_desc text = app_of_text("hello");
    gss_ctx_id_t all[4];

    app_open(&p[0]);
    app_open(&p[1]);
    for (int i = 0; i < 4; i++)
        all[i] = i % 2 == 0 ? p[i / 2].initiator : p[i / 2].acceptor;
    for (int from = 0; from < 4; from++)
        for (int to = 0; to < 4; to++)
            for (int form = 0; form < FORMS; form++) {
                gss_buffer_desc token = message_of(all[from], (enum form)form, &text);
                OM_uint32 major = take(all[to], (enum form)form, &text, &token);

                ck_assert_int_eq(GSS_ERROR(major) == 0, from / 2 == to / 2 && from != to);
                app_release(&token);
            }
    app_close(&p[0]);
    app_close(&p[1]);
}
END_TEST

/* ---- keys that somebody else claims ---- */

static void write_claims(void)
{
    folder_run("sed 's/^[^ ]*/HTTP@mallory.example.org/' server-x25519.pub >trust-claimed-server");
    folder_run("sed 's/^[^ ]*/mallory/' client-x25519.pub >trust-claimed-client");
}

/* Mallory has told alice that the server's key is hers, and passes on what alice sends to her. Alice
 * must not end with a session that the server believes to be with it. `_i`: the target is hidden. */
START_TEST(an_unknown_key_share_by_a_claimed_server_key_is_refused)
{
    struct app_pair p = {0};

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-claimed-server",
                                _i == 1 ? "hide-target" : NULL);
    app_use_target(&p, "HTTP@mallory.example.org", GSS_C_NT_HOSTBASED_SERVICE);
    app_check_refused(&p, GSS_S_NO_CRED, MINOR(TARGET));
    ck_assert_uint_ne(p.acceptor_major, GSS_S_COMPLETE);
    app_close(&p);
}
END_TEST

/* Mallory has told the server that alice's key is hers: alice is not taken for mallory. */
START_TEST(an_unknown_key_share_by_a_claimed_client_key_is_refused)
{
    struct app_pair p = {0};

    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-claimed-client",
                               NULL);
    app_check_refused(&p, GSS_S_UNAUTHORIZED, MINOR(WRONG_NAME));
    app_close(&p);
}
END_TEST

/* ---- two processes, and a tester between them ---- */

#define WORD_MAX 4096
#define PATIENCE 500 /* milliseconds that a side waits for a word; then it says what it has */

/* What a side says of itself, beside the tokens that it sends. */
struct report {
    OM_uint32 major;
    unsigned number; /* of the message that came out; WORD_MAX: none */
};

/* One word from the other end, which keeps its length; false where none comes. */
static bool hear(int fd, gss_buffer_t word, int patience)
{
    static uint8_t memory[WORD_MAX];
    struct pollfd p = {fd, POLLIN, 0};
    ssize_t n;

    if (poll(&p, 1, patience) != 1)
        return false;
    do /* an end that left words unread is told once, before what it had said itself */
        n = recv(fd, memory, sizeof(memory), 0);
    while (n < 0 && errno == ECONNRESET);
    if (n <= 0)
        return false;
    *word = app_buffer(memory, (size_t)n);
    return true;
}

/* To an end that may be gone: what was lost shows in what the sides report. */
static void say(int fd, const void *p, size_t len)
{
    (void)send(fd, p, len, MSG_NOSIGNAL);
}

/* A handshake over `fd`. What is not COMPLETE in the end waited in vain, or failed. */
static OM_uint32 shake_hands(struct app_pair *p, int fd, bool initiator)
{
    OM_uint32 *major = initiator ? &p->initiator_major : &p->acceptor_major;
    gss_buffer_desc word = GSS_C_EMPTY_BUFFER;
    bool begun = !initiator;

    while (*major == GSS_S_CONTINUE_NEEDED && (!begun || hear(fd, &word, PATIENCE))) {
        unsigned before = p->tokens;

        if (initiator)
            app_initiate(p, begun ? &word : GSS_C_NO_BUFFER);
        else
            app_accept(p, &word);
        begun = true;
        if (p->tokens > before)
            say(fd, p->token[before].value, p->token[before].length);
    }
    return *major;
}

/* Ends as another program: valgrind would take for lost what the parent is going to free. */
static _Noreturn void end(void)
{
    (void)execl("/bin/true", "true", (char *)NULL);
    _exit(4);
}

/* A side in a process of its own: `what` gets its end of the line to the tester. */
static pid_t side(struct app_pair *p, int fds[2], bool initiator,
                  void (*what)(struct app_pair *p, int fd, bool initiator))
{
    pid_t child;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(fds[0]);
        (void)alarm(120);
        what(p, fds[1], initiator);
        end();
    }
    (void)close(fds[1]);
    return child;
}

static void wait_for(pid_t child)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a side ended with %x", status);
}

/* ---- between them: the handshake ---- */

enum fault { HONEST, FLIP, DROP, REPEAT, SWAP, FAULTS };

static void only_shake_hands(struct app_pair *p, int fd, bool initiator)
{
    struct report report = {shake_hands(p, fd, initiator), WORD_MAX};
    gss_buffer_desc more;

    /* Whatever else comes is out of turn. */
    while (report.major == GSS_S_COMPLETE && hear(fd, &more, PATIENCE)) {
        if (initiator)
            app_initiate(p, &more);
        else
            app_accept(p, &more);
        report.major = initiator ? p->initiator_major : p->acceptor_major;
    }
    say(fd, &report, sizeof(report));
}

/* Passes a token on, with its fault. A swapped one comes after what the receiver itself said last. */
static void pass_on(int to, int back, gss_buffer_t word, enum fault fault)
{
    uint8_t *bytes = word->value;

    if (fault == FLIP)
        bytes[word->length / 2] ^= 1;
    if (fault == SWAP)
        say(back, bytes, word->length);
    if (fault != DROP)
        say(to, bytes, word->length);
    if (fault == REPEAT)
        say(to, bytes, word->length);
}

static bool is_report(const gss_buffer_desc *word)
{
    return word->length == sizeof(struct report);
}

/* Tokens go to and fro, number `at` with its fault, until both have reported. */
static void relay(const int fds[2], unsigned at, enum fault fault, struct report reports[2])
{
    bool reported[2] = {false, false};

    for (unsigned number = 0; !reported[0] || !reported[1];) {
        struct pollfd p[2] = {{reported[0] ? -1 : fds[0], POLLIN, 0},
                              {reported[1] ? -1 : fds[1], POLLIN, 0}};
        gss_buffer_desc word;

        ck_assert_int_gt(poll(p, 2, 60000), 0);
        for (int from = 0; from < 2; from++) {
            if (p[from].revents == 0)
                continue;
            ck_assert(hear(fds[from], &word, 0));
            if (is_report(&word)) {
                memcpy(&reports[from], word.value, sizeof(struct report));
                reported[from] = true;
            } else if (!reported[1 - from]) {
                pass_on(fds[1 - from], fds[from], &word, number == at ? fault : HONEST);
                number++;
            }
        }
    }
}

/* `_i`: a fault, and the token that it happens to. */
START_TEST(two_processes_do_not_both_believe_a_disturbed_handshake)
{
    enum fault fault = (enum fault)(_i / 3);
    struct report reports[2];
    struct app_pair p = {0};
    pid_t child[2];
    int fds[2], line[2];

    app_prepare(&p);
    child[0] = side(&p, line, true, only_shake_hands);
    fds[0] = line[0];
    child[1] = side(&p, line, false, only_shake_hands);
    fds[1] = line[0];
    relay(fds, (unsigned)_i % 3, fault, reports);
    ck_assert_int_eq(reports[0].major == GSS_S_COMPLETE && reports[1].major == GSS_S_COMPLETE,
                     fault == HONEST);
    for (int i = 0; i < 2; i++) {
        (void)close(fds[i]);
        wait_for(child[i]);
    }
    app_close(&p);
}
END_TEST

/* ---- between them: messages ---- */

#define MESSAGES 300

static void send_messages(struct app_pair *p, int fd, bool initiator)
{
    gss_ctx_id_t ctx = initiator ? p->initiator : p->acceptor;

    for (unsigned i = 0; i < MESSAGES; i++) {
        gss_buffer_desc text = app_buffer(&i, sizeof(i));
        gss_buffer_desc token = message_of(ctx, i % 2 == 0 ? SEALED : INTEGRITY, &text);

        say(fd, token.value, token.length);
        app_release(&token);
    }
}

/* Reports what came of each token; ends when the tester hangs up. */
static void take_messages(struct app_pair *p, int fd, bool initiator)
{
    gss_ctx_id_t ctx = initiator ? p->initiator : p->acceptor;
    gss_buffer_desc token, out;

    while (hear(fd, &token, -1)) {
        struct report report = {0, WORD_MAX};
        OM_uint32 minor;

        report.major = gss_unwrap(&minor, ctx, &token, &out, NULL, NULL);
        if (!GSS_ERROR(report.major) && out.length == sizeof(report.number))
            memcpy(&report.number, out.value, out.length);
        (void)gss_release_buffer(&minor, &out);
        say(fd, &report, sizeof(report));
    }
}

/* What the receiver knows of what has arrived. */
struct model {
    bool seen[MESSAGES];
    unsigned next;
};

static OM_uint32 expected(struct model *m, unsigned number)
{
    OM_uint32 status = GSS_S_UNSEQ_TOKEN;

    if (m->seen[number])
        return GSS_S_DUPLICATE_TOKEN;
    if (number >= m->next) {
        status = number == m->next ? GSS_S_COMPLETE : GSS_S_GAP_TOKEN;
        m->next = number + 1;
    }
    m->seen[number] = true;
    return status;
}

/* Message `number`, with one bit flipped unless `bit` is negative, arrives as it must. */
static void deliver(int to, struct model *m, gss_buffer_t token, unsigned number, int bit)
{
    struct report report;
    gss_buffer_desc word;

    if (bit >= 0)
        ((uint8_t *)token->value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    say(to, token->value, token->length);
    if (bit >= 0)
        ((uint8_t *)token->value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    ck_assert(hear(to, &word, 60000) && is_report(&word));
    memcpy(&report, word.value, sizeof(report));
    if (bit >= 0) {
        ck_assert_msg(GSS_ERROR(report.major), "message %u with bit %d flipped", number, bit);
        ck_assert_uint_eq(report.number, WORD_MAX);
        return;
    }
    ck_assert_uint_eq(report.major, expected(m, number));
    ck_assert_uint_eq(report.number, number);
}

/* A fixed generator, so that a failure can be seen again. */
static unsigned random_below(uint64_t *state, unsigned bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % bound;
}

/* Everything that the sender said is in `tokens`; each in its turn meets with what may happen. */
static void disturb(int to, gss_buffer_desc tokens[MESSAGES], uint64_t seed)
{
    struct model m = {{false}, 0};

    for (unsigned i = 0; i < MESSAGES; i++) {
        unsigned bits = 8 * (unsigned)tokens[i].length;
        unsigned late = i - random_below(&seed, i < 40 ? i + 1 : 40);

        switch (random_below(&seed, 8)) {
        case 0: /* flipped, and then whole */
            deliver(to, &m, &tokens[i], i, (int)random_below(&seed, bits));
            deliver(to, &m, &tokens[i], i, -1);
            break;
        case 1: /* dropped, or kept for later */
            break;
        case 2:
            deliver(to, &m, &tokens[i], i, -1);
            deliver(to, &m, &tokens[i], i, -1);
            break;
        case 3: /* an earlier one first: late, or a second time */
            deliver(to, &m, &tokens[late], late, -1);
            deliver(to, &m, &tokens[i], i, -1);
            break;
        default:
            deliver(to, &m, &tokens[i], i, -1);
        }
    }
}

/* `_i`: a seed, and who sends. */
START_TEST(two_processes_are_told_of_every_disturbed_message)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc tokens[MESSAGES], word;
    int from[2], to[2];
    pid_t child[2];

    app_open(&p);
    child[0] = side(&p, from, _i % 2 == 0, send_messages);
    child[1] = side(&p, to, _i % 2 == 1, take_messages);
    for (unsigned i = 0; i < MESSAGES; i++) {
        ck_assert(hear(from[0], &word, 60000));
        tokens[i] = app_buffer(app_copy(bytes_of(word.value, word.length)), word.length);
    }
    disturb(to[0], tokens, 0x74616d706572 + (uint64_t)_i);
    (void)close(from[0]);
    (void)close(to[0]);
    for (int i = 0; i < 2; i++)
        wait_for(child[i]);
    for (unsigned i = 0; i < MESSAGES; i++)
        free(tokens[i].value);
    app_close(&p);
}
END_TEST

/* ---- the suite ---- */

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "tampering"), *processes = app_case(suite, "two processes");

    write_claims();
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, no_bit_of_a_token_can_be_flipped, 0, ROWS(exchanges) * TOKENS_MOST);
    tcase_add_loop_test(tc, no_bit_of_a_message_can_be_flipped, 0, APP_TYPES * FORMS);
    tcase_add_test(tc, tokens_of_two_sessions_do_not_mix);
    tcase_add_test(tc, messages_of_two_sessions_do_not_mix);
    tcase_add_loop_test(tc, an_unknown_key_share_by_a_claimed_server_key_is_refused, 0, 2);
    tcase_add_test(tc, an_unknown_key_share_by_a_claimed_client_key_is_refused);
    tcase_add_loop_test(processes, two_processes_do_not_both_believe_a_disturbed_handshake, 0,
                        FAULTS * 3);
    tcase_add_loop_test(processes, two_processes_are_told_of_every_disturbed_message, 0, 8);
}

int main(void)
{
    return app_main("tampering", add);
}

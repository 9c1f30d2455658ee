/* OpenSSH's agent: keys held by the real ssh-agent, and an agent of our own that misbehaves in every
 * way that we know. */
#include "openssh_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/keytype.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "lib/slow.h"
#include "lib/ssh_make.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "load/agent.h"
#include "load/agent_socket.h"
#include "load/identity_file.h"

static edhoc_err ask_agent(const char *spec, struct key **out, char **comment)
{
    struct buf certificate = buf_new(SSH_CERTIFICATE_MAX);
    edhoc_err err = agent_key(spec, out, comment, &certificate);

    buf_free(&certificate);
    return err;
}

/* ---- expectations ---- */

static void expect_sign_fails(const struct key *k, const char *words)
{
    struct buf signature;

    ck_assert_told(sign_text(k, TEXT, &signature), EDHOC_ERR_NO_IDENTITY, words);
    ck_assert_uint_eq(signature.len, 0);
    buf_free(&signature);
}

/* ---- programs ---- */

/* Starts a program, whose output nobody sees. */
static pid_t start(const char *const *argv)
{
    pid_t child = fork();
    int null;

    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    null = open("/dev/null", O_RDWR);
    (void)dup2(null, 0);
    (void)dup2(null, 1);
    (void)dup2(null, 2);
    (void)alarm(300); /* outlives exec: nothing that we start stays for ever */
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int run(const char *const *argv)
{
    pid_t child = start(argv);
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static size_t open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    size_t n = 0;

    ck_assert_ptr_nonnull(d);
    while (readdir(d) != NULL)
        n++;
    (void)closedir(d);
    return n;
}

/* ---- the real ssh-agent ---- */

static pid_t agent;

static void use_socket(const char *path)
{
    ck_assert_int_eq(setenv("SSH_AUTH_SOCK", path, 1), 0);
}

static void start_agent(void)
{
    make_reals();
    use_socket(folder_path("agent"));
    agent = start((const char *const[]){"ssh-agent", "-D", "-a", folder_path("agent"), NULL});
    /* ssh-add says 2 while it cannot reach the agent, and 1 when there are no keys. */
    for (int i = 0; i < 600 && RUN("ssh-add", "-l") != 1; i++)
        (void)poll(NULL, 0, 50);
}

static void stop_agent(void)
{
    (void)kill(agent, SIGTERM);
    ck_assert_int_eq(waitpid(agent, NULL, 0), agent);
}

static void holds_nothing(void)
{
    ck_assert_int_eq(RUN("ssh-add", "-q", "-D"), 0);
}

static void add_key(const char *file)
{
    ck_assert_int_eq(RUN("ssh-add", "-q", folder_path(file)), 0);
}

static struct key *agent_has(const char *spec, const char *file)
{
    struct key *key, *public_key = real_public(file);
    char *comment;

    ck_assert_ok(ask_agent(spec, &key, &comment));
    ck_assert_str_eq(comment, "it's me");
    ck_assert(same_public(key, public_key));
    free(comment);
    key_free(public_key);
    return key;
}

static void agent_lacks(const char *spec, edhoc_err expected, const char *words)
{
    struct key *key;
    char *comment;

    ck_assert_told(ask_agent(spec, &key, &comment), expected, words);
    ck_assert_ptr_null(key);
    ck_assert_ptr_null(comment);
}

static const char *spec_of(const char *file)
{
    return textf("agent:%s", real_fingerprint(file));
}

/* As first and only key, and by fingerprint among all. */
START_TEST(the_agent_signs_with_its_first_key_and_by_fingerprint)
{
    size_t before = open_descriptors();
    const char *spec = spec_of(reals[_i].file);
    struct key *key;

    holds_nothing();
    add_key(reals[_i].file);
    key = agent_has("agent:", reals[_i].file);
    expect_signs(key, TEXT);
    key_free(key);
    for (int i = 0; i < REALS; i++)
        if (reals[i].passphrase[0] == '\0')
            add_key(reals[i].file);
    key = agent_has(spec, reals[_i].file);
    for (int i = 0; i < 20; i++)
        expect_signs(key, TEXT); /* r or s of every length */
    expect_signs(key, BYTES_NONE);
    ck_assert_uint_eq(open_descriptors(), before);
    key_free(key);
}
END_TEST

START_TEST(keys_that_cannot_be_used_are_passed_over_and_told)
{
    const char *rsa = spec_of("id_rsa"), *p384 = spec_of("id_p384");

    holds_nothing();
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "holds no key");
    agent_lacks(rsa, EDHOC_ERR_NO_IDENTITY, "holds no key");
    add_key("id_rsa");
    add_key("id_p521");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "(ssh-rsa, ecdsa-sha2-nistp521)");
    agent_lacks(rsa, EDHOC_ERR_NO_IDENTITY, "signs with RSA");
    agent_lacks(p384, EDHOC_ERR_NO_IDENTITY, "none of the 2 keys");
    add_key("id_p256");
    add_key("id_ed25519");
    key_free(agent_has("agent:", "id_p256"));
}
END_TEST

START_TEST(texts_are_signed_up_to_a_bound)
{
    static uint8_t text[AGENT_MESSAGE_MAX];
    struct buf signature;
    struct key *key;

    holds_nothing();
    add_key("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    expect_signs(key, bytes_of(text, 65536));
    ck_assert_told(sign_text(key, bytes_of(text, sizeof(text)), &signature), EDHOC_ERR_NO_IDENTITY,
                   "longer");
    buf_free(&signature);
    key_free(key);
}
END_TEST

/* Between listing and signing the key goes away; and the agent is locked. */
START_TEST(a_key_that_is_gone_or_locked_does_not_sign)
{
    struct key *key;
    const char *askpass;

    holds_nothing();
    add_key("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    holds_nothing();
    expect_sign_fails(key, "refuses to sign");
    add_key("id_ed25519");
    expect_signs(key, TEXT);
    askpass = folder_write_bytes("askpass", BYTES_LITERAL("#!/bin/sh\necho secret\n"), 0700);
    ck_assert_int_eq(setenv("SSH_ASKPASS", askpass, 1), 0);
    ck_assert_int_eq(setenv("SSH_ASKPASS_REQUIRE", "force", 1), 0);
    ck_assert_int_eq(RUN("ssh-add", "-x"), 0);
    expect_sign_fails(key, "locked");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "or is locked");
    ck_assert_int_eq(RUN("ssh-add", "-X"), 0);
    expect_signs(key, TEXT);
    key_free(key);
}
END_TEST

/* A key that may only be used for logging in to a certain host is listed, but does not sign for us.
 * (OpenSSH before 8.9 cannot add one: then there is nothing to see.) */
START_TEST(a_constrained_key_is_listed_but_does_not_sign)
{
    struct buf blob = real_blob("id_p256"), line = buf_new(BUF_MAX);
    struct key *key;

    buf_put_text(&line, "example.org ecdsa-sha2-nistp256 ");
    base64_put(buf_bytes(&blob), &line);
    (void)folder_write_bytes("hosts", buf_bytes(&line), 0600);
    holds_nothing();
    if (RUN("ssh-add", "-q", "-H", folder_path("hosts"), "-h", "example.org",
            folder_path("id_ed25519")) == 0) {
        key = agent_has("agent:", "id_ed25519");
        expect_sign_fails(key, "ssh-add -h");
        key_free(key);
    } else {
        printf("# skipped: ssh-add -h, which is not in this OpenSSH\n");
        (void)fflush(stdout);
    }
    buf_free(&blob);
    buf_free(&line);
}
END_TEST

/* The socket's place is remembered: what the host does to its environment later does not matter. */
START_TEST(the_place_of_the_socket_is_remembered)
{
    struct key *key;
    int status;
    pid_t child;

    holds_nothing();
    add_key("id_p256");
    key = agent_has("agent:", "id_p256");
    ck_assert_int_eq(unsetenv("SSH_AUTH_SOCK"), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct buf signature;
        edhoc_err err = sign_text(key, TEXT, &signature);

        buf_free(&signature);
        _exit(err == EDHOC_OK ? 0 : 1);
    }
    expect_signs(key, TEXT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    key_free(key);
    use_socket(folder_path("agent"));
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

START_TEST(signals_of_the_host_interrupt_nothing)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* and no SA_RESTART */
    struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct key *key;

    holds_nothing();
    add_key("id_p384");
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (int i = 0; i < 10; i++) {
        char *comment;

        ck_assert_ok(ask_agent("agent:", &key, &comment));
        expect_signs(key, TEXT);
        key_free(key);
        free(comment);
    }
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}
END_TEST

static void *sign_often(void *key)
{
    for (int i = 0; i < 10; i++) {
        struct buf signature;
        edhoc_err err = sign_text(key, TEXT, &signature);

        if (err == EDHOC_OK)
            err = crypto_verify(key, TEXT, buf_bytes(&signature));
        buf_free(&signature);
        if (err != EDHOC_OK)
            return NULL;
    }
    return key;
}

START_TEST(threads_sign_with_one_key)
{
    pthread_t threads[4];
    struct key *key;
    void *result;

    holds_nothing();
    add_key("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_often, key), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_eq(result, key);
    }
    key_free(key);
}
END_TEST

/* ---- an agent that is none ---- */

enum manner {
    ANSWER,      /* reads the question, sends this, closes */
    HANG,        /* reads the question, sends this, waits for the other to give up */
    HANG_UP,     /* closes at once, without reading */
    READ_NOTHING /* does not even read, and waits */
};

/* What it does on each connection. */
struct turn {
    enum manner manner;
    struct bytes answer; /* with its length before it, or whatever else is sent */
};

static struct {
    int listener;
    pthread_t thread;
    const struct turn *turns;
    size_t count;
} fake;

static void read_question(int fd)
{
    uint8_t head[4] = {0};
    struct ssh_reader r = ssh_reader_of(bytes_of(head, 4));
    uint8_t chunk[4096];
    size_t left;
    ssize_t n;

    if (recv(fd, head, 4, MSG_WAITALL) != 4)
        return;
    for (left = ssh_read_uint32(&r); left > 0; left -= (size_t)n) {
        n = recv(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk), 0);
        if (n <= 0)
            return;
    }
}

static void take_turn(int fd, const struct turn *turn)
{
    char byte;

    if (turn->manner == ANSWER || turn->manner == HANG)
        read_question(fd);
    if (turn->answer.len > 0)
        (void)send(fd, turn->answer.p, turn->answer.len, MSG_NOSIGNAL);
    if (turn->manner == HANG)
        (void)recv(fd, &byte, 1, 0);
    if (turn->manner == READ_NOTHING)
        (void)poll(&(struct pollfd){fd, 0, 0}, 1, -1); /* until the other side closes */
    (void)close(fd);
}

static void *serve(void *nothing)
{
    for (size_t i = 0; i < fake.count; i++) {
        int fd = accept(fake.listener, NULL, NULL);

        if (fd < 0)
            break;
        take_turn(fd, &fake.turns[i]);
    }
    return nothing;
}

static int listen_at(const char *path, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    (void)unlink(path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, backlog), 0);
    use_socket(path);
    return fd;
}

static void fake_start(const struct turn *turns, size_t count)
{
    fake.listener = listen_at(folder_path("fake"), 8);
    fake.turns = turns;
    fake.count = count;
    ck_assert_int_eq(pthread_create(&fake.thread, NULL, serve, NULL), 0);
}

static void fake_stop(void)
{
    (void)shutdown(fake.listener, SHUT_RDWR);
    ck_assert_int_eq(pthread_join(fake.thread, NULL), 0);
    ck_assert_int_eq(close(fake.listener), 0);
}

/* Messages, framed and not. */

static struct buf framed(struct bytes message)
{
    struct buf out = buf_new(BUF_MAX);

    ssh_put_string(&out, message);
    return out;
}

static struct buf list_message(const struct key *key, uint32_t count)
{
    struct buf out = buf_new(BUF_MAX), blob = buf_new(BUF_MAX);

    ssh_blob_put(key, &blob);
    buf_put_byte(&out, 12);
    ssh_put_uint32(&out, count);
    ssh_put_string(&out, buf_bytes(&blob));
    ssh_put_string(&out, BYTES_LITERAL("a comment"));
    buf_free(&blob);
    return out;
}

static struct buf list_of(const struct key *key)
{
    struct buf message = list_message(key, 1), out = framed(buf_bytes(&message));

    buf_free(&message);
    return out;
}

/* SSH's signature blob of COSE's. */
static struct buf signature_blob(const struct keytype *type, const char *name, struct bytes cose)
{
    struct buf out = buf_new(BUF_MAX), inner = buf_new(BUF_MAX);
    size_t n = type->coordinate;

    if (type->kty == KTY_EC2) {
        ssh_make_mpint(&inner, bytes_of(cose.p, n));
        ssh_make_mpint(&inner, bytes_of(cose.p + n, n));
    } else {
        buf_put(&inner, cose);
    }
    ssh_put_string(&out, bytes_of_text(name));
    ssh_put_string(&out, buf_bytes(&inner));
    buf_free(&inner);
    return out;
}

static struct buf sign_message(const struct key *key, const char *name, struct bytes text)
{
    struct buf out = buf_new(BUF_MAX), signature, blob;

    ck_assert_ok(sign_text(key, text, &signature));
    blob = signature_blob(key_type(key), name, buf_bytes(&signature));
    buf_put_byte(&out, 14);
    ssh_put_string(&out, buf_bytes(&blob));
    buf_free(&signature);
    buf_free(&blob);
    return out;
}

/* A list or two that an agent answers with; refused as no list. */
static void list_refused(const struct turn *turns, size_t count, const char *words)
{
    fake_start(turns, count);
    for (size_t i = 0; i < count; i++)
        agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, words);
    fake_stop();
}

static void message_refused(struct bytes message, const char *words)
{
    struct buf answer = framed(message);
    struct turn turn = {ANSWER, buf_bytes(&answer)};

    list_refused(&turn, 1, words);
    buf_free(&answer);
}

START_TEST(a_list_that_is_none_is_refused)
{
    struct key *key = made_key("ed25519");
    struct buf message = list_message(key, 1);
    static const uint8_t huge[] = {12, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 2, 3};

    for (size_t len = 0; len < message.len; len++)
        message_refused(bytes_of(message.p, len), len == 0 ? "or empty" : "no list of keys");
    buf_put_byte(&message, 0);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, 2);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, 0);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, UINT32_MAX);
    message_refused(buf_bytes(&message), "no list of keys");
    message.p[0] = 14;
    message_refused(buf_bytes(&message), "no list of keys");
    message_refused(BYTES_LITERAL("\005"), "no list of keys");
    message_refused(BYTES_LITERAL("\014\0\0\0\0"), "holds no key");
    message_refused(bytes_of(huge, sizeof(huge)), "no list of keys");
    buf_free(&message);
    key_free(key);
}
END_TEST

static void chosen_is(const struct key *key, struct bytes one, struct bytes other,
                      struct bytes want)
{
    struct buf message = list_message(key, 3), answer, got = buf_new(SSH_CERTIFICATE_MAX);
    struct turn turn = {.manner = ANSWER};
    struct key *found;
    char *comment;

    ssh_put_string(&message, one);
    ssh_put_string(&message, BYTES_LITERAL("one"));
    ssh_put_string(&message, other);
    ssh_put_string(&message, BYTES_LITERAL("other"));
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    fake_start(&turn, 1);
    ck_assert_ok(agent_key("agent:", &found, &comment, &got));
    fake_stop();
    ck_assert(bytes_equal(buf_bytes(&got), want));
    key_free(found);
    free(comment);
    buf_free(&got);
    buf_free(&message);
    buf_free(&answer);
}

/* Of a key's certificates, one that is valid now and can be believed; else the one that ends last. */
START_TEST(the_certificate_that_is_valid_now_is_chosen)
{
    struct key *key = made_key("ed25519"), *ca = made_key("ed25519");
    uint64_t now = (uint64_t)time(NULL);
    struct ssh_make m = {.key = key, .ca = ca, .type = 1, .key_id = "id", .principals = "alice"};
    struct bytes old, good, later, forced, nobodys;

    m.after = now - 7200;
    m.before = now - 3600;
    old = ssh_make(&m);
    m.after = now - 60;
    m.before = now + 3600;
    good = ssh_make(&m);
    m.after = now + 86400;
    m.before = now + 172800;
    later = ssh_make(&m);
    m.after = now - 60;
    m.critical = "force-command=/bin/true";
    forced = ssh_make(&m);
    m.critical = m.principals = NULL;
    nobodys = ssh_make(&m);
    chosen_is(key, later, good, good);
    chosen_is(key, good, later, good);
    chosen_is(key, old, good, good);
    chosen_is(key, old, later, later);
    chosen_is(key, later, old, later);
    chosen_is(key, forced, good, good); /* which ends earlier, but is believed */
    chosen_is(key, good, nobodys, good);
    key_free(key);
    key_free(ca);
}
END_TEST

/* What is configured comes before what the agent happens to hold for the key. */
START_TEST(a_configured_certificate_comes_before_the_agents)
{
    struct key *key = made_key("ed25519"), *ca = made_key("ed25519");
    struct ssh_make m = {.key = key, .ca = ca, .type = 1, .principals = "alice"};
    struct buf message = list_message(key, 2), line = buf_new(BUF_MAX), answer;
    struct turn turn = {.manner = ANSWER};
    struct bytes configured, held;
    struct identity *id;

    m.key_id = "configured";
    m.before = (uint64_t)time(NULL) + 3600;
    configured = ssh_make(&m);
    m.key_id = "held";
    m.before += 3600;
    held = ssh_make(&m);
    ssh_put_string(&message, held);
    ssh_put_string(&message, BYTES_LITERAL("held"));
    buf_put_text(&line, "ssh-ed25519-cert-v01@openssh.com ");
    base64_put(configured, &line);
    folder_write_bytes("configured.pub", buf_bytes(&line), 0644);
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    fake_start(&turn, 1);
    ck_assert_ok(load_identity_at("agent:", folder_path("configured.pub"), NULL, &id));
    fake_stop();
    ck_assert(bytes_equal(cred_ssh_cert(id->ssh_cert), configured));
    identity_free(id);
    buf_free(&message);
    buf_free(&line);
    buf_free(&answer);
    key_free(key);
    key_free(ca);
}
END_TEST

/* A flipped bit may make another key of it, but nothing worse. */
START_TEST(a_flipped_bit_of_a_list_does_no_harm)
{
    struct key *key = made_key("p256");
    struct buf answer = list_of(key);
    size_t count = 8 * (answer.len - 4);
    struct turn *turns = calloc(count, sizeof(*turns));
    struct buf *answers = calloc(count, sizeof(*answers));

    for (size_t i = 0; i < count; i++) {
        answers[i] = buf_new(BUF_MAX);
        buf_put(&answers[i], buf_bytes(&answer));
        answers[i].p[4 + i / 8] ^= (uint8_t)(1u << i % 8);
        turns[i] = (struct turn){ANSWER, buf_bytes(&answers[i])};
    }
    fake_start(turns, count);
    for (size_t i = 0; i < count; i++) {
        struct key *read;
        char *comment;
        edhoc_err err = ask_agent("agent:", &read, &comment);

        ck_assert(err == EDHOC_OK || err == EDHOC_ERR_NO_IDENTITY);
        ck_assert((err == EDHOC_OK) == (read != NULL));
        key_free(read);
        free(comment);
    }
    fake_stop();
    for (size_t i = 0; i < count; i++)
        buf_free(&answers[i]);
    free(answers);
    free(turns);
    buf_free(&answer);
    key_free(key);
}
END_TEST

START_TEST(frames_have_a_bounded_length)
{
    const struct turn too_long[] = {
        {ANSWER, BYTES_LITERAL("\0\0\0\0")},
        {ANSWER, BYTES_LITERAL("\0\004\0\001\014")},
        {ANSWER, BYTES_LITERAL("\xff\xff\xff\xff\014")},
        {ANSWER, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\n")},
    };
    const struct turn hangs_up[] = {
        {HANG_UP, BYTES_NONE},
        {ANSWER, BYTES_NONE},
        {ANSWER, BYTES_LITERAL("\0\0\0")},
        {ANSWER, BYTES_LITERAL("\0\0\0\005")},
        {ANSWER, BYTES_LITERAL("\0\0\0\005\014\0\0\0")},
    };

    list_refused(too_long, 4, "longer than 262144 bytes, or empty");
    list_refused(hangs_up, 5, "hung up");
}
END_TEST

/* Keys that are malformed, of no use, or of names that are no names: passed over, and told. */
START_TEST(malformed_keys_in_a_list_are_passed_over)
{
    struct key *key = made_key("p384"), *read;
    struct buf message = buf_new(BUF_MAX), blob = buf_new(BUF_MAX), answer;
    struct turn turn = {ANSWER, BYTES_NONE};
    char *comment;

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, UNUSABLE + 4);
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_LITERAL("\xff\xff\xff\xff"));
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_LITERAL("\0\0\0\013ssh-ed25519\0\0\0\001x"));
    ssh_put_string(&message, BYTES_NONE);
    for (int i = 0; i < UNUSABLE; i++) {
        set_type(&blob, unusable[i].type);
        ssh_put_string(&message, buf_bytes(&blob));
        ssh_put_string(&message, BYTES_LITERAL("\x1b[2J"));
    }
    buf_reset(&blob);
    ssh_blob_put(key, &blob);
    ssh_put_string(&message, buf_bytes(&blob));
    ssh_put_string(&message, BYTES_LITERAL("\x1b[2J"));
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    fake_start(&turn, 1);
    ck_assert_ok(ask_agent("agent:", &read, &comment));
    fake_stop();
    ck_assert(same_public(read, key));
    ck_assert_ptr_null(comment);
    key_free(read);
    key_free(key);
    buf_free(&message);
    buf_free(&blob);
    buf_free(&answer);
}
END_TEST

/* The same when it is asked for by its fingerprint: told, not passed over. */
START_TEST(a_malformed_key_that_is_asked_for_is_told)
{
    struct bytes blob = BYTES_LITERAL("\0\0\0\013ssh-ed25519\0\0\0\001x");
    struct buf message = buf_new(BUF_MAX), spec = buf_new(BUF_MAX), answer;
    struct turn turn = {ANSWER, BYTES_NONE};

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, 1);
    ssh_put_string(&message, blob);
    ssh_put_string(&message, BYTES_NONE);
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    buf_put_text(&spec, "agent:");
    ck_assert_ok(openssh_fingerprint(blob, &spec));
    buf_put_byte(&spec, '\0');
    fake_start(&turn, 1);
    agent_lacks((char *)spec.p, EDHOC_ERR_NO_IDENTITY, "malformed");
    fake_stop();
    buf_free(&message);
    buf_free(&spec);
    buf_free(&answer);
}
END_TEST

START_TEST(the_names_of_many_keys_are_told_in_print)
{
    struct buf message = buf_new(BUF_MAX);

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, 2000);
    for (int i = 0; i < 2000; i++) {
        ssh_put_string(&message, BYTES_LITERAL("\0\0\0\007s\x1bh-%n\xff"));
        ssh_put_string(&message, BYTES_NONE);
    }
    message_refused(buf_bytes(&message), "none of the 2000 keys");
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_IDENTITY), "(s?h-%n?, s?h-%n?,"));
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_IDENTITY), "usable are ssh-ed25519"));
    buf_free(&message);
}
END_TEST

/* ---- a fake one that is asked to sign ---- */

/* The agent lists the key, then takes these turns; each must fail. */
static void signing_refused(const struct key *key, const struct turn *turns, size_t count,
                            struct bytes text, const char *words)
{
    struct turn *all = calloc(1 + count, sizeof(*all));
    struct buf list = list_of(key), signature;
    struct key *read;
    char *comment;

    all[0] = (struct turn){ANSWER, buf_bytes(&list)};
    if (count > 0)
        memcpy(all + 1, turns, count * sizeof(*turns));
    fake_start(all, 1 + count);
    ck_assert_ok(ask_agent("agent:", &read, &comment));
    ck_assert_str_eq(comment, "a comment");
    for (size_t i = 0; i < count; i++) {
        ck_assert_told(sign_text(read, text, &signature), EDHOC_ERR_NO_IDENTITY, words);
        ck_assert_uint_eq(signature.len, 0);
        buf_free(&signature);
    }
    fake_stop();
    key_free(read);
    free(comment);
    buf_free(&list);
    free(all);
}

static void answer_refused(const struct key *key, struct bytes message, const char *words)
{
    struct buf answer = framed(message);
    struct turn turn = {ANSWER, buf_bytes(&answer)};

    signing_refused(key, &turn, 1, TEXT, words);
    buf_free(&answer);
}

/* A right signature first, to know that the fake agent can. */
static void answer_accepted(const struct key *key, struct bytes message)
{
    struct buf answer = framed(message), list = list_of(key);
    struct turn turns[] = {{ANSWER, buf_bytes(&list)}, {ANSWER, buf_bytes(&answer)}};
    struct key *read;
    char *comment;

    fake_start(turns, 2);
    ck_assert_ok(ask_agent("agent:", &read, &comment));
    expect_signs(read, TEXT);
    fake_stop();
    key_free(read);
    free(comment);
    buf_free(&answer);
    buf_free(&list);
}

START_TEST(only_the_right_signature_is_taken)
{
    struct key *key = made_key(kinds[_i]);
    const char *name = key_type(key)->ssh_name;
    struct buf message = sign_message(key, name, TEXT);

    answer_accepted(key, buf_bytes(&message));
    for (size_t len = 0; len < message.len; len++)
        answer_refused(key, bytes_of(message.p, len), len == 0 ? "or empty" : "is no");
    for (size_t bit = 0; bit < 8 * message.len; bit += slow_stride()) {
        message.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        answer_refused(key, buf_bytes(&message), NULL);
        message.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_put_byte(&message, 0);
    answer_refused(key, buf_bytes(&message), "is no");
    buf_free(&message);
    message = sign_message(key, name, BYTES_LITERAL("something else"));
    answer_refused(key, buf_bytes(&message), "something else");
    buf_free(&message);
    message = sign_message(key, "ssh-rsa", TEXT);
    answer_refused(key, buf_bytes(&message), "is no");
    answer_refused(key, BYTES_LITERAL("\005"), "refuses to sign");
    answer_refused(key, BYTES_LITERAL("\006"), "is no");
    answer_refused(key, BYTES_LITERAL("\014\0\0\0\0"), "is no");
    buf_free(&message);
    key_free(key);
}
END_TEST

/* Numbers that no signature has: zero, negative, longer than the order, in another encoding. */
START_TEST(impossible_numbers_make_no_signature)
{
    static const struct bytes numbers[] = {
        {(const uint8_t *)"\0\0\0\0", 4},
        {(const uint8_t *)"\0\0\0\001\0", 5},
        {(const uint8_t *)"\0\0\0\001\200", 5},
        {(const uint8_t *)"\0\0\0\002\0\001", 6},
        {(const uint8_t *)"\0\0\0\041\001xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37},
        {(const uint8_t *)"\xff\xff\xff\xff\001", 5},
    };
    struct key *key = made_key("p256");

    for (int i = 0; i < ROWS(numbers); i++) {
        struct buf message = buf_new(BUF_MAX), blob = buf_new(BUF_MAX), inner = buf_new(BUF_MAX);

        buf_put(&inner, BYTES_LITERAL("\0\0\0\001\001"));
        buf_put(&inner, numbers[i]);
        ssh_put_string(&blob, BYTES_LITERAL("ecdsa-sha2-nistp256"));
        ssh_put_string(&blob, buf_bytes(&inner));
        buf_put_byte(&message, 14);
        ssh_put_string(&message, buf_bytes(&blob));
        answer_refused(key, buf_bytes(&message), "is no");
        buf_free(&message);
        buf_free(&blob);
        buf_free(&inner);
    }
    key_free(key);
}
END_TEST

/* Nothing below may last for ever, or raise SIGPIPE; the times themselves are not looked at. */
START_TEST(signing_ends_when_the_agent_hangs)
{
    const struct turn hangs[] = {{HANG, BYTES_LITERAL("\0\0\0\100\016")}};
    const struct turn hangs_up[] = {{HANG_UP, BYTES_NONE}, {ANSWER, BYTES_NONE}};
    const struct turn reads_nothing[] = {{READ_NOTHING, BYTES_NONE}};
    static uint8_t text[AGENT_MESSAGE_MAX - 1024]; /* more than a socket holds */
    struct key *key = made_key("ed25519");
    size_t before = open_descriptors();

    signing_refused(key, hangs, 1, TEXT, "within 5 seconds");
    signing_refused(key, reads_nothing, 1, bytes_of(text, sizeof(text)), "within 5 seconds");
    signing_refused(key, hangs_up, 2, TEXT, "hung up");
    signing_refused(key, hangs_up, 1, bytes_of(text, sizeof(text)), "hung up");
    ck_assert_uint_eq(open_descriptors(), before);
    key_free(key);
}
END_TEST

START_TEST(listing_ends_when_the_agent_hangs)
{
    const struct turn hangs[] = {
        {HANG, BYTES_NONE},
        {HANG, BYTES_LITERAL("\0\0\0\005\014\0")},
    };

    list_refused(hangs, 2, "within 2 seconds");
}
END_TEST

/* One that never accepts, and whose queue is full. */
START_TEST(connecting_ends_when_nobody_accepts)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = listen_at(folder_path("fake"), 0), waiting[16], n = 0;

    strcpy(address.sun_path, folder_path("fake"));
    for (; n < 16; n++) {
        waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(waiting[n], (struct sockaddr *)&address, sizeof(address)) != 0)
            break;
    }
    ck_assert_int_lt(n, 16);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "within 2 seconds");
    for (; n >= 0; n--)
        (void)close(waiting[n]);
    (void)close(listener);
}
END_TEST

/* ---- no agent, and settings that are none ---- */

START_TEST(no_agent_is_told_with_its_place)
{
    char path[200];

    ck_assert_int_eq(unsetenv("SSH_AUTH_SOCK"), 0);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "SSH_AUTH_SOCK is not set");
    use_socket("");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "SSH_AUTH_SOCK is not set");
    use_socket(folder_path("nothing-here"));
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "no ssh-agent runs at");
    (void)close(listen_at(folder_path("fake"), 1));
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "no ssh-agent runs at");
    use_socket(folder());
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, NULL);
    use_socket("/dev/null/agent");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "Not a directory");
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    use_socket(path);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "longer than the 107 bytes");
}
END_TEST

START_TEST(only_a_whole_fingerprint_asks_for_a_key)
{
    static const char *const specs[] = {
        "",
        "agent",
        "Agent:",
        "file:agent:",
        "agent: ",
        "agent:1",
        "agent:SHA256:",
        "agent:MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "agent:sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };

    use_socket(folder_path("nothing-here"));
    for (int i = 0; i < ROWS(specs); i++)
        agent_lacks(specs[i], EDHOC_ERR_SETTING, "agent:SHA256:");
    agent_lacks("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", EDHOC_ERR_NO_IDENTITY,
                "no ssh-agent");
}
END_TEST

static void add_agent(Suite *suite)
{
    TCase *tcase = suite_case(suite, "ssh-agent", 240);

    tcase_add_unchecked_fixture(tcase, start_agent, stop_agent);
    tcase_add_loop_test(tcase, the_agent_signs_with_its_first_key_and_by_fingerprint, 0, KINDS);
    tcase_add_test(tcase, keys_that_cannot_be_used_are_passed_over_and_told);
    tcase_add_test(tcase, texts_are_signed_up_to_a_bound);
    tcase_add_test(tcase, a_key_that_is_gone_or_locked_does_not_sign);
    tcase_add_test(tcase, a_constrained_key_is_listed_but_does_not_sign);
    tcase_add_test(tcase, the_place_of_the_socket_is_remembered);
    tcase_add_test(tcase, signals_of_the_host_interrupt_nothing);
    tcase_add_test(tcase, threads_sign_with_one_key);
}

static void add_fake(Suite *suite)
{
    TCase *tcase = suite_case(suite, "fake agent", 240);

    tcase_add_test(tcase, a_list_that_is_none_is_refused);
    tcase_add_test(tcase, the_certificate_that_is_valid_now_is_chosen);
    tcase_add_test(tcase, a_configured_certificate_comes_before_the_agents);
    tcase_add_test(tcase, a_flipped_bit_of_a_list_does_no_harm);
    tcase_add_test(tcase, frames_have_a_bounded_length);
    tcase_add_test(tcase, malformed_keys_in_a_list_are_passed_over);
    tcase_add_test(tcase, a_malformed_key_that_is_asked_for_is_told);
    tcase_add_test(tcase, the_names_of_many_keys_are_told_in_print);
    tcase_add_loop_test(tcase, only_the_right_signature_is_taken, 0, KINDS);
    tcase_add_test(tcase, impossible_numbers_make_no_signature);
    tcase_add_test(tcase, signing_ends_when_the_agent_hangs);
    tcase_add_test(tcase, listing_ends_when_the_agent_hangs);
    tcase_add_test(tcase, connecting_ends_when_nobody_accepts);
    tcase_add_test(tcase, no_agent_is_told_with_its_place);
    tcase_add_test(tcase, only_a_whole_fingerprint_asks_for_a_key);
}

static void add(Suite *suite)
{
    add_fake(suite);
    if (openssh_is_there())
        add_agent(suite);
}

int main(void)
{
    int status;

    folder_make("agent");
    status = suite_main("agent", add);
    folder_remove();
    return status;
}

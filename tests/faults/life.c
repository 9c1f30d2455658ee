#include "life.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "../gss_support.h"

struct life {
    const struct life_plan *plan;
    gss_cred_id_t cred[2]; /* of the initiator, of the acceptor */
    gss_name_t target, source;
    gss_ctx_id_t ctx[2];
};

struct step {
    const char *name;
    OM_uint32 (*run)(struct life *l, OM_uint32 *minor);
    bool queues; /* no marks for the sake of speed, see crypto/aead.c: what failed may stay there */
    bool verifies; /* the peer's proof */
};

/* ---- what must hold ---- */

const char *const life_defaults[3] = {"client-p256", "server-x25519", "trust-all"};
static const char *at;

static void end_with(const char *what, const char *more)
{
    fprintf(stderr, "%s: %s; %s failed\n", what, more,
            faults_fired() != NULL ? faults_fired() : "nothing");
    faults_tell();
    _exit(1);
}

static void must_hold(bool holds, const char *what)
{
    if (!holds)
        end_with(at, what);
}

static bool is_one_of(OM_uint32 minor, const edhoc_err *errors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (minor == EDHOC_MINOR_BASE + (OM_uint32)errors[i])
            return true;
    return false;
}

/* An error of ours, with a text, that is not a fault of the program's, and leaves nothing in
 * libcrypto's queue. Lack of memory is told as that, or as libcrypto's refusal; where libcrypto verifies
 * something, it does not tell that apart from what is wrong. */
static void check_clean(const struct step *step, enum fault_family family, OM_uint32 minor)
{
    static const edhoc_err memory[] = {EDHOC_ERR_NOMEM, EDHOC_ERR_CRYPTO};
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;

    must_hold(faults_fired() != NULL, app_status(0, minor));
    must_hold(minor > EDHOC_MINOR_BASE && minor < EDHOC_MINOR_BASE + EDHOC_ERR_END,
              "no minor status of ours");
    must_hold(gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &app_mech, &more, &text) ==
                      GSS_S_COMPLETE &&
                  text.length > 0,
              "the minor status has no text");
    must_hold(minor != MINOR(BUG), "an internal check failed");
    must_hold((family != FAULT_MEMORY && (family != FAULT_CRYPTO_MEMORY || step->verifies)) ||
                  is_one_of(minor, memory, ROWS(memory)),
              text.value);
    must_hold(family != FAULT_INTERRUPT, "an interruption is no failure");
    app_release(&text);
}

/* ---- credentials ---- */

static size_t read_settings(const char *const texts[SETTINGS_MAX],
                            gss_key_value_element_desc out[SETTINGS_MAX])
{
    static char kept[2 * SETTINGS_MAX][64];
    static size_t next;
    size_t n = 0;

    for (; n < SETTINGS_MAX && texts[n] != NULL; n++) {
        char *key = kept[next++ % (2 * SETTINGS_MAX)], *value;

        (void)snprintf(key, sizeof(kept[0]), "%s", texts[n]);
        value = strchr(key, '=');
        *value++ = '\0';
        out[n].key = key;
        out[n].value = value[0] == '@' ? folder_path(value + 1) : value;
    }
    return n;
}

static OM_uint32 acquire(struct life *l, int role, OM_uint32 *minor)
{
    gss_key_value_element_desc pairs[SETTINGS_MAX];
    gss_key_value_set_desc store = {0, pairs};
    OM_uint32 major;

    store.count = (OM_uint32)read_settings(role == 0 ? l->plan->initiator : l->plan->acceptor,
                                           pairs);
    major = gss_acquire_cred_from(
        minor, GSS_C_NO_NAME, 0, &app_mechs, role == 0 ? GSS_C_INITIATE : GSS_C_ACCEPT,
        store.count > 0 ? &store : GSS_C_NO_CRED_STORE, &l->cred[role], NULL, NULL);
    must_hold(GSS_ERROR(major) == 0 || l->cred[role] == GSS_C_NO_CREDENTIAL, "half a credential");
    return major;
}

static OM_uint32 acquire_initiator(struct life *l, OM_uint32 *minor)
{
    return acquire(l, 0, minor);
}

static OM_uint32 acquire_acceptor(struct life *l, OM_uint32 *minor)
{
    return acquire(l, 1, minor);
}

/* Either credential, by way of its exported form. */
static OM_uint32 travel_cred(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc record = GSS_C_EMPTY_BUFFER;
    gss_cred_id_t again = GSS_C_NO_CREDENTIAL;
    OM_uint32 major = GSS_S_COMPLETE, ignored;

    for (int role = 0; role < 2 && GSS_ERROR(major) == 0; role++) {
        major = gss_export_cred(minor, l->cred[role], &record);
        must_hold((GSS_ERROR(major) != 0) == (record.value == NULL), "half a record");
        if (GSS_ERROR(major) == 0)
            major = gss_import_cred(minor, &record, &again);
        must_hold((GSS_ERROR(major) != 0) == (again == GSS_C_NO_CREDENTIAL), "half a credential");
        (void)gss_release_buffer(&ignored, &record);
        if (GSS_ERROR(major) == 0)
            app_use_cred(&l->cred[role], again);
        again = GSS_C_NO_CREDENTIAL;
    }
    return major;
}

static OM_uint32 inquire_cred(struct life *l, OM_uint32 *minor)
{
    OM_uint32 major = GSS_S_COMPLETE, lifetime;

    for (int role = 0; role < 2 && GSS_ERROR(major) == 0; role++) {
        gss_name_t name = GSS_C_NO_NAME;
        gss_OID_set mechs = GSS_C_NO_OID_SET;
        gss_cred_usage_t usage;

        major = gss_inquire_cred(minor, l->cred[role], &name, &lifetime, &usage, &mechs);
        must_hold(GSS_ERROR(major) == 0 || (name == GSS_C_NO_NAME && mechs == GSS_C_NO_OID_SET),
                  "half of what a credential is");
        (void)gss_release_oid_set(&lifetime, &mechs);
        app_release_name(&name);
    }
    return major;
}

/* ---- names ---- */

static OM_uint32 import_target(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(APP_SERVICE);
    OM_uint32 major = gss_import_name(minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &l->target);

    must_hold((GSS_ERROR(major) != 0) == (l->target == GSS_C_NO_NAME), "half a name");
    return major;
}

/* By one of two functions that export, and back. */
static OM_uint32 travel_name(gss_name_t name, bool composite, OM_uint32 *minor)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_name_t again = GSS_C_NO_NAME;
    OM_uint32 major = composite ? gss_export_name_composite(minor, name, &text)
                                : gss_export_name(minor, name, &text);
    int same = 0;

    if (GSS_ERROR(major) == 0)
        major = gss_import_name(
            minor, &text, composite ? GSS_C_NT_COMPOSITE_EXPORT : GSS_C_NT_EXPORT_NAME, &again);
    if (GSS_ERROR(major) == 0)
        major = gss_compare_name(minor, name, again, &same);
    must_hold(GSS_ERROR(major) != 0 || same == 1, "another name");
    app_release(&text);
    app_release_name(&again);
    return major;
}

static OM_uint32 use_names(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_name_t other = GSS_C_NO_NAME;
    OM_uint32 major = gss_display_name(minor, l->target, &text, NULL);

    must_hold((GSS_ERROR(major) != 0) == (text.value == NULL), "half a text");
    app_release(&text);
    if (GSS_ERROR(major) == 0)
        major = gss_canonicalize_name(minor, l->target, &app_mech, &other);
    app_release_name(&other);
    if (GSS_ERROR(major) == 0)
        major = gss_duplicate_name(minor, l->target, &other);
    app_release_name(&other);
    for (int composite = 0; composite < 2 && GSS_ERROR(major) == 0; composite++)
        major = travel_name(l->target, composite == 1, minor);
    return major;
}

static OM_uint32 read_attributes(gss_name_t name, OM_uint32 *minor)
{
    gss_buffer_set_t all = GSS_C_NO_BUFFER_SET;
    OM_uint32 ignored, major = gss_inquire_name(minor, name, NULL, NULL, &all);

    for (size_t i = 0; GSS_ERROR(major) == 0 && all != GSS_C_NO_BUFFER_SET && i < all->count; i++) {
        int more = -1, authenticated, complete;

        while (more != 0 && GSS_ERROR(major) == 0) {
            gss_buffer_desc value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;

            major = gss_get_name_attribute(minor, name, &all->elements[i], &authenticated,
                                           &complete, &value, &shown, &more);
            must_hold(GSS_ERROR(major) == 0 || (value.value == NULL && shown.value == NULL),
                      "half an attribute");
            app_release(&value);
            app_release(&shown);
        }
    }
    (void)gss_release_buffer_set(&ignored, &all);
    return major;
}

/* Of a peer that proved it. */
static OM_uint32 use_peer(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc user = GSS_C_EMPTY_BUFFER;
    OM_uint32 major = read_attributes(l->source, minor);

    if (GSS_ERROR(major) == 0)
        major = travel_name(l->source, true, minor);
    if (GSS_ERROR(major) == 0) {
        major = gss_localname(minor, l->source, GSS_C_NO_OID, &user);
        if (major == GSS_S_UNAVAILABLE) /* it has none, and memory has nothing to do with it */
            major = *minor == MINOR(NOMEM) ? GSS_S_FAILURE : GSS_S_COMPLETE;
        app_release(&user);
    }
    return major;
}

/* ---- contexts ---- */

static void forget_contexts(struct life *l)
{
    OM_uint32 minor;

    for (int role = 0; role < 2; role++)
        if (l->ctx[role] != GSS_C_NO_CONTEXT)
            must_hold(gss_delete_sec_context(&minor, &l->ctx[role], GSS_C_NO_BUFFER) ==
                              GSS_S_COMPLETE &&
                          l->ctx[role] == GSS_C_NO_CONTEXT,
                      "a context that stays");
    app_release_name(&l->source);
}

static OM_uint32 turn(struct life *l, int role, gss_buffer_t in, gss_buffer_t out, OM_uint32 *minor)
{
    static struct gss_channel_bindings_struct bindings[2] = {
        {.application_data = {3, "one"}},
        {.application_data = {3, "two"}},
    };
    gss_channel_bindings_t used = l->plan->bindings ? &bindings[role] : GSS_C_NO_CHANNEL_BINDINGS;

    return role == 0 ? gss_init_sec_context(minor, l->cred[0], &l->ctx[0], l->target, &app_mech,
                                            GSS_C_REPLAY_FLAG | GSS_C_CONF_FLAG, 0, used, in, NULL,
                                            out, NULL, NULL)
                     : gss_accept_sec_context(minor, &l->ctx[1], l->cred[1], in, used, &l->source,
                                              NULL, out, NULL, NULL, NULL);
}

/* To the end, or to the first error, of which contexts and names are gone. */
static OM_uint32 handshake(struct life *l, OM_uint32 *minor, int *failed)
{
    OM_uint32 major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED};
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER;
    int role = 0;

    for (; major[role] == GSS_S_CONTINUE_NEEDED; role = 1 - role) {
        gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

        major[role] = turn(l, role, &in, &out, minor);
        app_release(&in);
        in = out;
        if (GSS_ERROR(major[role]) == 0)
            continue;
        must_hold(role == 0 || l->source == GSS_C_NO_NAME, "a name of a peer that was refused");
        must_hold(role == 1 || major[1] != GSS_S_COMPLETE || out.length == 0,
                  "a token for an acceptor that is done");
        *failed = role;
        break;
    }
    app_release(&in);
    if (GSS_ERROR(major[role]) == 0)
        return GSS_S_COMPLETE;
    forget_contexts(l);
    return major[role];
}

static OM_uint32 establish(struct life *l, OM_uint32 *minor)
{
    int failed;

    forget_contexts(l);
    return handshake(l, minor, &failed);
}

static OM_uint32 inquire(struct life *l, OM_uint32 *minor)
{
    OM_uint32 major = GSS_S_COMPLETE, lifetime, flags;

    for (int role = 0; role < 2 && GSS_ERROR(major) == 0; role++) {
        gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
        gss_buffer_set_t key = GSS_C_NO_BUFFER_SET;

        major = gss_inquire_context(minor, l->ctx[role], &source, &target, &lifetime, NULL, &flags,
                                    NULL, NULL);
        must_hold(GSS_ERROR(major) == 0 || (source == GSS_C_NO_NAME && target == GSS_C_NO_NAME),
                  "half of what a context is");
        app_release_name(&source);
        app_release_name(&target);
        if (GSS_ERROR(major) == 0)
            major = gss_inquire_sec_context_by_oid(minor, l->ctx[role], GSS_C_INQ_SSPI_SESSION_KEY,
                                                   &key);
        must_hold((GSS_ERROR(major) != 0) == (key == GSS_C_NO_BUFFER_SET), "half a key");
        (void)gss_release_buffer_set(&flags, &key);
        if (GSS_ERROR(major) == 0)
            major = gss_context_time(minor, l->ctx[role], &lifetime);
    }
    return major;
}

static OM_uint32 travel_context(struct life *l, OM_uint32 *minor)
{
    OM_uint32 major = GSS_S_COMPLETE;

    for (int role = 0; role < 2 && GSS_ERROR(major) == 0; role++) {
        gss_buffer_desc record = GSS_C_EMPTY_BUFFER;

        major = gss_export_sec_context(minor, &l->ctx[role], &record);
        must_hold((GSS_ERROR(major) != 0) == (record.value == NULL), "half a record");
        if (GSS_ERROR(major) != 0)
            break;
        must_hold(l->ctx[role] == GSS_C_NO_CONTEXT, "it was exported and stays");
        major = gss_import_sec_context(minor, &record, &l->ctx[role]);
        if (GSS_ERROR(major) != 0) { /* whoever has the record tries again */
            OM_uint32 again = EDHOC_ERR_NOMEM;

            must_hold(l->ctx[role] == GSS_C_NO_CONTEXT, "half a context");
            must_hold(gss_import_sec_context(&again, &record, &l->ctx[role]) == GSS_S_COMPLETE,
                      "a record that cannot be imported again");
        }
        app_release(&record);
    }
    return major;
}

/* ---- messages ---- */

#define TEXT "what is said"

static OM_uint32 pass(struct life *l, int from, int conf, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(TEXT), token = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 again, major = gss_wrap(minor, l->ctx[from], conf, 0, &text, NULL, &token);

    must_hold((GSS_ERROR(major) != 0) == (token.value == NULL), "half a token");
    if (GSS_ERROR(major) != 0)
        return major;
    major = gss_unwrap(minor, l->ctx[1 - from], &token, &out, NULL, NULL);
    if (GSS_ERROR(major) != 0) { /* and the message is not lost */
        must_hold(out.value == NULL, "half a message");
        must_hold(gss_unwrap(&again, l->ctx[1 - from], &token, &out, NULL, NULL) == GSS_S_COMPLETE,
                  "a token that cannot be unwrapped again");
    }
    must_hold(out.length == text.length && memcmp(out.value, TEXT, out.length) == 0,
              "another text");
    app_release(&token);
    app_release(&out);
    return major;
}

static OM_uint32 messages(struct life *l, OM_uint32 *minor)
{
    OM_uint32 major = GSS_S_COMPLETE;

    for (int i = 0; i < 4 && GSS_ERROR(major) == 0; i++)
        major = pass(l, i % 2, i / 2, minor);
    return major;
}

static OM_uint32 mics(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(TEXT), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 again, major = gss_get_mic(minor, l->ctx[1], 0, &text, &token);

    must_hold((GSS_ERROR(major) != 0) == (token.value == NULL), "half a token");
    if (GSS_ERROR(major) == 0) {
        major = gss_verify_mic(minor, l->ctx[0], &text, &token, NULL);
        must_hold(GSS_ERROR(major) == 0 ||
                      gss_verify_mic(&again, l->ctx[0], &text, &token, NULL) == GSS_S_COMPLETE,
                  "a MIC that cannot be verified again");
    }
    app_release(&token);
    return major;
}

/* Header, associated data and text in one stream for the other side. */
static OM_uint32 iovs(struct life *l, OM_uint32 *minor)
{
    char text[] = TEXT;
    gss_iov_buffer_desc iov[] = {
        {GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER},
        {GSS_IOV_BUFFER_TYPE_DATA, {strlen(text), text}},
        {GSS_IOV_BUFFER_TYPE_TRAILER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER}};
    OM_uint32 again, major = gss_wrap_iov(minor, l->ctx[0], 1, 0, NULL, iov, ROWS(iov));

    if (GSS_ERROR(major) == 0) {
        major = gss_unwrap_iov(minor, l->ctx[1], NULL, NULL, iov, ROWS(iov));
        must_hold(GSS_ERROR(major) != 0 || strcmp(text, TEXT) == 0, "another text");
    }
    (void)gss_release_iov_buffer(&again, iov, ROWS(iov));
    return major;
}

static OM_uint32 stream(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(TEXT), extra = app_of_text("associated");
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 again, major = gss_wrap_aead(minor, l->ctx[1], 1, 0, &extra, &text, NULL, &token);

    must_hold((GSS_ERROR(major) != 0) == (token.value == NULL), "half a token");
    if (GSS_ERROR(major) == 0) {
        major = gss_unwrap_aead(minor, l->ctx[0], &token, &extra, &out, NULL, NULL);
        must_hold(GSS_ERROR(major) == 0 || gss_unwrap_aead(&again, l->ctx[0], &token, &extra, &out,
                                                           NULL, NULL) == GSS_S_COMPLETE,
                  "a token that cannot be unwrapped again");
    }
    app_release(&token);
    app_release(&out);
    return major;
}

/* Changed on the way, whatever else goes wrong. */
static OM_uint32 tampered(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(TEXT), token = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, major = gss_wrap(minor, l->ctx[0], 1, 0, &text, NULL, &token);

    if (GSS_ERROR(major) != 0)
        return major;
    ((uint8_t *)token.value)[token.length - 20] ^= 1;
    must_hold(GSS_ERROR(gss_unwrap(&ignored, l->ctx[1], &token, &out, NULL, NULL)) != 0 &&
                  out.value == NULL,
              "a changed message is believed");
    must_hold(gss_verify_mic(&ignored, l->ctx[1], &text, &token, NULL) != GSS_S_COMPLETE,
              "a changed message is a MIC");
    app_release(&token);
    return GSS_S_COMPLETE;
}

static OM_uint32 prf(struct life *l, OM_uint32 *minor)
{
    gss_buffer_desc text = app_of_text(TEXT), out = GSS_C_EMPTY_BUFFER;
    OM_uint32 major = gss_pseudo_random(minor, l->ctx[0], GSS_C_PRF_KEY_FULL, &text, 40, &out);

    must_hold((GSS_ERROR(major) != 0) == (out.value == NULL), "half an output");
    app_release(&out);
    return major;
}

/* ---- the mechanism ---- */

static OM_uint32 mechanism(struct life *l, OM_uint32 *minor)
{
    gss_OID_set a = GSS_C_NO_OID_SET, b = GSS_C_NO_OID_SET;
    gss_buffer_desc sasl = GSS_C_EMPTY_BUFFER, name = GSS_C_EMPTY_BUFFER, text = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, major = gss_inquire_attrs_for_mech(minor, &app_mech, &a, &b);

    (void)l;
    (void)gss_release_oid_set(&ignored, &a);
    (void)gss_release_oid_set(&ignored, &b);
    if (GSS_ERROR(major) == 0)
        major = gss_inquire_names_for_mech(minor, &app_mech, &a);
    (void)gss_release_oid_set(&ignored, &a);
    if (GSS_ERROR(major) == 0)
        major = gss_inquire_saslname_for_mech(minor, &app_mech, &sasl, &name, &text);
    must_hold(GSS_ERROR(major) == 0 ||
                  (sasl.value == NULL && name.value == NULL && text.value == NULL),
              "half of what a mechanism is called");
    app_release(&sasl);
    app_release(&name);
    app_release(&text);
    return major;
}

/* ---- the life ---- */

static const struct step whole[] = {
    {"acquire (initiator)", acquire_initiator, false, false},
    {"acquire (acceptor)", acquire_acceptor, false, false},
    {"import a name", import_target, false, false},
    {"use a name", use_names, false, false},
    {"inquire credentials", inquire_cred, false, false},
    {"export and import credentials", travel_cred, false, false},
    {"establish", establish, false, true},
    {"inquire a context", inquire, false, false},
    {"use the peer's name", use_peer, false, false},
    {"messages", messages, true, false},
    {"MICs", mics, true, false},
    {"IOVs", iovs, true, false},
    {"associated data", stream, true, false},
    {"a changed message", tampered, true, false},
    {"pseudo-random bytes", prf, false, false},
    {"export and import contexts", travel_context, false, false},
    {"messages of imported contexts", messages, true, false},
    {"inquire the mechanism", mechanism, false, false},
};

/* All of them look new, and time passes until they are looked at. */
static void change_files(const struct life_plan *plan)
{
    for (int i = 0; i < 2 * SETTINGS_MAX; i++) {
        const char *setting = i < SETTINGS_MAX ? plan->initiator[i]
                                               : plan->acceptor[i - SETTINGS_MAX];
        const char *file = setting != NULL ? strstr(setting, "=@") : NULL;

        if (file != NULL) {
            must_hold(utimensat(AT_FDCWD, folder_path(file + 2), NULL, 0) == 0, setting);
            (void)utimensat(AT_FDCWD, folder_path(textf("%s.pub", file + 2)), NULL, 0);
        }
    }
    for (int i = 0; i < ROWS(life_defaults); i++)
        must_hold(utimensat(AT_FDCWD, folder_path(life_defaults[i]), NULL, 0) == 0,
                  life_defaults[i]);
    faults_pass(3000);
}

/* What fails for the one fault does not fail again. */
static void take(struct life *l, enum fault_family family, const struct step *step)
{
    OM_uint32 minor = 0, major;

    at = step->name;
    major = step->run(l, &minor);
    must_hold(ERR_peek_error() == 0 || (step->queues && family == FAULT_CRYPTO),
              "something stays in libcrypto's queue");
    ERR_clear_error();
    if (GSS_ERROR(major) == 0)
        return;
    check_clean(step, family, minor);
    if (family == FAULT_CRYPTO) /* what libcrypto seems to refuse is not asked for again */
        change_files(l->plan);
    major = step->run(l, &minor);
    if (GSS_ERROR(major) != 0)
        end_with(at, textf("again: %s", app_status(major, minor)));
}

/* Whoever is to be refused is refused, by the side that has the reason. */
static void be_refused(struct life *l)
{
    OM_uint32 minor;
    int failed = -1;

    at = "be refused";
    if (handshake(l, &minor, &failed) == GSS_S_COMPLETE)
        end_with(at, "let in");
    must_hold(faults_fired() != NULL || failed == (l->plan->refused == BY_INITIATOR ? 0 : 1),
              app_status(0, minor));
    forget_contexts(l);
}

void life_live(const struct life_plan *plan, enum fault_family family)
{
    static const struct step again = {"establish after the files changed", establish, false, true};
    struct life l = {.plan = plan};
    bool refused = plan->refused != NOBODY;

    for (int i = 0; i < (refused ? 3 : ROWS(whole)); i++)
        take(&l, family, &whole[i]);
    if (refused) {
        be_refused(&l);
    } else {
        change_files(plan);
        take(&l, family, &again);
    }
    forget_contexts(&l);
    app_release_name(&l.target);
    app_release_cred(&l.cred[0]);
    app_release_cred(&l.cred[1]);
    /* What nobody holds is let go of. */
    faults_pass(3600 * 1000);
}

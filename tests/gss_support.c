#include "gss_support.h"

gss_OID_desc app_mech = {33, "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"
                             "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};
gss_OID_desc app_spnego = {6, "\x2b\x06\x01\x05\x05\x02"};
gss_OID_set_desc app_mechs = {1, &app_mech};

/* ---- statuses and buffers ---- */

const char *app_status(OM_uint32 major, OM_uint32 minor)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;
    const char *out;

    (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &app_mech, &more, &b);
    out = textf("major %08x minor %08x: %.*s", major, minor, (int)b.length,
                b.value != NULL ? (char *)b.value : "");
    (void)gss_release_buffer(&ignored, &b);
    return out;
}

gss_buffer_desc app_buffer(const void *p, size_t len)
{
    return (gss_buffer_desc){len, (void *)p};
}

gss_buffer_desc app_of_text(const char *text)
{
    return app_buffer(text, strlen(text));
}

void app_release(gss_buffer_t buffer)
{
    OM_uint32 minor;

    (void)gss_release_buffer(&minor, buffer);
}

uint8_t *app_copy(struct bytes what)
{
    uint8_t *copy = malloc(what.len + 1);

    ck_assert_ptr_nonnull(copy);
    if (what.len > 0)
        memcpy(copy, what.p, what.len);
    return copy;
}

bool app_has_oid(gss_OID_set set, gss_const_OID oid)
{
    OM_uint32 minor;
    int present = 0;

    ck_assert_uint_eq(gss_test_oid_set_member(&minor, (gss_OID)oid, set, &present), 0);
    return present != 0;
}

/* ---- names ---- */

gss_name_t app_name(const char *text, gss_OID type)
{
    gss_buffer_desc b = app_of_text(text);
    gss_name_t out = GSS_C_NO_NAME;
    OM_uint32 minor, major = gss_import_name(&minor, &b, type, &out);

    app_complete(major, minor);
    return out;
}

void app_release_name(gss_name_t *name)
{
    OM_uint32 minor;

    (void)gss_release_name(&minor, name);
}

const char *app_shown(gss_name_t name)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_display_name(&minor, name, &b, NULL);
    const char *out;

    app_complete(major, minor);
    out = textf("%.*s", (int)b.length, (char *)b.value);
    app_release(&b);
    return out;
}

void app_check_name(gss_name_t name, const char *want, gss_OID want_type)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    gss_OID type = GSS_C_NO_OID;
    OM_uint32 minor, major = gss_display_name(&minor, name, &b, &type);

    app_complete(major, minor);
    ck_assert_msg(b.length == strlen(want) && memcmp(b.value, want, b.length) == 0,
                  "\"%.*s\", expected \"%s\"", (int)b.length, (char *)b.value, want);
    ck_assert_ptr_nonnull(type);
    if (want_type != GSS_C_NO_OID)
        ck_assert(gss_oid_equal(type, want_type));
    app_release(&b);
}

const char *app_attribute(gss_name_t name, const char *urn, int *authenticated)
{
    gss_buffer_desc attr = app_of_text(urn), value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
    const char *out = NULL;
    int complete, more = -1;
    OM_uint32 minor;

    *authenticated = -1;
    if (gss_get_name_attribute(&minor, name, &attr, authenticated, &complete, &value, &shown,
                               &more) == GSS_S_COMPLETE)
        out = textf("%.*s", (int)value.length, (char *)value.value);
    ck_assert_int_eq(more, 0);
    app_release(&value);
    app_release(&shown);
    return out;
}

/* ---- credentials ---- */

static const char *maybe_path(const char *file)
{
    return file != NULL ? folder_path(file) : NULL;
}

OM_uint32 app_acquire(OM_uint32 *minor, gss_OID mech, gss_cred_usage_t usage, gss_name_t desired,
                      struct app_store from, gss_cred_id_t *out)
{
    const struct {
        const char *key, *value;
    } all[] = {
        {"edhoc_identity", maybe_path(from.identity)},
        {"edhoc_service_identity", maybe_path(from.service_identity)},
        {"edhoc_trust", maybe_path(from.trust)},
        {"edhoc_options", from.options},
        {"edhoc_suites", from.suites},
    };
    gss_key_value_element_desc pairs[ROWS(all)];
    gss_key_value_set_desc store = {0, pairs};
    gss_OID_set_desc mechs = {1, mech};

    for (int i = 0; i < ROWS(all); i++)
        if (all[i].value != NULL)
            pairs[store.count++] = (gss_key_value_element_desc){all[i].key, all[i].value};
    return gss_acquire_cred_from(minor, desired, 0, &mechs, usage, &store, out, NULL, NULL);
}

gss_cred_id_t app_cred(gss_OID mech, gss_cred_usage_t usage, const char *identity,
                       const char *trust, const char *options)
{
    struct app_store from = {.identity = usage != GSS_C_ACCEPT ? identity : NULL,
                             .service_identity = usage != GSS_C_INITIATE ? identity : NULL,
                             .trust = trust,
                             .options = options};
    gss_cred_id_t out = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major = app_acquire(&minor, mech, usage, GSS_C_NO_NAME, from, &out);

    app_complete(major, minor);
    return out;
}

void app_release_cred(gss_cred_id_t *cred)
{
    OM_uint32 minor;

    (void)gss_release_cred(&minor, cred);
}

void app_use_cred(gss_cred_id_t *at, gss_cred_id_t with)
{
    app_release_cred(at);
    *at = with;
}

/* ---- per-message tokens ---- */

gss_buffer_desc app_token(gss_ctx_id_t from, bool mic)
{
    gss_buffer_desc in = app_of_text("x"), out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = mic ? gss_get_mic(&minor, from, 0, &in, &out)
                                 : gss_wrap(&minor, from, 1, 0, &in, NULL, &out);

    app_complete(major, minor);
    return out;
}

static uint64_t number(gss_buffer_desc token, size_t at, size_t len)
{
    const uint8_t *p = token.value;
    uint64_t value = 0;

    ck_assert_uint_ge(token.length, 16);
    for (size_t i = 0; i < len; i++)
        value = value << 8 | p[at + i];
    return value;
}

uint64_t app_sequence(gss_buffer_desc token)
{
    return number(token, 2, 6);
}

uint64_t app_instance(gss_buffer_desc token)
{
    return number(token, 8, 8);
}

uint64_t app_next_sequence(gss_ctx_id_t ctx)
{
    gss_buffer_desc token = app_token(ctx, true);
    uint64_t sequence = app_sequence(token);

    app_release(&token);
    return sequence;
}

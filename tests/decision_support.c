#include "decision_support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- raw keys ---- */

static const char *const types[] = {"x25519",  "x448",  "p256dh", "p384dh",
                                    "ed25519", "ed448", "p256",   "p384"};

static const struct {
    const char *file, *type, *name;
} others[] = {
    {"bob", "x25519", "bob"},
    {"stranger", "x25519", "alice"},
    {"capital", "x25519", "Alice"},
    {"mail", "x25519", "alice@example.org"},
    {"slash", "x25519", "host/admin"},
    {"mallory", "x25519", WEB},
    {"mallory-p256", "p256", WEB},
    {"mallory-p256dh", "p256dh", WEB},
    {"db", "x25519", "postgres@db.example.org"},
    {"old", "x25519", "alice"},
    {"old-web", "x25519", WEB},
    {"fresh", "x25519", "alice"},
    {"svc/10-web.pem", "x25519", WEB},
    {"svc/20-db.pem", "x25519", "postgres@db.example.org"},
    {"svc/40-ed.pem", "ed25519", WEB},
};

/* FILE-dh: the key of FILE, a P-256 one, with a .pub of the other use. Its point is the end of the
 * blob. */
static const char other_use[] =
    "cd \"$1\"\n"
    "for f in alice-p256 web-p256; do\n"
    "    cp $f $f-dh\n"
    "    { awk '{ printf \"%s ecdh-nistp256 \", $1 }' $f.pub\n"
    "      { printf "
    "'\\000\\000\\000\\015ecdh-nistp256\\000\\000\\000\\010nistp256\\000\\000\\000A'\n"
    "        awk '{ print $3 }' $f.pub | openssl base64 -d -A | tail -c 65; } |\n"
    "          openssl base64 -A; echo; } >$f-dh.pub\n"
    "done\n"
    "sed -i 's/ / valid-before=\"20200101\" /' old.pub old-web.pub\n"
    "chmod 600 *.pub\n";

static const char ssh_keys[] =
    "cd \"$1\" && command -v ssh-keygen >/dev/null || exit 0\n"
    "ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f ssh-ed25519\n"
    "ssh-keygen -q -t ecdsa -b 256 -N '' -C '' -f ssh-p256\n"
    "ssh-keygen -q -t ecdsa -b 384 -N '' -C '' -f ssh-p384\n"
    "ssh-keygen -q -t ecdsa -b 521 -N '' -C '' -f ssh-p521\n"
    "ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f ssh-rsa\n"
    "ssh-keygen -q -t ed25519 -N secret -C '' -f ssh-secret\n"
    "ssh-keygen -q -t ed25519 -N '' -C root@web -f ssh_host_ed25519_key\n";

/* ---- certificates beyond those of x509_fixtures.sh ---- */

/* What the scripts below begin with. */
static const char making[] =
    "exec 3>&2 2>more.log\n"
    "trap 'test $? -eq 0 || cat more.log >&3' EXIT\n"
    "date_at() { date -u -d \"@$(($(date +%s) + $1 * 86400))\" +%y%m%d%H%M%SZ; }\n"
    "ca='basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|"
    "subjectKeyIdentifier=hash'\n"
    "sign='basicConstraints=CA:FALSE|keyUsage=critical,digitalSignature'\n"
    "server=\"$sign|extendedKeyUsage=serverAuth\" client=\"$sign|extendedKeyUsage=clientAuth\"\n"
    "web='subjectAltName=DNS:web.example.org'\n"
    "for i in root sub; do\n"
    "    : >$i.issued\n"
    "    printf '%s\\n' '[ca]' default_ca=c '[c]' database=$i.issued new_certs_dir=. "
    "default_md=sha256 policy=p unique_subject=no rand_serial=yes email_in_dn=no '[p]' "
    "commonName=optional >$i.ca\n"
    "done\n"
    "serial=500\n"
    /* NAME TYPE ISSUER SUBJECT EXTENSIONS FIRST-DAY LAST-DAY, from now */
    "make() {\n"
    "    case $2 in\n"
    "    ed*) openssl genpkey -algorithm $2 -out $1.key ;;\n"
    "    *) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$2 "
    "-pkeyopt ec_param_enc:named_curve -out $1.key ;;\n"
    "    esac\n"
    "    openssl req -new -utf8 -key $1.key -subj \"$4\" -out $1.csr\n"
    "    printf '%s\\n' \"$5\" | tr '|' '\\n' >$1.ext\n"
    "    if test $# -gt 5; then\n"
    "        openssl ca -batch -notext -config $3.ca -cert $3.crt -keyfile $3.key -in $1.csr "
    "-extfile $1.ext -startdate $(date_at $6) -enddate $(date_at $7) -out $1.crt\n"
    "    else\n"
    "        serial=$((serial + 1))\n"
    "        openssl x509 -req -in $1.csr -CA $3.crt -CAkey $3.key -days 365 -set_serial $serial "
    "-extfile $1.ext -out $1.crt\n"
    "    fi\n"
    "    openssl x509 -in $1.crt -outform DER -out $1.der\n"
    "}\n";

static const char certificates[] =
    "set -eu\n"
    "cd \"$1\"\n"
    ". ../making.sh\n"
    "make expired P-256 sub /CN=expired \"$server|$web\" -30 -1\n"
    "make early P-256 sub /CN=early \"$server|$web\" 2 30\n"
    "make week P-256 sub /CN=week \"$server|$web\" -1 7\n"
    "make oldclient P-256 sub /CN=oldclient \"$client\" -30 -1\n"
    "make earlyclient P-256 sub /CN=earlyclient \"$client\" 2 30\n"
    "make weekclient P-256 sub /CN=weekclient \"$client\" -1 7\n"
    "make oldsub P-256 root '/CN=Old Sub CA' \"$ca\" -30 -1\n"
    "make underold P-256 oldsub /CN=underold \"$server|$web\"\n"
    "make underoldclient P-256 oldsub /CN=underoldclient \"$client\"\n"
    "make shortsub P-256 root '/CN=Short-lived Sub CA' \"$ca\" -1 20\n"
    "make undershort P-256 shortsub /CN=undershort \"$server|$web\"\n"
    "make revokedclient P-256 sub /CN=revokedclient \"$client\"\n"
    "make utf8 P-256 sub '/CN=Zo\xc3\xab' \"$client\"\n"
    "upn='otherName:1.3.6.1.4.1.311.20.2.3;UTF8:'\n"
    "make many P-256 sub /CN=many \"$client|subjectAltName=URI:https://id.example.org/1,"
    "email:one@corp.example,email:two@corp.example,DNS:a.example.org,DNS:b.example.org,"
    "IP:192.0.2.1,IP:2001:db8::1,${upn}first@corp.example,${upn}second@corp.example\"\n"
    "make wildclient P-256 sub /CN=wildclient \"$client|subjectAltName=DNS:*.example.org\"\n"
    "make uriclient P-256 sub /CN=uriclient "
    "\"$client|subjectAltName=URI:https://id.example.org/2\"\n"
    "make anyclient P-256 sub /CN=anyclient \"$client,serverAuth|"
    "subjectAltName=email:both@corp.example\"\n"
    "make mail384 P-384 sub /CN=mail384 \"$client|subjectAltName=email:carol@corp.example\"\n"
    "make mail448 ed448 sub /CN=mail448 \"$client|subjectAltName=email:dora@corp.example\"\n"
    "make oddhost P-256 sub /CN=oddhost \"$client|subjectAltName=DNS:a@b\"\n"
    "make dnsip P-256 sub /CN=dnsip \"$server|subjectAltName=DNS:127.0.0.1\"\n"
    "make toplevel P-256 sub /CN=toplevel \"$server|subjectAltName=DNS:*.org\"\n"
    "make mailca P-256 root '/CN=Mail CA' \"$ca|nameConstraints=critical,"
    "permitted;email:allowed.example\"\n"
    "make mailinside P-256 mailca /CN=mailinside "
    "\"$client|subjectAltName=email:eve@allowed.example\"\n"
    "make mailoutside P-256 mailca /CN=mailoutside "
    "\"$client|subjectAltName=email:bob@corp.example\"\n"
    /* CRLs: the sub CA's of today with one more entry, and of last month; a root's that has revoked
     * the sub CA */
    "openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -revoke revokedclient.crt\n"
    "openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -gencrl -crldays 30 -out sub.crl\n"
    "openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -gencrl "
    "-crl_lastupdate $(date_at -60) -crl_nextupdate $(date_at -30) -out stale.crl\n"
    "cat root.crl sub.crl >crls.pem\n"
    "cat root.crl stale.crl >stale.pem\n"
    "sed s/root/other/ root.cnf >other.cnf && : >other.index && echo 02 >other.crlnumber\n"
    "openssl ca -config other.cnf -keyfile root.key -cert root.crt -revoke sub.crt\n"
    "openssl ca -config other.cnf -keyfile root.key -cert root.crt -gencrl -crldays 30 "
    "-out other.crl\n"
    "cat other.crl sub.crl >nosub.pem\n";

/* Clients whose names are somebody else's. */
static const char claimed[] =
    "set -eu\n"
    "cd \"$1\"\n"
    ". ../making.sh\n"
    "serial=700\n"
    "make spelt P-256 sub /CN=spelt \"$client|subjectAltName=email:Bob@Corp.example\"\n"
    "upn='otherName:1.3.6.1.4.1.311.20.2.3;UTF8:'\n"
    "make upnca P-256 root '/CN=UPN CA' \"$ca|nameConstraints=critical,"
    "permitted;email:b.example,permitted;DNS:b.example\"\n"
    "make upninside P-256 upnca /CN=upninside \"$client|subjectAltName=${upn}root@b.example\"\n"
    "make upnoutside P-256 upnca /CN=upnoutside "
    "\"$client|subjectAltName=email:eve@b.example,${upn}root@a.example\"\n"
    "make dotted P-256 sub /CN=dotted \"$client|subjectAltName=email:bob@corp.example.\"\n";

/* What a peer sends: NAME and the rest of its chain. */
static const char bundles[] =
    "set -eu\n"
    "cd \"$1\"\n"
    "bundle() { cat $1.key >$1.pem; for c; do cat $c.crt >>$1.pem; done; chmod 600 $1.pem; }\n"
    "for n in web web384 web25519 web448 plain anyeku agreement cnonly partial rsaleaf critical "
    "revoked upn email dns subject nosubject badupn clientplain expired early week oldclient "
    "earlyclient weekclient revokedclient utf8 many wildclient uriclient anyclient oddhost mail384 "
    "mail448 spelt dotted "
    "dnsip toplevel; do bundle $n sub; done\n"
    "for n in direct byrsa byweak bysha1 selfsigned; do bundle $n; done\n"
    "bundle foreign stranger\n"
    "bundle toodeep below short\n"
    "bundle inside constrained\n"
    "bundle outside constrained\n"
    "bundle notca web sub\n"
    "bundle serverofclientca clientca\n"
    "for n in underold underoldclient; do bundle $n oldsub; done\n"
    "bundle undershort shortsub\n"
    "for n in mailinside mailoutside; do bundle $n mailca; done\n"
    "for n in upninside upnoutside; do bundle $n upnca; done\n"
    "cat web.key web.crt >alone.pem\n"
    "cp web.key bare.key\n"
    "cat web.crt sub.crt >web.chain\n"
    /* the keys in them, as trust lines have them */
    "for n in web email dns; do\n"
    "    \"$GSS_EDHOC\" show $n.key | sed -n 's/.*trust line *NAME //p' >$n.pub\n"
    "done\n"
    "cp web.pem ../svc/30-cert.pem\n"
    "cp expired.pem ../renew/1-old.pem\n"
    "cp web.pem ../renew/2-new.pem\n"
    "chmod 600 alone.pem bare.key ../svc/*.pem ../renew/*.pem\n";

static void run_script(const char *name, const char *text, const char *where)
{
    folder_write(name, text);
    folder_run("sh %s %s", name, where);
}

static void make_keys(void)
{
    for (size_t i = 0; i < ROWS(types); i++) {
        app_keygen(types[i], textf("alice-%s", types[i]), "alice");
        app_keygen(types[i], textf("web-%s", types[i]), WEB);
    }
    for (size_t i = 0; i < ROWS(others); i++)
        if (access(folder_path(others[i].file), F_OK) != 0)
            app_keygen(others[i].type, others[i].file, others[i].name);
}

void decision_fixtures(void)
{
    folder_run("mkdir x svc renew");
    make_keys();
    run_script("other-use.sh", other_use, ".");
    run_script("ssh-keys.sh", ssh_keys, ".");
    folder_certificates("x");
    folder_write("making.sh", making);
    run_script("certificates.sh", certificates, "x");
    run_script("claimed.sh", claimed, "x");
    run_script("bundles.sh", bundles, "x");
}

bool decision_has_ssh(void)
{
    return access(folder_path("ssh-ed25519"), R_OK) == 0;
}

/* ---- trust files from templates ---- */

struct text {
    char bytes[8192];
    size_t len;
};

static void put(struct text *t, const char *what, size_t len)
{
    ck_assert_uint_lt(t->len + len, sizeof(t->bytes));
    memcpy(t->bytes + t->len, what, len);
    t->len += len;
    t->bytes[t->len] = '\0';
}

static void put_time(struct text *t, const char *days)
{
    time_t when = time(NULL) + (time_t)atoi(days) * 86400;
    char text[32];
    struct tm tm;

    ck_assert_ptr_nonnull(gmtime_r(&when, &tm));
    put(t, text, strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm));
}

static bool is_key_type(const char *word)
{
    return strncmp(word, "ssh-", 4) == 0 || strncmp(word, "ecdsa-", 6) == 0 ||
           strncmp(word, "ecdh-", 5) == 0;
}

/* Type and key in a .pub, without what is before and behind them. */
static void put_key(struct text *t, const char *file)
{
    const char *path = textf("%s.pub", folder_path(file));
    char line[2048] = "", *rest = line, *word;
    FILE *f = fopen(path, "r");

    ck_assert_msg(f != NULL && fgets(line, sizeof(line), f) != NULL, "%s", path);
    (void)fclose(f);
    while ((word = strsep(&rest, " \n")) != NULL && !is_key_type(word))
        ;
    ck_assert_msg(word != NULL && rest != NULL, "%s", path);
    put(t, word, strlen(word));
    put(t, " ", 1);
    put(t, rest, strcspn(rest, " \n"));
}

static void expand(const char *template, struct text *out)
{
    *out = (struct text){"", 0};
    while (*template != '\0') {
        size_t len = strcspn(template, "{");
        char inner[256];

        put(out, template, len);
        template += len;
        if (*template == '\0')
            return;
        len = strcspn(template, "}");
        ck_assert_msg(template[len] == '}' && len < sizeof(inner), "%s", template);
        (void)snprintf(inner, sizeof(inner), "%.*s", (int)len - 1, template + 1);
        if (inner[0] == '+' || inner[0] == '-')
            put_time(out, inner);
        else
            put_key(out, inner);
        template += len + 1;
    }
}

/* Each credential has a file of its own, because a process looks once per second at one it knows. */
static unsigned trust_files[2];

static const char *trust_file(bool initiator)
{
    return textf("trust-of-%s.%u", initiator ? "initiator" : "acceptor", trust_files[initiator]);
}

const char *decision_trust_path(bool initiator)
{
    return folder_path(trust_file(initiator));
}

/* ---- credentials ---- */

static void keep(struct decision_end *end)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;

    end->said[0] = '\0';
    if (end->minor == 0 || gss_display_status(&ignored, end->minor, GSS_C_MECH_CODE, &app_mech,
                                              &more, &b) != GSS_S_COMPLETE)
        return;
    ck_assert_uint_lt(b.length, sizeof(end->said));
    (void)snprintf(end->said, sizeof(end->said), "%.*s", (int)b.length, (char *)b.value);
    app_release(&b);
}

struct store {
    gss_key_value_element_desc pairs[8];
    gss_key_value_set_desc set;
};

static void add(struct store *s, const char *key, const char *value)
{
    if (value != NULL)
        s->pairs[s->set.count++] = (gss_key_value_element_desc){key, value};
}

static const char *maybe_path(const char *file)
{
    return file != NULL ? folder_path(file) : NULL;
}

void decision_acquire(const struct decision_side *side, bool initiator, const char *option,
                      struct decision_end *end)
{
    const char *options = option != NULL ? option : side->options;
    gss_name_t desired = side->desired != NULL ? decision_target(side->desired) : GSS_C_NO_NAME;
    gss_OID_set_desc mechs = {1, &app_mech};
    struct store s = {.set = {0, s.pairs}};
    struct text trust;

    expand(side->trust != NULL ? side->trust : "", &trust);
    trust_files[initiator]++;
    folder_write(trust_file(initiator), trust.bytes);
    if (side->options != NULL && option != NULL)
        options = textf("%s,%s", side->options, option);
    add(&s, initiator ? "edhoc_identity" : "edhoc_service_identity", maybe_path(side->identity));
    add(&s, "edhoc_trust", decision_trust_path(initiator));
    add(&s, "edhoc_certificate", maybe_path(side->certificate));
    add(&s, "edhoc_anchors", maybe_path(side->anchors));
    add(&s, "edhoc_crls", maybe_path(side->crls));
    add(&s, "edhoc_options", options);
    add(&s, "edhoc_suites", side->suites);
    *end = (struct decision_end){.initiator = initiator};
    end->major = gss_acquire_cred_from(&end->minor, desired, 0, &mechs,
                                       initiator ? GSS_C_INITIATE : GSS_C_ACCEPT, &s.set,
                                       &end->cred, NULL, NULL);
    keep(end);
    app_release_name(&desired);
}

/* ---- the talk ---- */

gss_name_t decision_target(const char *text)
{
    return app_name(text,
                    strchr(text, '@') != NULL ? GSS_C_NT_HOSTBASED_SERVICE : GSS_C_NT_USER_NAME);
}

static void step(struct decision_talk *t, struct decision_end *end, gss_buffer_t in,
                 gss_buffer_t out)
{
    end->calls++;
    end->major = end->initiator
                     ? gss_init_sec_context(&end->minor, end->cred, &end->ctx, t->target, &app_mech,
                                            0, 0, NULL, in, NULL, out, NULL, &end->lifetime)
                     : gss_accept_sec_context(&end->minor, &end->ctx, end->cred, in, NULL,
                                              &t->source, NULL, out, NULL, &end->lifetime, NULL);
    keep(end);
}

void decision_run(struct decision_talk *t)
{
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;

    t->initiator.major = t->acceptor.major = GSS_S_CONTINUE_NEEDED;
    t->initiator.minor = t->acceptor.minor = 0;
    while (t->tokens < 12) {
        struct decision_end *end = t->tokens % 2 == 0 ? &t->initiator : &t->acceptor;

        if (end->major != GSS_S_CONTINUE_NEEDED)
            break;
        step(t, end, t->tokens > 0 ? &in : GSS_C_NO_BUFFER, &out);
        app_release(&in);
        in = out;
        out = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
        if (in.length == 0)
            break;
        t->tokens++;
    }
    app_release(&in);
}

void decision_reset(struct decision_talk *t)
{
    struct decision_end *const ends[] = {&t->initiator, &t->acceptor};
    OM_uint32 minor;

    for (size_t i = 0; i < 2; i++) {
        (void)gss_delete_sec_context(&minor, &ends[i]->ctx, GSS_C_NO_BUFFER);
        ends[i]->calls = 0;
    }
    app_release_name(&t->source);
    t->tokens = 0;
}

void decision_free(struct decision_talk *t)
{
    decision_reset(t);
    app_release_cred(&t->initiator.cred);
    app_release_cred(&t->acceptor.cred);
    app_release_name(&t->target);
}

/* ---- names ---- */

/* The mechanism's OID with one more arc, 3. */
static gss_OID subject_type(void)
{
    static uint8_t elements[64];
    static gss_OID_desc oid = {0, elements};

    memcpy(elements, app_mech.elements, app_mech.length);
    elements[app_mech.length] = 3;
    oid.length = app_mech.length + 1;
    return &oid;
}

static const struct {
    const char *word;
    gss_OID *oid; /* NULL: subject_type() */
} kinds[] = {
    {"user", &GSS_C_NT_USER_NAME}, {"service", &GSS_C_NT_HOSTBASED_SERVICE}, {"subject", NULL}};

static gss_OID kind_type(size_t i)
{
    return kinds[i].oid != NULL ? *kinds[i].oid : subject_type();
}

const char *decision_shown(gss_name_t name)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    gss_OID type = GSS_C_NO_OID;
    OM_uint32 minor, major = gss_display_name(&minor, name, &b, &type);
    const char *out = "of no known type";

    app_complete(major, minor);
    for (size_t i = 0; i < ROWS(kinds); i++)
        if (gss_oid_equal(type, kind_type(i)))
            out = textf("%s %.*s", kinds[i].word, (int)b.length, (char *)b.value);
    app_release(&b);
    return out;
}

gss_name_t decision_said(const char *shown)
{
    size_t len = strcspn(shown, " ");
    gss_name_t name, mine = GSS_C_NO_NAME;
    OM_uint32 minor, major;
    size_t i = 0;

    while (i < ROWS(kinds) && strncmp(shown, kinds[i].word, len) != 0)
        i++;
    ck_assert_msg(i < ROWS(kinds), "%s", shown);
    name = app_name(shown + len + 1, kind_type(i));
    major = gss_canonicalize_name(&minor, name, &app_mech, &mine);
    app_complete(major, minor);
    app_release_name(&name);
    return mine;
}

gss_buffer_desc decision_value(gss_name_t name, const char *urn, unsigned i)
{
    gss_buffer_desc attr = app_of_text(urn), value = GSS_C_EMPTY_BUFFER;
    int authenticated, complete, more = -1;
    OM_uint32 minor;

    for (unsigned at = 0; more != 0; at++) {
        if (gss_get_name_attribute(&minor, name, &attr, &authenticated, &complete, &value, NULL,
                                   &more) != GSS_S_COMPLETE)
            break;
        if (at == i)
            return value;
        app_release(&value);
    }
    return (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
}

/* With neither value nor text where there is no such attribute. */
const char *decision_values(gss_name_t name, const char *urn, int *authenticated)
{
    gss_buffer_desc attr = app_of_text(urn), value, shown;
    int complete, more = -1;
    const char *all = "";
    OM_uint32 minor;

    *authenticated = -1;
    while (more != 0) {
        if (gss_get_name_attribute(&minor, name, &attr, authenticated, &complete, &value, &shown,
                                   &more) != GSS_S_COMPLETE) {
            ck_assert_int_eq(more, 0);
            ck_assert_uint_eq(value.length + shown.length, 0);
            break;
        }
        ck_assert_int_eq(complete, 1);
        ck_assert_uint_gt(shown.length, 0);
        all = textf("%s%.*s\n", all, (int)value.length, (char *)value.value);
        app_release(&value);
        app_release(&shown);
    }
    return all;
}

void decision_check_login(gss_name_t name, const char *user)
{
    static const char *const candidates[] = {"alice", "bob", "root", "www", ""};
    const char *shown = app_shown(name);
    gss_buffer_desc local = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_localname(&minor, name, &app_mech, &local);
    int authenticated;

    if (user != NULL)
        app_complete(major, minor);
    ck_assert_msg(GSS_ERROR(major) == 0 ? user != NULL : user == NULL, "%s", shown);
    ck_assert_msg(local.length == (user != NULL ? strlen(user) : 0) &&
                      (user == NULL || memcmp(local.value, user, local.length) == 0),
                  "\"%.*s\", expected %s", (int)local.length, (char *)local.value, user);
    app_release(&local);
    ck_assert_str_eq(decision_values(name, "local-login-user", &authenticated),
                     user != NULL ? textf("%s\n", user) : "");
    for (size_t i = 0; i < ROWS(candidates) + 2; i++) {
        const char *as = i < ROWS(candidates)   ? candidates[i]
                         : i > ROWS(candidates) ? shown
                         : user != NULL         ? user
                                                : "nobody";
        bool may = user != NULL && strcmp(user, as) == 0;
        gss_name_t local_name = as[0] != '\0' ? app_name(as, GSS_C_NT_USER_NAME) : GSS_C_NO_NAME;

        ck_assert_msg((gss_userok(name, as) == 1) == may, "%s as \"%s\"", shown, as);
        if (local_name != GSS_C_NO_NAME)
            ck_assert_msg((gss_authorize_localname(&minor, name, local_name) == GSS_S_COMPLETE) ==
                              may,
                          "%s as \"%s\"", shown, as);
        app_release_name(&local_name);
    }
}

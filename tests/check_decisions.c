/* Who is believed to be whom: a table of decisions, each made by two contexts through MIT's
 * mechglue, with keys and certificates as people have them. Then what an acceptor can learn of the
 * name that it was given (RFC 6680), and where such a name may go.
 *
 * Environment: as gss_support.h says; srcdir, where tests/x509_fixtures.sh is. */
#include "decision_support.h"
#include "gss_pair.h"

#include <stdio.h>

/* Where a decision is no. */
enum refusal {
    NOWHERE,
    AT_INITIATOR, /* its credential is not acquired */
    AT_ACCEPTOR,  /* its credential is not acquired */
    AT_START,     /* the initiator does not even begin */
    AT_MESSAGE_1, /* by the acceptor */
    AT_SUITES,    /* by the initiator, when the acceptor tells its suites */
    AT_MESSAGE_2, /* by the initiator */
    AT_MESSAGE_3, /* by the acceptor, when the initiator is done unless it waits for message_4 */
};

struct decision {
    const char *what;
    struct decision_side i, a;
    const char *target; /* NULL: WEB */
    /* Yes: */
    const char *client; /* who the acceptor is told it is */
    const char *server; /* who the initiator is told it is; NULL: "service " WEB */
    const char *local;  /* whom the client may log in as; NULL: nobody */
    int i_days, a_days; /* of lifetime, at most, and no two less; 0: indefinite */
    /* No: */
    enum refusal no;
    edhoc_err err;
    const char *says; /* in the details; $T is the trust file of who says it */
};

/* ---- columns that come again and again ---- */

#define OPEN(key)                                                                                  \
    {                                                                                              \
        .identity = "web-x25519", .trust = "alice {" key "}\n"                                     \
    }
#define TO_WEB                                                                                     \
    {                                                                                              \
        .identity = "alice-x25519", .trust = WEB " {web-x25519}\n"                                 \
    }
#define RAW(client, serv)                                                                          \
    {                                                                                              \
        .identity = client, .trust = WEB " {" serv "}\n"                                           \
    }
#define KNOWS(serv, cl)                                                                            \
    {                                                                                              \
        .identity = serv, .trust = "alice {" cl "}\n"                                              \
    }
/* An acceptor whose one line for alice's X25519 key is this. */
#define LINE(line)                                                                                 \
    {                                                                                              \
        .identity = "web-x25519", .trust = line " {alice-x25519}\n"                                \
    }
/* An initiator whose one line for the X25519 key of WEB is this. */
#define PIN(line)                                                                                  \
    {                                                                                              \
        .identity = "alice-x25519", .trust = line " {web-x25519}\n"                                \
    }

#define BY_CA                                                                                      \
    {                                                                                              \
        .identity = "alice-x25519", .anchors = ANCHORS                                             \
    }
#define BY_CA_HIDDEN                                                                               \
    {                                                                                              \
        .identity = "alice-x25519", .anchors = ANCHORS, .options = "hide-target"                   \
    }
#define BY_CA_CRLS                                                                                 \
    {                                                                                              \
        .identity = "alice-x25519", .anchors = ANCHORS, .crls = "x/crls.pem"                       \
    }
#define CERT(name)                                                                                 \
    {                                                                                              \
        .identity = "x/" name ".pem", .trust = "alice {alice-x25519}\n"                            \
    }

#define HOLDER(name)                                                                               \
    {                                                                                              \
        .identity = "x/" name ".pem", .trust = WEB " {web-x25519}\n"                               \
    }
#define CA                                                                                         \
    {                                                                                              \
        .identity = "web-x25519", .anchors = ANCHORS                                               \
    }
#define CA_CRLS                                                                                    \
    {                                                                                              \
        .identity = "web-x25519", .anchors = ANCHORS, .crls = "x/crls.pem"                         \
    }

#define ALICE          .client = "user alice", .local = "alice"
#define DAYS(n)        .i_days = n, .a_days = n
#define NO(where, why) .no = where, .err = EDHOC_ERR_##why

static const struct decision raw_keys[] = {
    {"X25519", RAW("alice-x25519", "web-x25519"), KNOWS("web-x25519", "alice-x25519"), ALICE},
    {"X448", RAW("alice-x448", "web-x448"), KNOWS("web-x448", "alice-x448"), ALICE},
    {"P-256, DH", RAW("alice-p256dh", "web-p256dh"), KNOWS("web-p256dh", "alice-p256dh"), ALICE},
    {"P-384, DH", RAW("alice-p384dh", "web-p384dh"), KNOWS("web-p384dh", "alice-p384dh"), ALICE},
    {"Ed25519", RAW("alice-ed25519", "web-ed25519"), KNOWS("web-ed25519", "alice-ed25519"), ALICE},
    {"Ed448", RAW("alice-ed448", "web-ed448"), KNOWS("web-ed448", "alice-ed448"), ALICE},
    {"P-256", RAW("alice-p256", "web-p256"), KNOWS("web-p256", "alice-p256"), ALICE},
    {"P-384", RAW("alice-p384", "web-p384"), KNOWS("web-p384", "alice-p384"), ALICE},
    {"Ed25519, X25519", RAW("alice-ed25519", "web-x25519"), KNOWS("web-x25519", "alice-ed25519"),
     ALICE},
    {"X25519, P-256", RAW("alice-x25519", "web-p256"), KNOWS("web-p256", "alice-x25519"), ALICE},
    {"P-256, X25519", RAW("alice-p256", "web-x25519"), KNOWS("web-x25519", "alice-p256"), ALICE},
    {"Ed448, X448", RAW("alice-ed448", "web-x448"), KNOWS("web-x448", "alice-ed448"), ALICE},
    {"P-384 DH, P-384", RAW("alice-p384dh", "web-p384"), KNOWS("web-p384", "alice-p384dh"), ALICE},
    {"nothing joins X448 and X25519", RAW("alice-x448", "web-x25519"), OPEN("alice-x448"),
     NO(AT_START, NO_SUITE), .says = "$T line 1"},
    {"nothing joins Ed25519 and P-256", RAW("alice-ed25519", "web-p256"),
     KNOWS("web-p256", "alice-ed25519"), NO(AT_START, NO_SUITE), .says = "keygen -t x25519"},
    {"the suites are not the key's",
     {.identity = "alice-x25519", .suites = "24", .trust = WEB " {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_START, NO_SUITE),
     .says = "ecdh-x25519"},
    {"the second suite is taken",
     {.identity = "alice-x25519", .suites = "6,4", .trust = WEB " {web-x25519}\n"},
     {.identity = "web-x25519", .suites = "4", .trust = "alice {alice-x25519}\n"},
     ALICE},
    {"no suite in common",
     {.identity = "alice-x25519", .suites = "6", .trust = WEB " {web-x25519}\n"},
     {.identity = "web-x25519", .suites = "4", .trust = "alice {alice-x25519}\n"},
     NO(AT_SUITES, NO_COMMON_SUITE),
     .says = "keygen -t x25519"},
    {"the acceptor's suites are not its key's",
     TO_WEB,
     {.identity = "web-x25519", .suites = "24", .trust = "alice {alice-x25519}\n"},
     NO(AT_MESSAGE_1, NO_SUITE),
     .says = "METHOD 3"},
    {"short tags, because configured",
     {.identity = "alice-p256dh", .suites = "2", .trust = WEB " {web-p256dh}\n"},
     {.identity = "web-p256dh", .suites = "2", .trust = "alice {alice-p256dh}\n"},
     ALICE},
    {"no such suite",
     {.identity = "alice-x25519", .suites = "7"},
     OPEN("alice-x25519"),
     NO(AT_INITIATOR, SETTING),
     .says = "edhoc_suites"},
    {"no key",
     {.identity = "nowhere"},
     OPEN("alice-x25519"),
     NO(AT_INITIATOR, NO_IDENTITY),
     .says = "nowhere does not exist"},
    {"a key that is over",
     {.identity = "old", .trust = WEB " {web-x25519}\n"},
     OPEN("old"),
     NO(AT_START, OWN_EXPIRED),
     .says = "has expired"},
    {"a service key that is over", TO_WEB, KNOWS("old-web", "alice-x25519"),
     NO(AT_MESSAGE_1, NO_SUITE), .says = "has not expired"},
};

static const struct decision openssh[] = {
    {"Ed25519", RAW("ssh-ed25519", "web-x25519"), KNOWS("web-x25519", "ssh-ed25519"), ALICE},
    {"P-256", RAW("ssh-p256", "web-x25519"), KNOWS("web-x25519", "ssh-p256"), ALICE},
    {"P-384", RAW("ssh-p384", "web-p384dh"), KNOWS("web-p384dh", "ssh-p384"), ALICE},
    {"a host's key",
     {.identity = "alice-x25519", .trust = "host@web.example.org {ssh_host_ed25519_key}\n"},
     KNOWS("ssh_host_ed25519_key", "alice-x25519"),
     .target = "host@web.example.org",
     .server = "service host@web.example.org",
     ALICE},
    {"two names",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "alice,bob {ssh-ed25519}\n"},
     NO(AT_MESSAGE_3, NO_PEER_NAME),
     .says = "$T line 1"},
    {"two names on two lines",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "alice {ssh-ed25519}\nbob {ssh-ed25519}\n"},
     NO(AT_MESSAGE_3, NO_PEER_NAME),
     .says = "one name without wildcards"},
    {"the same name twice",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "alice {ssh-ed25519}\nalice {ssh-ed25519}\n"},
     ALICE},
    {"a pattern is no name",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "al* client {ssh-ed25519}\n"},
     NO(AT_MESSAGE_3, NO_PEER_NAME),
     .says = "$T line 1"},
    {"a name beside a pattern",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "*@corp,alice client {ssh-ed25519}\n"},
     ALICE},
    {"a name that is excluded again",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "bob,alice,!bob {ssh-ed25519}\n"},
     ALICE},
    {"the other name's line is over",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519",
      .trust = "bob valid-before=\"20200101\" {ssh-ed25519}\nalice {ssh-ed25519}\n"},
     ALICE},
    {"the other name is a server's",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "bob server {ssh-ed25519}\nalice {ssh-ed25519}\n"},
     ALICE},
    {"nobody knows it",
     RAW("ssh-ed25519", "web-x25519"),
     {.identity = "web-x25519", .trust = "alice {alice-ed25519}\n"},
     NO(AT_MESSAGE_3, UNKNOWN_KEY),
     .says = "ssh-ed25519 key (kid "},
    {"RSA",
     {.identity = "ssh-rsa"},
     OPEN("ssh-ed25519"),
     NO(AT_INITIATOR, KEY_FORMAT),
     .says = "RSA"},
    {"P-521",
     {.identity = "ssh-p521"},
     OPEN("ssh-ed25519"),
     NO(AT_INITIATOR, KEY_FORMAT),
     .says = "ssh-p521"},
    {"encrypted",
     {.identity = "ssh-secret"},
     OPEN("ssh-ed25519"),
     NO(AT_INITIATOR, KEY_FORMAT),
     .says = "ssh-agent"},
    {"RSA in the trust file",
     TO_WEB,
     {.identity = "web-x25519", .trust = "# ours\nalice {ssh-rsa}\n"},
     NO(AT_MESSAGE_3, UNKNOWN_KEY),
     .says = "no line in $T pins"},
    {"RSA beside others in the trust file",
     TO_WEB,
     {.identity = "web-x25519", .trust = "alice {ssh-rsa}\nalice {alice-x25519}\n"},
     ALICE},
};

static const struct decision by_reference[] = {
    {"both",
     {.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     {.identity = "web-x25519", .trust = "alice {alice-x25519}\n", .options = "cred-by-reference"},
     ALICE},
    {"signatures",
     {.identity = "alice-p256", .trust = WEB " {web-p256}\n", .options = "cred-by-reference"},
     {.identity = "web-p256", .trust = "alice {alice-p256}\n", .options = "cred-by-reference"},
     ALICE},
    {"a client that nobody knows",
     {.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     OPEN("bob"),
     NO(AT_MESSAGE_3, UNKNOWN_KEY),
     .says = "$T"},
    {"a server that nobody knows",
     RAW("alice-x25519", "mallory"),
     {.identity = "web-x25519", .trust = "alice {alice-x25519}\n", .options = "cred-by-reference"},
     NO(AT_MESSAGE_2, UNKNOWN_KEY),
     .says = "without cred-by-reference"},
    {"two names",
     {.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     {.identity = "web-x25519", .trust = "alice,bob {alice-x25519}\n"},
     NO(AT_MESSAGE_3, NO_PEER_NAME),
     .says = "$T line 1"},
    {"the pin's name, not the key's own",
     {.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     LINE("bob"),
     .client = "user bob",
     .local = "bob"},
    {"pinned for the other use",
     {.identity = "alice-p256", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     OPEN("alice-p256-dh"),
     NO(AT_MESSAGE_3, WRONG_KIND),
     .says = "$T line 1 pins it as ecdh-"},
    {"certificates come by value all the same",
     {.identity = "x/email.pem", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     CA,
     .client = "user bob@corp.example",
     DAYS(365)},
};

static const struct decision whom[] = {
    {"a pattern", PIN("*@web.example.org server"), OPEN("alice-x25519"), ALICE},
    {"a pattern of one character", PIN("HTTP@we?.example.org server"), OPEN("alice-x25519"), ALICE},
    {"the second of a list", PIN("HTTP@db.example.org," WEB), OPEN("alice-x25519"), ALICE},
    {"upper case in the pin's host", PIN("HTTP@WEB.example.ORG"), OPEN("alice-x25519"), ALICE},
    {"upper case and a dot in the target's host", TO_WEB, OPEN("alice-x25519"),
     .target = "HTTP@WEB.Example.Org.", ALICE},
    {"services are spelled exactly", TO_WEB, OPEN("alice-x25519"), .target = "http@web.example.org",
     NO(AT_START, NO_TRUST), .says = "http@web.example.org in $T"},
    {"another host", TO_WEB, OPEN("alice-x25519"), .target = "HTTP@db.example.org",
     NO(AT_START, NO_TRUST), .says = "gss-edhoc show"},
    {"excluded by !", PIN("HTTP@*,!" WEB " server"), OPEN("alice-x25519"), NO(AT_START, NO_TRUST),
     .says = WEB " in $T"},
    {"excluded by ! in upper case", PIN("HTTP@*,!HTTP@WEB.example.org server"),
     OPEN("alice-x25519"), NO(AT_START, NO_TRUST), .says = "$T"},
    {"an empty trust file",
     {.identity = "alice-x25519"},
     OPEN("alice-x25519"),
     NO(AT_START, NO_TRUST),
     .says = "$T"},
    {"pinned to another key", RAW("alice-x25519", "mallory"), OPEN("alice-x25519"),
     NO(AT_MESSAGE_2, UNKNOWN_KEY), .says = "no line in $T pins the ecdh-x25519 key (kid "},
    {"the key of another service",
     {.identity = "alice-x25519", .trust = WEB " {mallory}\nHTTP@db.example.org {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_MESSAGE_2, WRONG_NAME),
     .says = "$T line 2 pins it to \"HTTP@db.example.org\", not to \"" WEB "\""},
    {"the key of a client",
     {.identity = "alice-x25519", .trust = WEB " {mallory}\n" WEB " client {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_MESSAGE_2, WRONG_ROLE),
     .says = "$T line 2 does not allow it as a server; add the option server"},
    {"no line for a server", PIN(WEB " client"), OPEN("alice-x25519"), NO(AT_START, NO_TRUST),
     .says = "$T"},
    {"the pin is over", PIN("# note\n\n" WEB " valid-before=\"20200101\""), OPEN("alice-x25519"),
     NO(AT_START, TRUST_EXPIRED), .says = "$T line 3; renew its valid-before"},
    {"the pin has not begun", PIN(WEB " valid-after=\"{+2}\""), OPEN("alice-x25519"),
     NO(AT_START, TRUST_NOT_YET), .says = "$T line 1; see its valid-after"},
    {"the old key, after a new one",
     {.identity = "alice-x25519",
      .trust = WEB " {mallory}\n" WEB " valid-before=\"{-1}\" {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_MESSAGE_2, TRUST_EXPIRED),
     .says = "$T line 2"},
    {"the new key, after an old one",
     {.identity = "alice-x25519",
      .trust = WEB " valid-before=\"{-1}\" {mallory}\n" WEB " {web-x25519}\n"},
     OPEN("alice-x25519"),
     ALICE},
    {"the pin ends", PIN(WEB " valid-before=\"{+30}\""), OPEN("alice-x25519"), .i_days = 30, ALICE},
    {"both pins end", PIN(WEB " valid-before=\"{+30}\""), LINE("alice valid-before=\"{+3}\""),
     .i_days = 30, .a_days = 3, ALICE},
    {"a pattern without a role", PIN("*@web.example.org"), OPEN("alice-x25519"),
     NO(AT_START, TRUST_SYNTAX), .says = "$T line 1"},
    {"one name for two kinds of key",
     {.identity = "alice-x25519", .trust = WEB " {mallory-p256}\n" WEB " {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_MESSAGE_1, NO_SUITE),
     .says = "signature key"},
    {"used for DH, pinned for signatures",
     {.identity = "alice-p256dh", .trust = WEB " {mallory-p256dh}\n" WEB " {web-p256}\n"},
     KNOWS("web-p256-dh", "alice-p256dh"),
     NO(AT_MESSAGE_2, WRONG_KIND),
     .says = "$T line 2 pins it as ecdsa-sha2-nistp256"},
    {"pinned for both, and the first line counts",
     {.identity = "alice-p256", .trust = WEB " {web-p256}\n" WEB " {web-p256-dh}\n"},
     KNOWS("web-p256", "alice-p256"),
     ALICE},
    {"pinned for both, and the other use came first",
     {.identity = "alice-p256dh",
      .trust = "x {web-p256-dh}\n" WEB " {web-p256}\n" WEB " {mallory-p256}\n"},
     KNOWS("web-p256", "alice-p256dh"),
     NO(AT_MESSAGE_2, WRONG_KIND),
     .says = "$T line 1"},
    {"on a line that nobody understands",
     {.identity = "alice-x25519",
      .trust = WEB " admin {web-x25519}\nldap@web.example.org {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_START, TRUST_SYNTAX),
     .says = "$T line 1: \"admin\""},
    {"with a broken line beside it",
     {.identity = "alice-x25519",
      .trust = "ldap@web.example.org admin {web-x25519}\n" WEB " {web-x25519}\n"},
     OPEN("alice-x25519"),
     ALICE},
    {"with a certificate, whose name is on a line that nobody understands",
     {.identity = "alice-x25519",
      .trust = "*@web.example.org admin {web-x25519}\n" WEB " valid-before=\"{-1}\" {web-p256}\n",
      .anchors = ANCHORS},
     CERT("web"),
     NO(AT_START, TRUST_EXPIRED),
     .says = "$T line 2"},
    {"the acceptor is another service", PIN("ldap@web.example.org"), OPEN("alice-x25519"),
     .target = "ldap@web.example.org", NO(AT_MESSAGE_1, TARGET), .says = "ldap@web.example.org"},
    {"the acceptor is another service, hidden",
     {.identity = "alice-x25519",
      .trust = "ldap@web.example.org {web-x25519}\n",
      .options = "hide-target"},
     OPEN("alice-x25519"),
     .target = "ldap@web.example.org",
     NO(AT_MESSAGE_3, TARGET),
     .says = "\"ldap@web.example.org\" was asked for, hidden"},
    {"a hidden target",
     {.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "hide-target"},
     OPEN("alice-x25519"),
     ALICE},
    {"acquired for the service",
     TO_WEB,
     {.identity = "web-x25519", .trust = "alice {alice-x25519}\n", .desired = WEB},
     ALICE},
    {"acquired for another service",
     TO_WEB,
     {.identity = "web-x25519", .desired = "ldap@web.example.org"},
     NO(AT_ACCEPTOR, NO_IDENTITY),
     .says = "not for ldap@web.example.org"},
    {"a user",
     {.identity = "alice-x25519", .trust = "bob {bob}\n"},
     KNOWS("bob", "alice-x25519"),
     .target = "bob",
     .server = "user bob",
     ALICE},
    {"ourselves",
     {.identity = "alice-x25519", .trust = "alice {alice-x25519}\n"},
     KNOWS("alice-x25519", "alice-x25519"),
     .target = "alice",
     NO(AT_MESSAGE_2, REFLECTED),
     .says = "two endpoints need two keys"},
};

static const struct decision clients[] = {
    {"whose key nobody knows", RAW("stranger", "web-x25519"), OPEN("alice-x25519"),
     NO(AT_MESSAGE_3, UNKNOWN_KEY), .says = "no line in $T pins the ecdh-x25519 key (kid "},
    {"an empty trust file",
     TO_WEB,
     {.identity = "web-x25519"},
     NO(AT_MESSAGE_3, UNKNOWN_KEY),
     .says = "$T"},
    {"who calls itself another", TO_WEB, LINE("bob"), NO(AT_MESSAGE_3, WRONG_NAME),
     .says = "$T line 1 pins it to \"bob\", not to \"alice\""},
    {"in upper case", RAW("capital", "web-x25519"), OPEN("capital"), NO(AT_MESSAGE_3, WRONG_NAME),
     .says = "not to \"Alice\""},
    {"anybody", TO_WEB, LINE("* client"), .client = "user alice"},
    {"a pattern", TO_WEB, LINE("a?ic* client"), .client = "user alice"},
    {"a list", TO_WEB, LINE("bob,alice,carol"), ALICE},
    {"anybody but alice", TO_WEB, LINE("*,!alice client"), NO(AT_MESSAGE_3, WRONG_NAME),
     .says = "$T line 1"},
    {"who is a server", TO_WEB, LINE("alice server"), NO(AT_MESSAGE_3, WRONG_ROLE),
     .says = "$T line 1 does not allow it as a client; add the option client"},
    {"whose line is over", TO_WEB, LINE("# clients\n\nalice valid-before=\"{-1}\""),
     NO(AT_MESSAGE_3, TRUST_EXPIRED), .says = "$T line 3; renew its valid-before"},
    {"whose line has not begun", TO_WEB, LINE("alice valid-after=\"{+1}\""),
     NO(AT_MESSAGE_3, TRUST_NOT_YET), .says = "$T line 1; see its valid-after"},
    {"whose line ends", TO_WEB, LINE("alice valid-after=\"{-1}\",valid-before=\"{+30}\""),
     .a_days = 30, ALICE},
    {"whose line was renewed",
     TO_WEB,
     {.identity = "web-x25519",
      .trust = "alice valid-before=\"{-1}\" {alice-x25519}\nalice {alice-x25519}\n"},
     ALICE},
    {"the line that came furthest is told",
     TO_WEB,
     {.identity = "web-x25519",
      .trust = "alice server {alice-x25519}\nbob {alice-x25519}\ncarol server {alice-x25519}\n"},
     NO(AT_MESSAGE_3, WRONG_NAME),
     .says = "$T line 2"},
    {"with a user of its own", TO_WEB, LINE("alice local-user=\"www\""), .client = "user alice",
     .local = "www"},
    {"of a realm",
     RAW("mail", "web-x25519"),
     {.identity = "web-x25519", .trust = "alice@example.org {mail}\n"},
     .client = "user alice@example.org"},
    {"of a realm, with a user",
     RAW("mail", "web-x25519"),
     {.identity = "web-x25519", .trust = "*@example.org client,local-user=\"alice\" {mail}\n"},
     .client = "user alice@example.org",
     .local = "alice"},
    {"with an instance",
     RAW("slash", "web-x25519"),
     {.identity = "web-x25519", .trust = "host/admin {slash}\n"},
     .client = "user host/admin"},
    {"who is a service",
     RAW("db", "web-x25519"),
     {.identity = "web-x25519", .trust = "postgres@db.example.org {db}\n"},
     .client = "user postgres@db.example.org"},
    {"for our namespace", TO_WEB, LINE("alice namespaces=\"gss-edhoc\""), ALICE},
    {"for another namespace", TO_WEB, LINE("alice namespaces=\"git\""),
     NO(AT_MESSAGE_3, UNKNOWN_KEY), .says = "no line in $T pins"},
    {"of an OpenSSH authority", TO_WEB, LINE("bob {bob}\nalice cert-authority"),
     NO(AT_MESSAGE_3, UNKNOWN_KEY), .says = "$T line 2: a key of type \"ecdh-x25519\""},
    {"on a line that nobody understands", TO_WEB,
     LINE("alice {alice-x448}\nbob x {bob}\nalice admin"), NO(AT_MESSAGE_3, UNKNOWN_KEY),
     .says = "$T line 3: \"admin\""},
    {"with a typo elsewhere", TO_WEB, LINE("bob admin {bob}\nalice"), ALICE},
    {"on a line whose names nobody can tell", TO_WEB, LINE("bob {bob}\nalice, bob"),
     NO(AT_ACCEPTOR, TRUST_SYNTAX), .says = "$T line 2"},
    {"pinned for the other use", RAW("alice-p256", "web-x25519"), OPEN("alice-p256-dh"),
     NO(AT_MESSAGE_3, WRONG_KIND), .says = "$T line 1 pins it as ecdh-nistp256"},
    {"pinned for both",
     TO_WEB,
     {.identity = "web-x25519",
      .trust = "bob {alice-x25519}\nalice {alice-p256}\nalice {alice-p256-dh}\n"},
     NO(AT_MESSAGE_3, WRONG_NAME),
     .says = "line 3: this key is pinned as ecdsa-sha2-nistp256 on "},
    {"with one of the acceptor's own keys",
     RAW("svc/40-ed.pem", "svc/10-web.pem"),
     {.identity = "svc", .trust = "HTTP@web.example.org {svc/40-ed.pem}\n"},
     NO(AT_MESSAGE_3, REFLECTED),
     .says = "svc/40-ed.pem is ours"},
};

static const struct decision server_certificates[] = {
    {"P-256", BY_CA, CERT("web"), ALICE, DAYS(365)},
    {"P-384",
     {.identity = "alice-p384dh", .anchors = ANCHORS},
     {.identity = "x/web384.pem", .trust = "alice {alice-p384dh}\n"},
     ALICE,
     DAYS(365)},
    {"Ed25519", BY_CA, CERT("web25519"), ALICE, DAYS(365)},
    {"Ed448",
     {.identity = "alice-x448", .anchors = ANCHORS},
     {.identity = "x/web448.pem", .trust = "alice {alice-x448}\n"},
     ALICE,
     DAYS(365)},
    {"nothing joins Ed25519 and P-256",
     {.identity = "alice-ed25519", .anchors = ANCHORS},
     {.identity = "x/web.pem", .trust = "alice {alice-ed25519}\n"},
     NO(AT_SUITES, NO_COMMON_SUITE),
     .says = "keygen -t x25519"},
    {"without a CA between", BY_CA, CERT("direct"), ALICE, DAYS(365)},
    {"in a file of its own",
     BY_CA,
     {.identity = "x/bare.key", .certificate = "x/web.chain", .trust = "alice {alice-x25519}\n"},
     ALICE,
     DAYS(365)},
    {"another key's",
     BY_CA,
     {.identity = "x/direct.key", .certificate = "x/web.chain"},
     NO(AT_ACCEPTOR, KEY_FORMAT),
     .says = "not for this private key"},
    {"without extended key usage", BY_CA, CERT("plain"), ALICE, DAYS(365)},
    {"for any usage", BY_CA, CERT("anyeku"), ALICE, DAYS(365)},
    {"signed by an RSA CA", BY_CA, CERT("byrsa"), ALICE, DAYS(365)},
    {"for every service of the host", BY_CA, CERT("web"), .target = "ldap@web.example.org",
     .server = "service ldap@web.example.org", ALICE, DAYS(365)},
    {"a wildcard", BY_CA, CERT("web"), .target = "HTTP@a.wild.example.org",
     .server = "service HTTP@a.wild.example.org", ALICE, DAYS(365)},
    {"a wildcard is one label", BY_CA_HIDDEN, CERT("web"), .target = "HTTP@a.b.wild.example.org",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "a.b.wild.example.org"},
    {"a wildcard is not nothing", BY_CA_HIDDEN, CERT("web"), .target = "HTTP@wild.example.org",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "wild.example.org"},
    {"a wildcard is a whole label", BY_CA_HIDDEN, CERT("partial"), NO(AT_MESSAGE_2, CERT_NAME),
     .says = "web.example.org"},
    {"a wildcard is not for all", BY_CA_HIDDEN, CERT("toplevel"), .target = "HTTP@example.org",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "example.org"},
    {"IPv4", BY_CA, CERT("web"), .target = "HTTP@127.0.0.1", .server = "service HTTP@127.0.0.1",
     ALICE, DAYS(365)},
    {"IPv6", BY_CA, CERT("web"), .target = "HTTP@::1", .server = "service HTTP@::1", ALICE,
     DAYS(365)},
    {"another address", BY_CA_HIDDEN, CERT("web"), .target = "HTTP@127.0.0.2",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "127.0.0.2"},
    {"an address as a name", BY_CA_HIDDEN, CERT("dnsip"), .target = "HTTP@127.0.0.1",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "127.0.0.1"},
    {"another host", BY_CA_HIDDEN, CERT("web"), .target = "HTTP@other.example.org",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "\"other.example.org\""},
    {"another host, which the acceptor notices", BY_CA, CERT("web"),
     .target = "HTTP@other.example.org", NO(AT_MESSAGE_1, TARGET),
     .says = "HTTP@other.example.org"},
    {"the subject is no host", BY_CA_HIDDEN, CERT("cnonly"), NO(AT_MESSAGE_2, CERT_NAME),
     .says = "web.example.org"},
    {"a user is no host", BY_CA_HIDDEN, CERT("web"), .target = "web.example.org",
     NO(AT_MESSAGE_2, CERT_NAME), .says = "web.example.org"},
    {"of a stranger's CA", BY_CA, CERT("foreign"), NO(AT_MESSAGE_2, CERT_UNTRUSTED),
     .says = "x/anchors.pem"},
    {"of nobody", BY_CA, CERT("selfsigned"), NO(AT_MESSAGE_2, CERT_UNTRUSTED),
     .says = "pin its key instead"},
    {"without its issuer's", BY_CA, CERT("alone"), NO(AT_MESSAGE_2, CERT_UNTRUSTED),
     .says = "intermediate certificates"},
    {"whose issuer is an anchor",
     {.identity = "alice-x25519", .anchors = "x/sub.crt"},
     CERT("alone"),
     ALICE,
     DAYS(365)},
    {"whose issuer is an anchor, with that one's CRL",
     {.identity = "alice-x25519", .anchors = "x/sub.crt", .crls = "x/sub.crl"},
     CERT("alone"),
     ALICE,
     DAYS(365)},
    {"whose issuer is an anchor, without its CRL",
     {.identity = "alice-x25519", .anchors = "x/sub.crt", .crls = "x/root.crl"},
     CERT("alone"),
     NO(AT_MESSAGE_2, CERT_CRL),
     .says = "\"CN=web\""},
    {"without anchors, but pinned", RAW("alice-x25519", "mallory-p256"), CERT("web"),
     NO(AT_MESSAGE_2, UNKNOWN_KEY), .says = "$T line 1"},
    {"without anchors",
     {.identity = "alice-x25519"},
     CERT("web"),
     NO(AT_START, NO_TRUST),
     .says = "$T"},
    {"of today", BY_CA, CERT("week"), ALICE, DAYS(7)},
    {"which its CA does not outlive", BY_CA, CERT("undershort"), .i_days = 20, .a_days = 365,
     ALICE},
    {"of last month", BY_CA, CERT("expired"), NO(AT_MESSAGE_1, NO_SUITE),
     .says = "has not expired"},
    {"of next month", BY_CA, CERT("early"), NO(AT_MESSAGE_2, CERT_NOT_YET), .says = "\"CN=early\""},
    {"of last month's CA", BY_CA, CERT("underold"), NO(AT_MESSAGE_2, CERT_EXPIRED),
     .says = "\"CN=Old Sub CA\""},
    {"not revoked", BY_CA_CRLS, CERT("web"), ALICE, DAYS(365)},
    {"revoked", BY_CA_CRLS, CERT("revoked"), NO(AT_MESSAGE_2, CERT_REVOKED),
     .says = "\"CN=revoked\""},
    {"revoked, but nobody looks", BY_CA, CERT("revoked"), ALICE, DAYS(365)},
    {"without its CA's CRL",
     {.identity = "alice-x25519", .anchors = ANCHORS, .crls = "x/root.crl"},
     CERT("web"),
     NO(AT_MESSAGE_2, CERT_CRL),
     .says = "to the CRL file"},
    {"with last month's CRL",
     {.identity = "alice-x25519", .anchors = ANCHORS, .crls = "x/stale.pem"},
     CERT("web"),
     NO(AT_MESSAGE_2, CERT_CRL),
     .says = "fetch a new CRL"},
    {"without the root's CRL",
     {.identity = "alice-x25519", .anchors = ANCHORS, .crls = "x/sub.crl"},
     CERT("web"),
     NO(AT_MESSAGE_2, CERT_CRL),
     .says = "\"CN=Test Sub CA\""},
    {"of a CA that was revoked",
     {.identity = "alice-x25519", .anchors = ANCHORS, .crls = "x/nosub.pem"},
     CERT("web"),
     NO(AT_MESSAGE_2, CERT_REVOKED),
     .says = "\"CN=Test Sub CA\""},
    {"CRLs without anchors",
     {.identity = "alice-x25519", .crls = "x/crls.pem", .trust = WEB " {web-x25519}\n"},
     OPEN("alice-x25519"),
     NO(AT_INITIATOR, SETTING),
     .says = "crls without anchors"},
    {"a leaf is no anchor",
     {.identity = "alice-x25519", .anchors = "x/web.crt"},
     CERT("web"),
     NO(AT_START, KEY_FORMAT),
     .says = "x/web.crt"},
    {"for clients", BY_CA, CERT("email"), .target = "HTTP@laptop.example.org",
     NO(AT_MESSAGE_2, CERT_PURPOSE), .says = "server authentication"},
    {"for key agreement", BY_CA, CERT("agreement"), NO(AT_MESSAGE_2, CERT_PURPOSE),
     .says = "digitalSignature"},
    {"of a CA for clients", BY_CA, CERT("serverofclientca"), NO(AT_MESSAGE_2, CERT_PURPOSE),
     .says = "or its issuer"},
    {"within the CA's names", BY_CA, CERT("inside"), .target = "HTTP@www.allowed.example",
     .server = "service HTTP@www.allowed.example", ALICE, DAYS(365)},
    {"outside the CA's names", BY_CA, CERT("outside"), NO(AT_MESSAGE_2, CERT_BAD),
     .says = "permitted"},
    {"too far from the root", BY_CA, CERT("toodeep"), NO(AT_MESSAGE_2, CERT_BAD),
     .says = "path length"},
    {"issued by a leaf", BY_CA, CERT("notca"), NO(AT_MESSAGE_2, CERT_BAD), .says = "\"CN=web\""},
    {"with an unknown critical extension", BY_CA, CERT("critical"), NO(AT_MESSAGE_2, CERT_BAD),
     .says = "critical extension"},
    {"signed with SHA-1", BY_CA, CERT("bysha1"), NO(AT_MESSAGE_2, CERT_BAD), .says = "weak"},
    {"signed by a short RSA key",
     {.identity = "alice-x25519", .anchors = "x/weak.crt"},
     CERT("byweak"),
     NO(AT_MESSAGE_2, CERT_BAD),
     .says = "weak"},
    {"an RSA key", BY_CA, CERT("rsaleaf"), NO(AT_ACCEPTOR, KEY_FORMAT), .says = "RSA"},
    {"a pin is stronger",
     {.identity = "alice-x25519", .anchors = ANCHORS, .trust = WEB " {mallory-p256}\n"},
     CERT("web"),
     NO(AT_MESSAGE_2, UNKNOWN_KEY),
     .says = "$T line 1; remove that line"},
    {"a pattern is stronger, too",
     {.identity = "alice-x25519",
      .anchors = ANCHORS,
      .trust = "*@*.example.org server {mallory-p256}\n"},
     CERT("web"),
     NO(AT_MESSAGE_2, UNKNOWN_KEY),
     .says = "$T line 1; remove that line"},
    {"a pin of the certificate's own key",
     {.identity = "alice-x25519", .anchors = ANCHORS, .trust = WEB " {x/web}\n"},
     CERT("web"),
     ALICE,
     DAYS(365)},
    {"a pin that is over stays stronger",
     {.identity = "alice-x25519",
      .anchors = ANCHORS,
      .trust = WEB " valid-before=\"{-1}\" {mallory-p256}\n"},
     CERT("web"),
     NO(AT_START, TRUST_EXPIRED),
     .says = "$T line 1"},
    {"another service's pin is not",
     {.identity = "alice-x25519",
      .anchors = ANCHORS,
      .trust = "ldap@web.example.org {mallory-p256}\n"},
     CERT("web"),
     ALICE,
     DAYS(365)},
    {"a client's pin is not",
     {.identity = "alice-x25519", .anchors = ANCHORS, .trust = WEB " client {mallory-p256}\n"},
     CERT("web"),
     ALICE,
     DAYS(365)},
};

static const struct decision client_certificates[] = {
    {"UPN", HOLDER("upn"), CA, .client = "user alice@corp.example", DAYS(365)},
    {"email", HOLDER("email"), CA, .client = "user bob@corp.example", DAYS(365)},
    {"host", HOLDER("dns"), CA, .client = "service host@laptop.example.org", DAYS(365)},
    {"subject", HOLDER("subject"), CA, .client = "subject CN=Carol,O=Corp\\, Inc", DAYS(365)},
    {"a subject beyond ASCII", HOLDER("utf8"), CA, .client = "subject CN=Zo\xc3\xab", DAYS(365)},
    {"a wildcard is nobody's name", HOLDER("wildclient"), CA, .client = "subject CN=wildclient",
     DAYS(365)},
    {"a URI is no name", HOLDER("uriclient"), CA, .client = "subject CN=uriclient", DAYS(365)},
    {"the first of many", HOLDER("many"), CA, .client = "user first@corp.example", DAYS(365)},
    {"without extended key usage", HOLDER("clientplain"), CA, .client = "user dave@corp.example",
     DAYS(365)},
    {"for both", HOLDER("anyclient"), CA, .client = "user both@corp.example", DAYS(365)},
    {"P-384",
     RAW("x/mail384.pem", "web-p384dh"),
     {.identity = "web-p384dh", .anchors = ANCHORS},
     .client = "user carol@corp.example",
     DAYS(365)},
    {"Ed448",
     RAW("x/mail448.pem", "web-x448"),
     {.identity = "web-x448", .anchors = ANCHORS},
     .client = "user dora@corp.example",
     DAYS(365)},
    {"on both sides",
     {.identity = "x/upn.pem", .anchors = ANCHORS, .crls = "x/crls.pem"},
     {.identity = "x/web.pem", .anchors = ANCHORS, .crls = "x/crls.pem"},
     .client = "user alice@corp.example",
     DAYS(365)},
    {"on both sides, hidden",
     {.identity = "x/upn.pem", .anchors = ANCHORS, .options = "hide-target"},
     {.identity = "x/web.pem", .anchors = ANCHORS},
     .client = "user alice@corp.example",
     DAYS(365)},
    {"of today", HOLDER("weekclient"), CA, .client = "subject CN=weekclient", DAYS(7)},
    {"no name at all", HOLDER("nosubject"), CA, NO(AT_MESSAGE_3, NO_PEER_NAME),
     .says = "no SAN of use"},
    {"a UPN without a realm", HOLDER("badupn"), CA, NO(AT_MESSAGE_3, CRED_BAD), .says = "nodomain"},
    {"for servers",
     {.identity = "x/web.pem", .trust = WEB " {web-x25519}\n"},
     CA,
     NO(AT_MESSAGE_3, CERT_PURPOSE),
     .says = "client authentication"},
    {"of a stranger's CA", HOLDER("foreign"), CA, NO(AT_MESSAGE_3, CERT_UNTRUSTED),
     .says = "x/anchors.pem"},
    {"of nobody", HOLDER("selfsigned"), CA, NO(AT_MESSAGE_3, CERT_UNTRUSTED),
     .says = "pin its key instead"},
    {"without anchors", HOLDER("upn"), OPEN("alice-x25519"), NO(AT_MESSAGE_3, CERT_UNTRUSTED),
     .says = "pin the peer's key in $T"},
    {"of last month", HOLDER("oldclient"), CA, NO(AT_START, OWN_EXPIRED), .says = "has expired"},
    {"of next month", HOLDER("earlyclient"), CA, NO(AT_MESSAGE_3, CERT_NOT_YET),
     .says = "\"CN=earlyclient\""},
    {"of last month's CA", HOLDER("underoldclient"), CA, NO(AT_MESSAGE_3, CERT_EXPIRED),
     .says = "\"CN=Old Sub CA\""},
    {"a name that is no host", HOLDER("oddhost"), CA, NO(AT_MESSAGE_3, CRED_BAD), .says = "a@b"},
    {"not revoked", HOLDER("email"), CA_CRLS, .client = "user bob@corp.example", DAYS(365)},
    {"revoked", HOLDER("revokedclient"), CA_CRLS, NO(AT_MESSAGE_3, CERT_REVOKED),
     .says = "\"CN=revokedclient\""},
    {"without a CRL",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .crls = "x/root.crl"},
     NO(AT_MESSAGE_3, CERT_CRL),
     .says = "to the CRL file"},
    {"with last month's CRL",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .crls = "x/stale.pem"},
     NO(AT_MESSAGE_3, CERT_CRL),
     .says = "fetch a new CRL"},
    {"within the CA's names", HOLDER("mailinside"), CA, .client = "user eve@allowed.example",
     DAYS(365)},
    {"outside the CA's names", HOLDER("mailoutside"), CA, NO(AT_MESSAGE_3, CERT_BAD),
     .says = "permitted"},
    {"a UPN within the CA's names", HOLDER("upninside"), CA, .client = "user root@b.example",
     DAYS(365)},
    {"a UPN outside the CA's names", HOLDER("upnoutside"), CA, NO(AT_MESSAGE_3, CERT_BAD),
     .says = "\"root@a.example\" is outside the name constraints of \"CN=UPN CA\""},
    {"an RSA key", HOLDER("rsaleaf"), CA, NO(AT_INITIATOR, KEY_FORMAT), .says = "RSA"},
    {"a name that is pinned",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "carol,bob@corp.example {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "\"bob@corp.example\" is pinned to a key in $T line"},
    {"a name that is pinned in another spelling",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "BOB@corp.Example. {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "\"bob@corp.example\" is pinned to a key in $T line"},
    {"another spelling of a name that is pinned",
     HOLDER("spelt"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "bob@corp.example {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"a dot after a name that is pinned",
     HOLDER("dotted"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "bob@corp.example {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"a host that is pinned",
     HOLDER("dns"),
     {.identity = "web-x25519",
      .anchors = ANCHORS,
      .trust = "host@laptop.example.org client {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "\"host@laptop.example.org\" is pinned"},
    {"a subject that is pinned",
     HOLDER("weekclient"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "cn=weekclient client {bob}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"the pinned key itself",
     HOLDER("email"),
     {.identity = "web-x25519",
      .anchors = ANCHORS,
      .trust = "bob@corp.example client {bob}\n"
               "bob@corp.example client,valid-before=\"{+10}\" {x/email}\n"},
     .client = "user bob@corp.example",
     .i_days = 365,
     .a_days = 10},
    {"the pinned key itself, of a host",
     HOLDER("dns"),
     {.identity = "web-x25519",
      .anchors = ANCHORS,
      .trust = "host@laptop.example.org client {x/dns}\n"},
     .client = "service host@laptop.example.org",
     DAYS(365)},
    {"the pinned key itself, too late",
     HOLDER("email"),
     {.identity = "web-x25519",
      .anchors = ANCHORS,
      .trust = "bob@corp.example client,valid-before=\"{-1}\" {x/email}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"the pinned key itself, pinned as a server",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "bob@corp.example server {x/email}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"the pinned key itself, pinned to another name too",
     HOLDER("email"),
     {.identity = "web-x25519",
      .anchors = ANCHORS,
      .trust = "bob@corp.example client {bob}\nalice,*@corp.example client {x/email}\n"},
     NO(AT_MESSAGE_3, NAME_TAKEN),
     .says = "is pinned to a key in $T line 1"},
    {"the pinned key itself, without a CA",
     HOLDER("email"),
     {.identity = "web-x25519", .trust = "bob@corp.example client {x/email}\n"},
     NO(AT_MESSAGE_3, CERT_UNTRUSTED),
     .says = "setting anchors"},
    {"a name that a pattern covers",
     HOLDER("email"),
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "*@corp.example client {bob}\n"},
     .client = "user bob@corp.example",
     DAYS(365)},
    {"beside pinned keys",
     TO_WEB,
     {.identity = "web-x25519", .anchors = ANCHORS, .trust = "alice {alice-x25519}\n"},
     ALICE},
};

static const struct decision directories[] = {
    {"the first",
     {.identity = "alice-x25519", .trust = WEB " {svc/10-web.pem}\n"},
     KNOWS("svc", "alice-x25519"),
     ALICE},
    {"by the target",
     {.identity = "alice-x25519", .trust = "postgres@db.example.org {svc/20-db.pem}\n"},
     KNOWS("svc", "alice-x25519"),
     .target = "postgres@db.example.org",
     .server = "service postgres@db.example.org",
     ALICE},
    {"by METHOD", BY_CA, KNOWS("svc", "alice-x25519"), ALICE, DAYS(365)},
    {"by the suite", RAW("alice-ed25519", "svc/40-ed.pem"), KNOWS("svc", "alice-ed25519"), ALICE},
    {"nobody",
     {.identity = "alice-x25519", .trust = "ldap@db.example.org {svc/20-db.pem}\n"},
     KNOWS("svc", "alice-x25519"),
     .target = "ldap@db.example.org",
     NO(AT_MESSAGE_1, TARGET),
     .says = "ldap@db.example.org"},
    {"not by a hidden target",
     {.identity = "alice-x25519",
      .trust = "postgres@db.example.org {svc/20-db.pem}\n",
      .options = "hide-target"},
     KNOWS("svc", "alice-x25519"),
     .target = "postgres@db.example.org",
     NO(AT_MESSAGE_2, UNKNOWN_KEY),
     .says = "postgres@db.example.org"},
    {"within what it was acquired for",
     RAW("alice-x25519", "svc/10-web.pem"),
     {.identity = "svc", .trust = "alice {alice-x25519}\n", .desired = "postgres@db.example.org"},
     NO(AT_MESSAGE_1, TARGET),
     .says = "this acceptor is \"postgres@db.example.org\""},
    {"acquired for nobody's service",
     TO_WEB,
     {.identity = "svc", .desired = "imap@db.example.org"},
     NO(AT_ACCEPTOR, NO_IDENTITY),
     .says = "not for imap@db.example.org"},
    {"not the one that is over", BY_CA, KNOWS("renew", "alice-x25519"), ALICE, DAYS(365)},
    {"one certificate for many keys",
     BY_CA,
     {.identity = "svc", .certificate = "x/web.chain", .trust = "alice {alice-x25519}\n"},
     NO(AT_ACCEPTOR, SETTING),
     .says = "certificate"},
};

/* ---- one decision ---- */

static const char *told(const struct decision *d, const struct decision_talk *t)
{
    return textf("\"%s\": initiator %08x %s; acceptor %08x %s", d->what, t->initiator.major,
                 t->initiator.said, t->acceptor.major, t->acceptor.said);
}

/* In `text`, $T becomes the path of the trust file. */
static const char *with_trust(const char *text, bool initiator)
{
    const char *at = strstr(text, "$T");

    return at == NULL
               ? text
               : textf("%.*s%s%s", (int)(at - text), text, decision_trust_path(initiator), at + 2);
}

static void check_lifetime(const struct decision *d, const struct decision_end *end, int days)
{
    OM_uint32 minor, left = 0, major = gss_context_time(&minor, end->ctx, &left);

    app_complete(major, minor);
    if (days == 0) {
        ck_assert_uint_eq(end->lifetime, GSS_C_INDEFINITE);
        ck_assert_uint_eq(left, GSS_C_INDEFINITE);
        return;
    }
    ck_assert_msg(end->lifetime > (OM_uint32)(days - 2) * 86400 &&
                      end->lifetime <= (OM_uint32)days * 86400,
                  "\"%s\": %u s", d->what, end->lifetime);
    ck_assert(left <= end->lifetime && left + 60 > end->lifetime);
}

static void check_names(const struct decision *d, const struct decision_end *end,
                        const char *client, const char *server)
{
    gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
    OM_uint32 minor, major = gss_inquire_context(&minor, end->ctx, &source, &target, NULL, NULL,
                                                 NULL, NULL, NULL);

    app_complete(major, minor);
    if (client != NULL)
        ck_assert_msg(strcmp(decision_shown(source), client) == 0, "\"%s\": %s", d->what,
                      decision_shown(source));
    if (server != NULL)
        ck_assert_msg(strcmp(decision_shown(target), server) == 0, "\"%s\": %s", d->what,
                      decision_shown(target));
    if (end->initiator)
        decision_check_login(target, NULL); /* servers do not log in here */
    app_release_name(&source);
    app_release_name(&target);
}

/* Who only says that name is equal to it, and may nothing. */
static void check_said(const char *shown, gss_name_t proven)
{
    gss_name_t said = decision_said(shown);
    int equal = 0, authenticated;
    OM_uint32 minor;

    ck_assert_str_eq(decision_shown(said), shown);
    ck_assert_uint_eq(gss_compare_name(&minor, proven, said, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    decision_check_login(said, NULL);
    (void)decision_values(said, "urn:gss-edhoc:kind", &authenticated);
    ck_assert_int_eq(authenticated, 0);
    ck_assert_str_eq(decision_values(said, "urn:gss-edhoc:key-sha256", &authenticated), "");
    app_release_name(&said);
}

static void check_believed(const struct decision *d, const struct decision_talk *t)
{
    const char *server = d->server != NULL ? d->server : "service " WEB;

    ck_assert_msg(t->initiator.major == GSS_S_COMPLETE && t->acceptor.major == GSS_S_COMPLETE, "%s",
                  told(d, t));
    ck_assert_msg(strcmp(decision_shown(t->source), d->client) == 0, "\"%s\": %s", d->what,
                  decision_shown(t->source));
    /* A holder of a certificate knows what it is called. */
    check_names(d, &t->initiator, d->i.identity[0] == 'x' ? d->client : NULL, server);
    check_names(d, &t->acceptor, d->client, server);
    check_lifetime(d, &t->initiator, d->i_days);
    check_lifetime(d, &t->acceptor, d->a_days);
    decision_check_login(t->source, d->local);
    check_said(d->client, t->source);
    app_converse(t->initiator.ctx, t->acceptor.ctx);
}

/* The side that decides: its minor status, that status's sentence, and details that help. */
static void check_reason(const struct decision *d, const struct decision_talk *t,
                         const struct decision_end *end)
{
    const char *says = with_trust(d->says, end->initiator);
    const char *sentence = textf("%s: ", report_sentence(d->err));

    ck_assert_msg(GSS_ERROR(end->major) && end->minor == EDHOC_MINOR_BASE + (OM_uint32)d->err, "%s",
                  told(d, t));
    ck_assert_msg(strncmp(end->said, sentence, strlen(sentence)) == 0, "%s", told(d, t));
    ck_assert_msg(strstr(end->said + strlen(sentence), says) != NULL, "%s; expected \"%s\"",
                  told(d, t), says);
}

/* The other side, where it still waits, is told as little as it must. */
static void check_told(const struct decision *d, const struct decision_talk *t,
                       const struct decision_end *end, const char *words)
{
    const char *says = textf("%s: peer says: %s (error code 1)",
                             report_sentence(EDHOC_ERR_PEER_ERROR), words);

    ck_assert_msg(GSS_ERROR(end->major) && end->minor == MINOR(PEER_ERROR), "%s", told(d, t));
    ck_assert_msg(strcmp(end->said, says) == 0, "%s; expected \"%s\"", told(d, t), says);
}

static void check_refused(const struct decision *d, const struct decision_talk *t, bool confirm)
{
    bool by_initiator = d->no == AT_START || d->no == AT_SUITES || d->no == AT_MESSAGE_2;

    ck_assert_msg(t->source == GSS_C_NO_NAME, "%s", told(d, t));
    check_reason(d, t, by_initiator ? &t->initiator : &t->acceptor);
    if (d->no == AT_START)
        ck_assert_msg(t->tokens == 0 && t->acceptor.calls == 0, "%s", told(d, t));
    if (d->no == AT_MESSAGE_1) /* which targets there are, a stranger is not told */
        check_told(d, t, &t->initiator,
                   d->err == EDHOC_ERR_TARGET ? "authentication failed" : report_sentence(d->err));
    if (d->no == AT_SUITES)
        ck_assert_msg(t->acceptor.major == GSS_S_CONTINUE_NEEDED, "%s", told(d, t));
    if (d->no == AT_MESSAGE_2)
        check_told(d, t, &t->acceptor, "authentication failed");
    if (d->no == AT_MESSAGE_3 && confirm)
        check_told(d, t, &t->initiator, "authentication failed");
    if (d->no == AT_MESSAGE_3 && !confirm)
        ck_assert_msg(t->initiator.major == GSS_S_COMPLETE, "%s", told(d, t));
}

/* False where a credential is not to be had, which is what the row expects then. */
static bool acquire(const struct decision *d, const char *option, struct decision_talk *t)
{
    const bool with_acceptor = t->acceptor.cred == GSS_C_NO_CREDENTIAL;

    decision_acquire(&d->i, true, option, &t->initiator);
    if (with_acceptor)
        decision_acquire(&d->a, false, NULL, &t->acceptor);
    if (d->no != AT_INITIATOR)
        ck_assert_msg(t->initiator.cred != GSS_C_NO_CREDENTIAL, "%s", told(d, t));
    if (d->no != AT_ACCEPTOR)
        ck_assert_msg(t->acceptor.cred != GSS_C_NO_CREDENTIAL, "%s", told(d, t));
    if (d->no != AT_INITIATOR && d->no != AT_ACCEPTOR)
        return true;
    check_reason(d, t, d->no == AT_INITIATOR ? &t->initiator : &t->acceptor);
    return false;
}

/* Without and with message_4; the acceptor's credential is the same, so that the second time what
 * it remembers decides. */
static void decide(const struct decision *d)
{
    struct decision_talk t = {.target = decision_target(d->target != NULL ? d->target : WEB)};

    for (int confirm = 0; confirm < 2; confirm++) {
        if (!acquire(d, confirm ? "confirm" : NULL, &t))
            break;
        decision_run(&t);
        if (d->no == NOWHERE)
            check_believed(d, &t);
        else
            check_refused(d, &t, confirm);
        decision_reset(&t);
        app_release_cred(&t.initiator.cred);
    }
    decision_free(&t);
}

#define TABLES(X)                                                                                  \
    X(raw_keys)                                                                                    \
    X(by_reference)                                                                                \
    X(whom)                                                                                        \
    X(clients)                                                                                     \
    X(server_certificates)                                                                         \
    X(client_certificates)                                                                         \
    X(directories)                                                                                 \
    X(openssh)

#define TABLE_TEST(table)                                                                          \
    START_TEST(decide_##table)                                                                     \
    {                                                                                              \
        decide(&(table)[_i]);                                                                      \
    }                                                                                              \
    END_TEST
TABLES(TABLE_TEST)

/* ---- what a name tells (RFC 6680) ---- */

struct known {
    const char *what;
    struct decision_side i, a;
    const char *name;
    const char *key;   /* "KIND FILE" of the key, see key_hash */
    const char *chain; /* names of x/NAME.der, leaf first; NULL: a raw key */
    const char *kind, *comment, *local, *subject, *dns, *email, *upn, *ip, *uri;
};

/* Values end with '\n' each; attributes that are NULL are not there. */
static const struct known known[] = {
    {.what = "a pinned key",
     .i = TO_WEB,
     .a = {.identity = "web-x25519", .trust = "alice {alice-x25519}  alice's  laptop \n"},
     .name = "user alice",
     .key = "x25519 alice-x25519",
     .kind = "user\n",
     .comment = "alice's  laptop\n",
     .local = "alice\n"},
    {.what = "a pinned key by reference",
     .i = {.identity = "alice-p256",
           .trust = WEB " {web-x25519}\n",
           .options = "cred-by-reference"},
     .a = {.identity = "web-x25519",
           .trust = "bob@example.org local-user=\"www\" {alice-p256} no \"name\" sent\n"},
     .name = "user bob@example.org",
     .key = "p256 alice-p256",
     .kind = "user\n",
     .comment = "no \"name\" sent\n",
     .local = "www\n"},
    {.what = "a pinned key that is nobody's here",
     .i = RAW("mail", "web-x25519"),
     .a = {.identity = "web-x25519", .trust = "*@example.org client {mail}\n"},
     .name = "user alice@example.org",
     .key = "x25519 mail",
     .kind = "user\n"},
    {.what = "all kinds of SAN",
     .i = HOLDER("many"),
     .a = CA,
     .name = "user first@corp.example",
     .key = "p256 x/many.key",
     .chain = "many sub",
     .kind = "user\n",
     .subject = "CN=many\n",
     .dns = "a.example.org\nb.example.org\n",
     .email = "one@corp.example\ntwo@corp.example\n",
     .upn = "first@corp.example\nsecond@corp.example\n",
     .ip = "192.0.2.1\n2001:db8::1\n",
     .uri = "https://id.example.org/1\n"},
    {.what = "a host",
     .i = HOLDER("dns"),
     .a = CA,
     .name = "service host@laptop.example.org",
     .key = "p256 x/dns.key",
     .chain = "dns sub",
     .kind = "service\n",
     .subject = "CN=dns\n",
     .dns = "*.x.example.org\nLaptop.Example.org\n"},
    {.what = "a subject",
     .i = HOLDER("subject"),
     .a = CA,
     .name = "subject CN=Carol,O=Corp\\, Inc",
     .key = "ed25519 x/subject.key",
     .chain = "subject sub",
     .kind = "subject\n",
     .subject = "CN=Carol,O=Corp\\, Inc\n"},
    {.what = "a subject beyond ASCII",
     .i = HOLDER("utf8"),
     .a = CA,
     .name = "subject CN=Zo\xc3\xab",
     .key = "p256 x/utf8.key",
     .chain = "utf8 sub",
     .kind = "subject\n",
     .subject = "CN=Zo\xc3\xab\n"},
};

#define URN(name) "urn:gss-edhoc:" name

/* Into RFC 9679's thumbprint, by other means than the mechanism's: the COSE_Key's bytes around
 * those of the public key. */
static const char *key_hash(const char *key)
{
    const char *file = strchr(key, ' ') + 1;
    const char *public = textf("openssl pkey -in %s -pubout -outform DER", folder_path(file));
    const char *command;
    char *hash = (char *)(uintptr_t)textf("%s", "");
    FILE *p;

    if (strncmp(key, "p256 ", 5) == 0)
        command = textf("{ printf '\\244\\001\\002\\040\\001\\041\\130\\040'; %s | tail -c 64 | "
                        "head -c 32; printf '\\042\\130\\040'; %s | tail -c 32; } | sha256sum",
                        public, public);
    else
        command = textf("{ printf '\\243\\001\\001\\040\\00%d\\041\\130\\040'; %s | tail -c 32; "
                        "} | sha256sum",
                        strncmp(key, "x25519 ", 7) == 0 ? 4 : 6, public);
    p = popen(command, "r");
    ck_assert(p != NULL && fgets(hash, 65, p) != NULL && pclose(p) == 0 && strlen(hash) == 64);
    return textf("%s\n", hash);
}

/* The attributes as a table: what a name that was proven has, by what a row says. */
struct expected {
    const char *urn, *values; /* values NULL: it is there, whatever it is; "": it is not there */
};

#define EXPECTED 11

static void expect(const struct known *k, bool proven, struct expected out[EXPECTED])
{
    const struct expected all[EXPECTED] = {
        {URN("kind"), k->kind},
        {URN("comment"), k->comment},
        {URN("subject"), k->subject},
        {URN("san-dns"), k->dns},
        {URN("san-email"), k->email},
        {URN("san-upn"), k->upn},
        {URN("san-ip"), k->ip},
        {URN("san-uri"), k->uri},
        {"local-login-user", k->local},
        {URN("key-sha256"), k->name}, /* its value is compared apart */
        {URN("certificate"), k->chain},
    };

    for (size_t i = 0; i < EXPECTED; i++) {
        out[i] = all[i];
        if (out[i].values == NULL || (!proven && i > 0))
            out[i].values = "";
        else if (i >= EXPECTED - 2)
            out[i].values = NULL;
    }
}

static bool is_listed(gss_buffer_set_t set, const char *urn)
{
    for (size_t i = 0; set != GSS_C_NO_BUFFER_SET && i < set->count; i++)
        if (set->elements[i].length == strlen(urn) &&
            memcmp(set->elements[i].value, urn, strlen(urn)) == 0)
            return true;
    return false;
}

/* gss_inquire_name lists exactly what gss_get_name_attribute has. */
static void check_attributes(gss_name_t name, const struct expected e[EXPECTED], int authentic)
{
    gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
    gss_OID mech = GSS_C_NO_OID;
    OM_uint32 minor, major;
    int is_mn = 0, authenticated;
    size_t count = 0;

    major = gss_inquire_name(&minor, name, &is_mn, &mech, &set);
    app_complete(major, minor);
    ck_assert_int_eq(is_mn, 1);
    ck_assert(gss_oid_equal(mech, &app_mech));
    for (size_t i = 0; i < EXPECTED; i++) {
        const char *values = decision_values(name, e[i].urn, &authenticated);
        bool there = e[i].values == NULL || e[i].values[0] != '\0';

        count += there;
        ck_assert_msg(is_listed(set, e[i].urn) == there, "%s", e[i].urn);
        ck_assert_msg(e[i].values == NULL ? values[0] != '\0' : strcmp(values, e[i].values) == 0,
                      "%s: %s", e[i].urn, values);
        if (there)
            ck_assert_msg(authenticated == authentic, "%s: %d", e[i].urn, authenticated);
    }
    ck_assert_uint_eq(set->count, count + is_listed(set, URN("credential")));
    (void)gss_release_buffer_set(&minor, &set);
    (void)gss_release_oid(&minor, &mech);
}

static void check_certificates(gss_name_t name, const char *chain)
{
    char copy[128], *rest = copy, *file;
    gss_buffer_desc value;
    unsigned at = 0;

    (void)snprintf(copy, sizeof(copy), "%s", chain != NULL ? chain : "");
    while (chain != NULL && (file = strsep(&rest, " ")) != NULL) {
        uint8_t der[8192];
        FILE *f = fopen(folder_path(textf("x/%s.der", file)), "rb");
        size_t len = f != NULL ? fread(der, 1, sizeof(der), f) : 0;

        ck_assert_msg(f != NULL && fclose(f) == 0 && len > 0, "%s", file);
        value = decision_value(name, URN("certificate"), at++);
        ck_assert_msg(value.length == len && memcmp(value.value, der, len) == 0, "%s: %zu bytes",
                      file, value.length);
        app_release(&value);
    }
    value = decision_value(name, URN("certificate"), at);
    ck_assert_uint_eq(value.length, 0);
}

static struct decision_talk meet(const struct decision_side *i, const struct decision_side *a,
                                 const char *target)
{
    struct decision_talk t = {.target = decision_target(target)};

    decision_acquire(i, true, NULL, &t.initiator);
    decision_acquire(a, false, NULL, &t.acceptor);
    decision_run(&t);
    ck_assert_msg(t.initiator.major == GSS_S_COMPLETE && t.acceptor.major == GSS_S_COMPLETE,
                  "%s; %s", t.initiator.said, t.acceptor.said);
    return t;
}

START_TEST(attributes_of_clients)
{
    const struct known *k = &known[_i];
    struct decision_talk t = meet(&k->i, &k->a, WEB);
    struct expected e[EXPECTED];
    gss_name_t copies[2];
    OM_uint32 minor;
    int authenticated;

    ck_assert_str_eq(decision_shown(t.source), k->name);
    expect(k, true, e);
    check_attributes(t.source, e, 1);
    check_certificates(t.source, k->chain);
    ck_assert_str_eq(decision_values(t.source, URN("key-sha256"), &authenticated),
                     key_hash(k->key));
    /* Copies within this process know as much. */
    ck_assert_uint_eq(gss_duplicate_name(&minor, t.source, &copies[0]), 0);
    ck_assert_uint_eq(gss_canonicalize_name(&minor, t.source, &app_mech, &copies[1]), 0);
    for (size_t i = 0; i < 2; i++) {
        check_attributes(copies[i], e, 1);
        check_certificates(copies[i], k->chain);
        app_release_name(&copies[i]);
    }
    decision_free(&t);
}
END_TEST

START_TEST(attributes_of_servers)
{
    static const struct decision_side i = BY_CA, a = CERT("web");
    static const struct known web = {.name = "service " WEB,
                                     .chain = "web sub",
                                     .kind = "service\n",
                                     .subject = "CN=web\n",
                                     .dns = "web.example.org\n*.wild.example.org\n",
                                     .ip = "127.0.0.1\n::1\n"};
    struct decision_talk t = meet(&i, &a, WEB);
    gss_name_t target = GSS_C_NO_NAME;
    struct expected e[EXPECTED];
    int authenticated;
    OM_uint32 minor;

    ck_assert_uint_eq(
        gss_inquire_context(&minor, t.initiator.ctx, NULL, &target, NULL, NULL, NULL, NULL, NULL),
        GSS_S_COMPLETE);
    ck_assert_str_eq(decision_shown(target), web.name);
    expect(&web, true, e);
    check_attributes(target, e, 1);
    check_certificates(target, web.chain);
    ck_assert_str_eq(decision_values(target, URN("key-sha256"), &authenticated),
                     key_hash("p256 x/web.key"));
    app_release_name(&target);
    decision_free(&t);
}
END_TEST

/* Attributes that nobody has, a number of value that there is not, and changes. */
START_TEST(attributes_that_are_not)
{
    const struct known *k = &known[3];
    struct decision_talk t = meet(&k->i, &k->a, WEB);
    static const char *const none[] = {
        "",          "urn:gss-edhoc:", URN("kind "),
        URN("KIND"), URN("san-other"), "urn:ietf:kerberos:nameattr-anything"};
    static const int numbers[] = {2, 3, 1000, INT32_MAX, -2, INT32_MIN};
    gss_buffer_desc urn = app_of_text(URN("san-email")), value, shown;
    int authenticated, complete, more;
    struct expected e[EXPECTED];
    OM_uint32 minor;

    for (size_t i = 0; i < ROWS(none); i++)
        ck_assert_str_eq(decision_values(t.source, none[i], &authenticated), "");
    for (size_t i = 0; i < ROWS(numbers); i++) {
        OM_uint32 major;

        more = numbers[i];
        value = shown = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
        major = gss_get_name_attribute(&minor, t.source, &urn, &authenticated, &complete, &value,
                                       &shown, &more);
        ck_assert_msg(numbers[i] < 0 ? major == GSS_S_COMPLETE && more == 1
                                     : GSS_ERROR(major) != 0 && more == 0 && value.length == 0,
                      "%d: %08x", numbers[i], major);
        app_release(&value);
        app_release(&shown);
    }
    value = app_of_text("root");
    urn = app_of_text("local-login-user");
    ck_assert(GSS_ERROR(gss_set_name_attribute(&minor, t.source, 1, &urn, &value)));
    urn = app_of_text(URN("san-email"));
    ck_assert(GSS_ERROR(gss_delete_name_attribute(&minor, t.source, &urn)));
    expect(k, true, e);
    check_attributes(t.source, e, 1);
    decision_check_login(t.source, NULL);
    decision_free(&t);
}
END_TEST

/* ---- where names go ---- */

/* 04 01, 00 23, the OID with its header, four bytes of length, the kind's byte, the text. */
static void check_token(const gss_buffer_desc *token, const char *shown)
{
    size_t word = strcspn(shown, " "), len = strlen(shown) - word - 1;
    uint8_t head[64] = {4, 1, 0, (uint8_t)(app_mech.length + 2), 6, (uint8_t)app_mech.length};
    size_t at = 6 + app_mech.length;

    memcpy(head + 6, app_mech.elements, app_mech.length);
    head[at + 2] = (uint8_t)((len + 1) >> 8);
    head[at + 3] = (uint8_t)(len + 1);
    head[at + 4] = strncmp(shown, "user", word) == 0      ? 1
                   : strncmp(shown, "service", word) == 0 ? 2
                                                          : 3;
    at += 5;
    ck_assert_uint_eq(token->length, at + len);
    ck_assert_mem_eq(token->value, head, at);
    ck_assert_mem_eq((uint8_t *)token->value + at, shown + word + 1, len);
}

static gss_name_t import_token(gss_buffer_t token, gss_OID type)
{
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor, major = gss_import_name(&minor, token, type, &name);

    app_complete(major, minor);
    return name;
}

/* Equal, and with nothing that would open a door. */
static void check_imported(gss_name_t name, gss_name_t original, const char *shown)
{
    OM_uint32 minor;
    int equal = 0;

    ck_assert_str_eq(decision_shown(name), shown);
    ck_assert_uint_eq(gss_compare_name(&minor, name, original, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    ck_assert_uint_eq(gss_compare_name(&minor, original, name, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    decision_check_login(name, NULL);
}

/* A plain export is the name alone: good for an access list. */
START_TEST(exported_names)
{
    struct known k = known[_i];
    struct decision_talk t = meet(&k.i, &k.a, WEB);
    gss_buffer_desc token, again;
    struct expected e[EXPECTED];
    gss_name_t name;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_export_name(&minor, t.source, &token), GSS_S_COMPLETE);
    check_token(&token, k.name);
    name = import_token(&token, GSS_C_NT_EXPORT_NAME);
    check_imported(name, t.source, k.name);
    expect(&k, false, e);
    check_attributes(name, e, 0);
    ck_assert_uint_eq(gss_export_name(&minor, name, &again), GSS_S_COMPLETE);
    check_token(&again, k.name);
    app_release(&token);
    app_release(&again);
    app_release_name(&name);
    decision_free(&t);
}
END_TEST

/* A composite one takes the attributes along, as hearsay. */
START_TEST(composite_names)
{
    struct known k = known[_i];
    struct decision_talk t = meet(&k.i, &k.a, WEB);
    gss_buffer_desc token, again;
    struct expected e[EXPECTED];
    gss_name_t name;
    OM_uint32 minor;
    int authenticated;

    ck_assert_uint_eq(gss_export_name_composite(&minor, t.source, &token), GSS_S_COMPLETE);
    name = import_token(&token, GSS_C_NT_COMPOSITE_EXPORT);
    check_imported(name, t.source, k.name);
    k.local = NULL;
    expect(&k, true, e);
    check_attributes(name, e, 0);
    check_certificates(name, k.chain);
    ck_assert_str_eq(decision_values(name, URN("key-sha256"), &authenticated), key_hash(k.key));
    ck_assert_uint_eq(gss_export_name_composite(&minor, name, &again), GSS_S_COMPLETE);
    ck_assert_uint_eq(again.length, token.length);
    ck_assert_mem_eq(again.value, token.value, token.length);
    app_release(&again);
    /* Its plain form is the plain form. */
    ck_assert_uint_eq(gss_export_name(&minor, name, &again), GSS_S_COMPLETE);
    check_token(&again, k.name);
    app_release(&token);
    app_release(&again);
    app_release_name(&name);
    decision_free(&t);
}
END_TEST

/* Those who are told apart by kind or text, with what they have proven. */
static const struct {
    struct decision_side i, a;
    const char *name;
} people[] = {
    {TO_WEB, OPEN("alice-x25519"), "user alice"},
    {RAW("alice-ed25519", "web-x25519"), OPEN("alice-ed25519"), "user alice"},
    {RAW("capital", "web-x25519"),
     {.identity = "web-x25519", .trust = "Alice {capital}\n"},
     "user Alice"},
    {HOLDER("upn"), CA, "user alice@corp.example"},
    {HOLDER("dns"), CA, "service host@laptop.example.org"},
    {HOLDER("subject"), CA, "subject CN=Carol,O=Corp\\, Inc"},
    {{.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     LINE("host@laptop.example.org"),
     "user host@laptop.example.org"},
    {{.identity = "alice-x25519", .trust = WEB " {web-x25519}\n", .options = "cred-by-reference"},
     LINE("CN=Carol"),
     "user CN=Carol"},
};

START_TEST(names_are_equal_by_kind_and_text)
{
    struct decision_talk t[ROWS(people)];
    gss_buffer_desc token[ROWS(people)];
    OM_uint32 minor;

    for (size_t i = 0; i < ROWS(people); i++) {
        t[i] = meet(&people[i].i, &people[i].a, WEB);
        ck_assert_str_eq(decision_shown(t[i].source), people[i].name);
        ck_assert_uint_eq(gss_export_name(&minor, t[i].source, &token[i]), GSS_S_COMPLETE);
    }
    for (size_t i = 0; i < ROWS(people); i++)
        for (size_t k = 0; k < ROWS(people); k++) {
            bool same = strcmp(people[i].name, people[k].name) == 0;
            gss_name_t said = decision_said(people[k].name);
            int equal = -1;

            ck_assert_uint_eq(gss_compare_name(&minor, t[i].source, t[k].source, &equal), 0);
            ck_assert_int_eq(equal, same);
            ck_assert_uint_eq(gss_compare_name(&minor, said, t[i].source, &equal), 0);
            ck_assert_int_eq(equal, same);
            ck_assert_int_eq(token[i].length == token[k].length &&
                                 memcmp(token[i].value, token[k].value, token[i].length) == 0,
                             same);
            app_release_name(&said);
        }
    for (size_t i = 0; i < ROWS(people); i++) {
        app_release(&token[i]);
        decision_free(&t[i]);
    }
}
END_TEST

/* ---- the suite ---- */

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "decisions");

    decision_fixtures();
#define ADD_TABLE(table)                                                                           \
    if (strcmp(#table, "openssh") != 0 || decision_has_ssh())                                      \
        tcase_add_loop_test(tc, decide_##table, 0, ROWS(table));
    TABLES(ADD_TABLE)
#undef ADD_TABLE
    if (!decision_has_ssh()) {
        printf("# skipped: keys of ssh-keygen, which is not installed (openssh-client)\n");
        (void)fflush(stdout);
    }
    tc = app_case(suite, "names");
    tcase_add_loop_test(tc, attributes_of_clients, 0, ROWS(known));
    tcase_add_test(tc, attributes_of_servers);
    tcase_add_test(tc, attributes_that_are_not);
    tcase_add_loop_test(tc, exported_names, 0, ROWS(known));
    tcase_add_loop_test(tc, composite_names, 0, ROWS(known));
    tcase_add_test(tc, names_are_equal_by_kind_and_text);
}

int main(void)
{
    return app_main("decisions", add);
}

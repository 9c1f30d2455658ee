#!/usr/bin/env python3
# TEST-ONLY: writes the test vectors of edhoc_reference.py, which is naive and not constant-time.
"""Usage: generate.py [--check]

Writes ../vectors/reference.json, protect.json, prf.json, ssh_sessions.json and ssh_certificates.json, or with --check
says whether the files there are what would be written. Deterministic: every "random" value is derived from SHA-256 of a label.
"""

import functools
import hashlib
import itertools
import json
import os
import sys

sys.dont_write_bytecode = True

import edhoc_reference as ref
import openssh
from edhoc_reference import SUITES, cbor, cbor_sequence

FIELDS = """
    name method suite form_i form_r suites_i x g_x c_i c_i_cbor ead_1 message_1 y g_y c_r c_r_cbor h_message_1 th_2 g_xy
    prk_2e sk_r pk_r salt_3e2m g_rx prk_3e2m id_cred_r cred_r cred_r_cbor ead_2 context_2 mac_2 message_to_be_signed_2
    signature_or_mac_2 plaintext_2 keystream_2 ciphertext_2 message_2 sk_i pk_i salt_4e3m g_iy prk_4e3m th_3 id_cred_i
    cred_i cred_i_cbor ead_3 context_3 mac_3 message_to_be_signed_3 signature_or_mac_3 plaintext_3 a_3 k_3 iv_3
    ciphertext_3 message_3 th_4 ead_4 plaintext_4 a_4 k_4 iv_4 ciphertext_4 message_4 prk_out prk_exporter exporter_32
    key_update_context prk_out_after_key_update prk_exporter_after_key_update""".split()

# The pairs (initiator, responder) of credential forms for each method: certificates only where the side signs.
FORMS = {
    0: [("kccs", "kccs"), ("kid", "kid"), ("x5chain", "x5chain"), ("x5t", "x5t"), ("kccs", "x5chain"), ("x5t", "kid")],
    1: [("kccs", "kccs"), ("kid", "kid"), ("x5chain", "kccs"), ("x5t", "kid")],
    2: [("kccs", "kccs"), ("kid", "kid"), ("kccs", "x5chain"), ("kid", "x5t")],
    3: [("kccs", "kccs"), ("kid", "kid"), ("kid", "kccs")],
}

# C_I and C_R: empty, the ends of the one-byte integers, their neighbours that are not, and longer ones.
IDENTIFIERS = [bytes.fromhex(text) for text in (
    "", "00", "17", "18", "1f", "20", "37", "38", "ff", "0e0e", "4100", "c0ffee1234567890", "a5" * 24)]

# Labels for which a value begins with a zero byte, found by trying 0, 1, 2, ...; checked when they are used.
ZERO_DH = {2: (48, 41), 24: (199, 55)}       # suite: (for G_X, then for G_XY)
ZERO_SIGNATURE = {2: 28, 24: 7}             # suite: for r or s of either signature


def derive(label, length):
    blocks = (hashlib.sha256(f"gss-edhoc test vectors: {label}: {i}".encode()).digest() for i in itertools.count())
    output = b""
    while len(output) < length:
        output += next(blocks)
    return output[:length]


def private_key(label, key_type):
    """Raw bytes; for elliptic curves in Weierstrass form a big-endian scalar from 1 to order - 1."""
    if key_type.order is None:
        return derive(label, key_type.private_length)
    scalar = int.from_bytes(derive(label, key_type.private_length + 8), "big") % (key_type.order - 1) + 1
    return scalar.to_bytes(key_type.private_length, "big")


def long_term_label(role, signs):
    """A signature key is never the static Diffie-Hellman key of the same side."""
    return f"{role} {'signature' if signs else 'static DH'}"


# ---------------------------------------------------------------- X.509 certificates

def der(tag, *contents):
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def der_sequence(*contents):
    return der(0x30, *contents)


def der_integer(number):
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def der_oid(hex_body):
    return der(0x06, bytes.fromhex(hex_body))


def der_bit_string(data, unused_bits=0):
    return der(0x03, bytes([unused_bits]) + data)


def der_common_name(text):
    return der_sequence(der(0x31, der_sequence(der_oid("550403"), der(0x0C, text.encode()))))


EC_PUBLIC_KEY = der_oid("2a8648ce3d0201")
ECDSA_WITH_SHA256 = der_sequence(der_oid("2a8648ce3d040302"))
KEY_ALGORITHMS = {                          # AlgorithmIdentifier of the SubjectPublicKeyInfo
    ref.EDDSA_25519: der_sequence(der_oid("2b6570")), ref.EDDSA_448: der_sequence(der_oid("2b6571")),
    ref.ES256: der_sequence(EC_PUBLIC_KEY, der_oid("2a8648ce3d030107")),
    ref.ES384: der_sequence(EC_PUBLIC_KEY, der_oid("2b81040022")),
}


def ca_sign(to_be_signed, ca_type):
    """The test CA has an Ed25519 key for EdDSA keys and a P-256 key for ECDSA keys."""
    signature = ca_type.sign(private_key("test CA", ca_type), to_be_signed)
    if ca_type is ref.ES256:
        return der_sequence(der_integer(ref.be(signature[:32])), der_integer(ref.be(signature[32:])))
    return signature


@functools.lru_cache(maxsize=None)
def certificate(role, key_type):
    private = private_key(long_term_label(role, True), key_type)
    is_ecdsa = key_type in (ref.ES256, ref.ES384)
    ca_type = ref.ES256 if is_ecdsa else ref.EDDSA_25519
    algorithm = ECDSA_WITH_SHA256 if is_ecdsa else KEY_ALGORITHMS[ref.EDDSA_25519]
    if role == "initiator":
        alternative_name = der(0x81, b"initiator@example.com")                      # rfc822Name
    else:
        alternative_name = der(0x82, b"responder.example.com")                      # dNSName
    to_be_signed = der_sequence(
        der(0xA0, der_integer(2)),
        der_integer(ref.be(derive(f"{role} certificate {key_type.crv}", 8)) >> 1),
        algorithm,
        der_common_name("Test CA"),
        der_sequence(der(0x17, b"200101000000Z"), der(0x17, b"491231235959Z")),
        der_common_name(role),
        der_sequence(KEY_ALGORITHMS[key_type], der_bit_string(key_type.public(private))),
        der(0xA3, der_sequence(
            der_sequence(der_oid("551d0f"), der(0x01, b"\xff"), der(0x04, der_bit_string(b"\x80", 7))),    # keyUsage
            der_sequence(der_oid("551d11"), der(0x04, der_sequence(alternative_name))))))
    return der_sequence(to_be_signed, algorithm, der_bit_string(ca_sign(to_be_signed, ca_type)))


# ---------------------------------------------------------------- OpenSSH certificates

SSH_SUITES = (2, 4, 6, 24)                  # each kind of key, and both hash lengths that such keys have
SSH_FORMS = {0: [("ssh_cert", "ssh_cert"), ("ssh_cert", "kid"), ("kccs", "ssh_cert")],
             1: [("ssh_cert", "kccs")], 2: [("kid", "ssh_cert")]}


@functools.lru_cache(maxsize=None)
def ssh_certificate(role, key_type, ca_type=None):
    """What a CA of the same kind says of the long-term key: a user's or a host's."""
    private = private_key(long_term_label(role, True), key_type)
    fields = {"type": openssh.USER, "key_id": "initiator", "serial": 1,
              "principals": ["initiator@example.com"], "extensions": [("permit-pty", b"")]}
    if role == "responder":
        fields = {"type": openssh.HOST, "key_id": "responder", "serial": 2,
                  "principals": ["responder.example.com", "*.responder.example.com"]}
    ca_type = ca_type or key_type
    return openssh.make(
        ca_type, private_key("test SSH CA", ca_type), key_type=key_type, public=key_type.public(private),
        nonce=derive(f"{role} nonce {key_type.crv}", 32), valid_after=1577836800, valid_before=2524607999, **fields)


SSH_FIELDS = (
    # name, and what differs from a plain user certificate
    ("plain", {}),
    ("host", {"type": openssh.HOST, "key_id": "web", "principals": ["web.example.org", "*.web.example.org", "web"]}),
    ("many-principals", {"principals": [f"user{i}@example.org" for i in range(256)], "serial": 2**64 - 1}),
    ("no-principals", {"principals": []}),
    ("odd-principals", {"principals": ["", "a b", "ü@example.org", "x" * 255, "y" * 256, "\x01"]}),
    ("critical", {"critical": [("force-command", openssh.string("/bin/true")), ("verify-required", b"")]}),
    ("extensions", {"extensions": [("login@example.org", openssh.string("octocat")), ("permit-pty", b""),
                                   ("raw@example.org", b"\0\1\2")]}),
    ("times", {"valid_after": 1700000000, "valid_before": 1700000001}),
    ("forever", {"valid_after": 0, "valid_before": openssh.FOREVER}),
    ("never", {"valid_after": 2, "valid_before": 1}),
    ("reserved", {"reserved": b"to be ignored", "nonce": b"", "key_id": ""}),
    ("long", {"extensions": [("long@example.org", bytes(15000))]}),
)


def hex_list(items):
    return ",".join(item.hex() for item in items)


def ssh_certificate_vectors():
    """Every kind of key under every kind of CA for plain ones; the kinds take turns for the others."""
    kinds, vectors, count = list(openssh.NAMES.values()), [], 0
    for (name, fields), key_type, ca_type in itertools.product(SSH_FIELDS, kinds, kinds):
        if name != "plain" and count % 4 != 0 and ca_type is not key_type:
            count += 1
            continue
        private = private_key(f"ssh subject {name} {key_type.crv}", key_type)
        fields = {"key_id": "somebody", "principals": ["somebody@example.org", "somebody"], "serial": count,
                  "nonce": derive(f"ssh nonce {count}", 32), "valid_after": 1600000000, "valid_before": 1800000000, **fields}
        blob = openssh.make(ca_type, private_key("test SSH CA", ca_type), key_type=key_type,
                            public=key_type.public(private), **fields)
        c = openssh.read(blob)
        vectors.append({
            "name": f"{name}-{openssh.name_of(key_type)}-by-{openssh.name_of(ca_type)}", "certificate": blob.hex(),
            "key_type": openssh.name_of(key_type), "key_blob": openssh.key_blob(key_type, c.public).hex(),
            "serial": str(c.serial), "type": str(c.type), "key_id": c.key_id.hex(), "principals": hex_list(c.principals),
            "valid_after": str(c.valid_after), "valid_before": str(c.valid_before),
            "critical": hex_list(x for pair in c.critical for x in pair),
            "extensions": hex_list(x for pair in c.extensions for x in pair), "ca": c.ca.hex(),
            "signature": c.signature.hex()})
        count += 1
    return vectors


# ---------------------------------------------------------------- reference.json

@functools.lru_cache(maxsize=None)
def make_party(role, form, suite_number, signs):
    suite = SUITES[suite_number]
    key_type = suite.signature if signs else suite.dh
    private = private_key(long_term_label(role, signs), key_type)
    if form == "x5chain":
        return ref.x5chain_party(private, certificate(role, key_type))
    if form == "ssh_cert":
        return openssh.party(private, ssh_certificate(role, key_type))
    if form == "x5t":
        return ref.x5t_party(private, certificate(role, key_type))
    key = ref.cose_key(key_type, key_type.public(private))
    if form == "kid":
        return ref.kid_party(private, key)
    return ref.kccs_party(private, role if role == "initiator" else "host@responder.example.com", key)


def session(method, suite, form_i, form_r, suffix="", label_x="", label_y="", **arguments):
    """One vector. The extra labels change the ephemeral keys."""
    name = f"m{method}-s{suite}-{form_i}-{form_r}{suffix}"
    arguments.setdefault("c_i", b"")
    arguments.setdefault("c_r", b"")
    trace = ref.edhoc_session(
        method, suite,
        private_key(f"{name} x {label_x}", SUITES[suite].dh), private_key(f"{name} y {label_y}", SUITES[suite].dh),
        initiator=make_party("initiator", form_i, suite, method in (0, 1)),
        responder=make_party("responder", form_r, suite, method in (0, 2)),
        key_update_context=derive(f"{name} key update", 16), **arguments)
    vector = {key: value.hex() for key, value in trace.items()}
    vector.update(name=name, suite=str(suite), form_i=form_i, form_r=form_r)
    return {key: vector[key] for key in FIELDS if key in vector}


def every_combination():
    """Both identifiers empty, as the mechanism has them, for kccs-kccs; of all shapes elsewhere."""
    count = 0
    for method, suite in itertools.product(FORMS, SUITES):
        for form_i, form_r in FORMS[method]:
            identifiers = {}
            if (form_i, form_r) != ("kccs", "kccs"):
                n = len(IDENTIFIERS)
                identifiers = {"c_i": IDENTIFIERS[count % n], "c_r": IDENTIFIERS[(count + 1 + count // n) % n]}
                count += 1
            yield session(method, suite, form_i, form_r, **identifiers)


def padding(label, length):
    """An EAD item of label 0; `length` is that of its value, or None for no value."""
    return cbor(0) if length is None else cbor_sequence(0, derive(f"padding {label}", length))


def with_ead():
    """Items with and without value, critical or not, and padding of every shape, in all four messages."""
    gss_api, unknown = 65351, 65000
    for count, (method, suite, form_i, form_r) in enumerate((
            (0, 0, "kccs", "kid"), (1, 1, "x5t", "kccs"), (2, 2, "kid", "x5chain"), (3, 3, "kccs", "kid"),
            (0, 4, "x5chain", "x5t"), (1, 5, "kccs", "kid"), (2, 6, "kccs", "x5chain"), (3, 24, "kid", "kid"),
            (0, 25, "x5t", "x5chain"))):
        target = None if count % 2 == 0 else "host@responder.example.com"
        bindings = None if count % 3 == 0 else ref.edhoc_hash(SUITES[suite], b"bindings")
        yield session(
            method, suite, form_i, form_r, "-ead",
            ead_1=cbor_sequence(-gss_api, cbor([target, count % 2])) + cbor(unknown) + padding(f"{count} 1", count),
            ead_2=padding("", None) + cbor_sequence(unknown, b"\1\2\3") + padding(f"{count} 2", 20 + count),
            ead_3=padding("", 0) + cbor_sequence(-gss_api, cbor([0x3E, bindings, None if target else "host@other.example"]))
            + padding(f"{count} 3", 250 + count),
            ead_4=cbor_sequence(-gss_api, cbor([0x83E])) + padding(f"{count} 4", 1) + padding("", None))


def with_long_plaintext_2():
    """M = 255 * hash_length: M itself, M + 1, two parts, three parts, and suite 25, which has one part only."""
    for method, suite, form_i, form_r, length in (
            (3, 4, "kid", "kid", 8160), (3, 0, "kid", "kid", 8161), (3, 2, "kccs", "kccs", 16321),
            (3, 24, "kid", "kccs", 12300), (3, 25, "kid", "kid", 16321)):
        suffix = f"-long-{length}"
        without = session(method, suite, form_i, form_r, suffix)
        rest = length - len(without["plaintext_2"]) // 2 - 1 - 3        # ead_label, and a head of three bytes
        vector = session(method, suite, form_i, form_r, suffix, ead_2=padding(suffix, rest))
        assert len(vector["plaintext_2"]) == 2 * length
        yield vector


def with_several_suites():
    """SUITES_I as an array: the selected suite is the last, and the responder must not support the others."""
    for suite, suites_i in ((4, [6, 4]), (24, [6, 4, 5, 24]), (25, [6, 4, 5, 24, 25]), (3, [6, 4, 5, 24, 25, 3])):
        yield session(3, suite, "kccs", "kccs", "-suites", suites_i=suites_i)


def zero_dh(suite, label_x, label_y):
    return session(3, suite, "kccs", "kccs", "-zero-dh", label_x, label_y)


def zero_signature(suite, label):
    return session(0, suite, "kccs", "kccs", "-zero-signature", "", label)


def has_zero_signature(vector):
    """Does r or s of either signature begin with a zero byte?"""
    halves = [vector[name][start:][:2] for name in ("signature_or_mac_2", "signature_or_mac_3")
              for start in (0, len(vector[name]) // 2)]
    return "00" in halves


def with_leading_zeros():
    """Coordinates, shared secrets and signature halves keep their full length."""
    for suite, labels in ZERO_DH.items():
        vector = zero_dh(suite, *labels)
        assert vector["g_x"].startswith("00") and vector["g_xy"].startswith("00")
        yield vector
    for suite, label in ZERO_SIGNATURE.items():
        vector = zero_signature(suite, label)
        assert has_zero_signature(vector)
        yield vector


def ssh_session_vectors():
    return [session(method, suite, form_i, form_r)
            for method, suite in itertools.product(SSH_FORMS, SSH_SUITES) for form_i, form_r in SSH_FORMS[method]]


def reference_vectors():
    return [*every_combination(), *with_ead(), *with_several_suites(), *with_leading_zeros(), *with_long_plaintext_2()]


# ---------------------------------------------------------------- protect.json, prf.json

def protect_vectors():
    """Every suite, type, sequence and length; direction, instance and SIGN_ONLY data take turns."""
    vectors, count = [], 0
    for (number, suite), token_type, sequence, length in itertools.product(
            SUITES.items(), (1, 2, 3), (0, 1, 2**20 - 1, 2**20, 2**47), (0, 1, 100)):
        direction, instance = count % 2, (0, ref.be(derive(f"instance {count}", 8)))[count // 2 % 2]
        prk_exporter = derive(f"suite {number} PRK_exporter", suite.hash.length)
        sign_only, message = derive(f"{count} sign-only", (0, 1, 20)[count // 3 % 3]), derive(f"{count} message", length)
        token = ref.message_token(suite, prk_exporter, direction, instance, sequence, token_type, sign_only, message)
        vectors.append({
            "name": f"s{number}-t{token_type}-seq{sequence}-len{length}", "suite": str(number),
            "prk_exporter": prk_exporter.hex(), "direction": str(direction), "instance": str(instance),
            "sequence": str(sequence), "epoch": str(token["epoch"]), "type": str(token_type),
            "sign_only": sign_only.hex(), "message": message.hex(), "key": token["key"].hex(), "iv": token["iv"].hex(),
            "nonce": token["nonce"].hex(), "token": token["token"].hex()})
        count += 1
    return vectors


def prf_vectors():
    vectors, count = [], 0
    for (number, suite), prf_key, length in itertools.product(SUITES.items(), ("full", "partial"), (1, 32, 65, 200)):
        prk_exporter = derive(f"suite {number} PRK_exporter", suite.hash.length)
        prf_in = derive(f"{count} prf_in", (0, 3, 100)[count % 3])
        output = ref.gss_pseudo_random(suite, prk_exporter, prf_key == "full", prf_in, length)
        vectors.append({"name": f"s{number}-{prf_key}-{length}", "suite": str(number), "prk_exporter": prk_exporter.hex(),
                        "prf_key": prf_key, "prf_in": prf_in.hex(), "length": str(length), "output": output.hex()})
        count += 1
    return vectors


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    ref.self_test()
    openssh.self_test()
    differ = False
    for file_name, make in (("prf.json", prf_vectors), ("protect.json", protect_vectors),
                            ("reference.json", reference_vectors), ("ssh_sessions.json", ssh_session_vectors),
                            ("ssh_certificates.json", ssh_certificate_vectors)):
        vectors = make()
        text = json.dumps(vectors, indent=1) + "\n"
        path = os.path.join(ref.VECTORS, file_name)
        if sys.argv[1:]:
            try:
                with open(path, encoding="ascii") as file:
                    same = file.read() == text
            except FileNotFoundError:
                same = False
            differ = differ or not same
            print(f"{file_name}: {'as generated' if same else 'DIFFERS'}")
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            print(f"{file_name}: {len(vectors)} vectors, {len(text)} bytes")
    sys.exit(differ)


if __name__ == "__main__":
    main()

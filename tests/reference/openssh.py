# TEST-ONLY: naive, not constant-time, written to be read beside PROTOCOL.certkeys; for test vectors only.
"""OpenSSH certificates (doc/mechanism.md 6.8): made, read and verified. Run as a program it tests itself."""

import base64
import hashlib
import struct
from collections import namedtuple

import edhoc_reference as ref

LABEL = -65537
USER, HOST = 1, 2
FOREVER = 2**64 - 1
CERTIFIED = "-cert-v01@openssh.com"

# What a key of a certificate, or of a CA, is called; SignatureKey is EDHOC's.
NAMES = {"ssh-ed25519": ref.EDDSA_25519, "ecdsa-sha2-nistp256": ref.ES256, "ecdsa-sha2-nistp384": ref.ES384}


def name_of(key_type):
    return next(name for name, known in NAMES.items() if known is key_type)


# ---------------------------------------------------------------- RFC 4251 section 5

def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, length):
        assert length <= len(self.data), "ends too early"
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def string(self):
        return self.take(struct.unpack(">I", self.take(4))[0])

    def number(self, length):
        return ref.be(self.take(length))

    def mpint(self):
        data = self.string()
        assert data and mpint(ref.be(data))[4:] == data, "an mpint that is not in its only encoding"
        return ref.be(data)

    def end(self):
        assert self.data == b"", "bytes left over"


def strings(data):
    reader = Reader(data)
    while reader.data:
        yield reader.string()


def pairs(data):
    items = list(strings(data))
    assert len(items) % 2 == 0
    return list(zip(items[::2], items[1::2]))


# ---------------------------------------------------------------- keys and signatures

def public_fields(name, public):
    """What follows the type in a key's blob: `string pk`, or `string curve, string Q`."""
    return string(public) if name == "ssh-ed25519" else string(name.rsplit("-", 1)[1]) + string(public)


def key_blob(key_type, public):
    return string(name_of(key_type)) + public_fields(name_of(key_type), public)


def read_public(reader, name):
    if name != "ssh-ed25519":
        assert reader.string().decode() == name.rsplit("-", 1)[1]
    return reader.string()


def signature_blob(key_type, private, message):
    signature = key_type.sign(private, message)
    if key_type is not ref.EDDSA_25519:
        half = len(signature) // 2
        signature = mpint(ref.be(signature[:half])) + mpint(ref.be(signature[half:]))
    return string(name_of(key_type)) + string(signature)


def rsa_verifies(reader, name, value, message):
    """RFC 8332, RSASSA-PKCS1-v1_5 by comparing with what it must decrypt to (RFC 8017 section 8.2.2)."""
    e, n = reader.mpint(), reader.mpint()
    hash_name, prefix = {"rsa-sha2-256": ("sha256", "3031300d060960864801650304020105000420"),
                         "rsa-sha2-512": ("sha512", "3051300d060960864801650304020305000440")}[name]
    length = (n.bit_length() + 7) // 8
    info = bytes.fromhex(prefix) + hashlib.new(hash_name, message).digest()
    expected = b"\0\1" + b"\xff" * (length - 3 - len(info)) + b"\0" + info
    return n.bit_length() >= 2048 and len(value) == length and pow(ref.be(value), e, n) == ref.be(expected)


def verifies(ca, signature, message):
    key, sig = Reader(ca), Reader(signature)
    name, format_, value = key.string().decode(), sig.string().decode(), sig.string()
    sig.end()
    if name == "ssh-rsa":
        result = rsa_verifies(key, format_, value, message)
    else:
        key_type, public = NAMES[name], read_public(key, name)
        if name != "ssh-ed25519":
            halves = Reader(value)
            length = key_type.private_length
            value = b"".join(halves.mpint().to_bytes(length, "big") for _ in range(2))
            halves.end()
        result = format_ == name and key_type.verify(public, message, value)
    key.end()
    return result


# ---------------------------------------------------------------- certificates

Certificate = namedtuple("Certificate", """key_type public nonce serial type key_id principals valid_after valid_before
    critical extensions reserved ca signature""")


def tuples(items):
    return b"".join(string(name) + string(data) for name, data in items)


def to_be_signed(c):
    name = name_of(c.key_type)
    return (string(name + CERTIFIED) + string(c.nonce) + public_fields(name, c.public)
            + struct.pack(">QI", c.serial, c.type) + string(c.key_id)
            + string(b"".join(string(p) for p in c.principals)) + struct.pack(">QQ", c.valid_after, c.valid_before)
            + string(tuples(c.critical)) + string(tuples(c.extensions)) + string(c.reserved) + string(c.ca))


def make(ca_type, ca_private, **fields):
    """The blob of a certificate; what is not given has the values of a plain user certificate."""
    defaults = {"nonce": bytes(32), "serial": 0, "type": USER, "key_id": "", "principals": [], "valid_after": 0,
                "valid_before": FOREVER, "critical": [], "extensions": [], "reserved": b"", "signature": b"",
                "ca": key_blob(ca_type, ca_type.public(ca_private))}
    message = to_be_signed(Certificate(**{**defaults, **fields}))
    return message + string(signature_blob(ca_type, ca_private, message))


def read(blob):
    """Strictly, the signature included."""
    assert len(blob) <= 16384
    r = Reader(blob)
    name = r.string().decode()
    assert name.endswith(CERTIFIED)
    name = name[:-len(CERTIFIED)]
    nonce, public = r.string(), read_public(r, name)
    serial, type_, key_id = r.number(8), r.number(4), r.string()
    principals = list(strings(r.string()))
    valid_after, valid_before = r.number(8), r.number(8)
    critical, extensions = pairs(r.string()), pairs(r.string())
    reserved, ca = r.string(), r.string()
    message = blob[:len(blob) - len(r.data)]
    signature = r.string()
    r.end()
    assert type_ in (USER, HOST) and len(principals) <= 256
    assert b"\0" not in key_id and not any(b"\0" in p for p in principals)
    assert verifies(ca, signature, message), "the CA's signature does not verify"
    return Certificate(NAMES[name], public, nonce, serial, type_, key_id, principals, valid_after, valid_before, critical,
                       extensions, reserved, ca, signature)


def party(private, blob):
    """ID_CRED_x = { -65537 : certificate }, CRED_x the same byte string."""
    return ref.Party(private, {LABEL: blob}, ref.cbor(blob), blob)


# ---------------------------------------------------------------- certificates that ssh-keygen 9.2 made

BY_SSH_KEYGEN = {
    "ssh-ed25519 by ssh-ed25519": (
        (7, USER, b"alice, today", [b"alice@example.org", b"alice"], 0x6955B900, 0x6B36EC80, 6),
        "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIBwkiHPULNIS/cEvHUDlf1ATdGYTp4afZnYbC+FwuW5UAAAAIHQb"
        "kXU490M/Qj4KzbtbT43H0ywE25DO0Mgx+0feKESfAAAAAAAAAAcAAAABAAAADGFsaWNlLCB0b2RheQAAAB4AAAARYWxpY2VAZXhhbXBs"
        "ZS5vcmcAAAAFYWxpY2UAAAAAaVW5AAAAAABrNuyAAAAAAAAAAKYAAAARbG9naW5AZXhhbXBsZS5vcmcAAAALAAAAB29jdG9jYXQAAAAV"
        "cGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2Fy"
        "ZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAg8YF+"
        "Hn/d2OetuxziFV2O4rzcAoUdYWwYyH0+ivnhJOcAAABTAAAAC3NzaC1lZDI1NTE5AAAAQIhdEJSaQXztO3nhV+BK+fh0pn4Ix+imy1Dv"
        "M1HOVwgCMesi2ufmEaZ9GTUra858KOfW2EFeurtgt3mquwfhwwQ="),
    "ecdsa-sha2-nistp256 by ssh-rsa": (
        (8, HOST, b"web", [b"web.example.org", b"*.web.example.org"], 0, FOREVER, 0),
        "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgTKDYHDJwkAi93XxfyGqcJrgrRyX0DbVkgFOiE7j3"
        "l90AAAAIbmlzdHAyNTYAAABBBOiESswXRGfc7C8AgeVec1NX73BzU/4bi9IFBzL48NMIiZVG4Vy2Cd/BX7iIcEvyuHEZVKUTli/vwLFz"
        "xBDGf50AAAAAAAAACAAAAAIAAAADd2ViAAAAKAAAAA93ZWIuZXhhbXBsZS5vcmcAAAARKi53ZWIuZXhhbXBsZS5vcmcAAAAAAAAAAP//"
        "////////AAAAAAAAAAAAAAAAAAABFwAAAAdzc2gtcnNhAAAAAwEAAQAAAQEAnKquc1zLzlEnapVBhqRbLskxIdGUS81CWYtQnPWSlElQ"
        "25/qaBAHGHWkT52Uw3p9GGEncGITheszltbxgl0Dq5RlBOYN1jyGNbkx1gC81q1zqwq6IWjP5Cr/zjjXtPvsavPt2ufWyiDYw+kW0rmG"
        "BHlshww96cj6kRwTmICUdWIE17Zsw4KvwY5xxu0qisBvkhC91kTzOUYdgrVxHMYdMPSMCU9s7BjnvbvFWOFwNCosQW4cHmtFjgREfcRE"
        "VVGGh00wTS+k1PPMMylCdJXa/5WBUMSAzoiTJOJiNxls9v7OQu7w9s6X8y1lKuwahyLeRIJBe848HjwZ1yxN+Kmx9wAAARQAAAAMcnNh"
        "LXNoYTItNTEyAAABAEfGd2wfg3FnhseAT0uFGfSY4pcoE3NL5D9CopNQ9kIHNwV8tT5PhjpwM5qW+gDbzRstwXYzNUaINf7vg2baGuA0"
        "SL16Zfh2dj0+M7dG/sE3n5imCJPQy1bg5bcnox4wMT7k8Ydj0rfUBGqnEl5ePCZpX32eQTjiLqxoImgINKew/zbrOfV+tvoctfsVcu0f"
        "R3tjdMfX75nn5ce/2BrxH9jdWKnYY/t6l+aZZGK9K9kExDbF+Z3Hy4kiaWeMQ+qfRO95u7g3Za42QdzC85/DhPZ54j1HWO5H+iALeio0"
        "WUVzW+Jx6f7sd15/ItKHAbJg0oZsMzfuxMWpVLyVQEmfezE="),
}


def test_by_ssh_keygen():
    for name, (expected, text) in BY_SSH_KEYGEN.items():
        blob = base64.b64decode("".join(text.split()))
        c = read(blob)
        got = (c.serial, c.type, c.key_id, c.principals, c.valid_after, c.valid_before, len(c.extensions))
        ref.check(f"{name}: fields", got, expected)
        ref.check(f"{name}: written again", to_be_signed(c) + string(c.signature), blob)
        for at in range(0, len(blob), 7):
            bad = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1:]
            try:
                read(bad)
            except (AssertionError, KeyError, UnicodeDecodeError, OverflowError):
                continue
            raise AssertionError(f"{name}: byte {at} may change")


def test_mechanism_15_9():
    """The value in doc/mechanism.md 15.9."""
    public = ref.ed_public(ref.ED25519, bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    blob = make(ref.EDDSA_25519, bytes(range(32)), key_type=ref.EDDSA_25519, public=public, serial=1, key_id="alice",
                principals=["alice@example.org"])
    ref.check("mechanism 15.9", hashlib.sha256(blob).digest(),
              "a1ae30605f3ea08af49eb3e155d55f16775a49ac90dc3a77fabf9044dacda15a")
    ref.check("mechanism 15.9: ID_CRED_x", ref.cbor({LABEL: blob}), b"\xa1\x3a\0\1\0\0\x59\1\x44" + blob)


def self_test():
    test_by_ssh_keygen()
    test_mechanism_15_9()


if __name__ == "__main__":
    self_test()
    print(*("ok " + tested for tested in ref.TESTED), sep="\n")

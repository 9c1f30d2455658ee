#!/usr/bin/env python3
# TEST-ONLY: naive, not constant-time, written to be read beside the RFCs; never use it for anything but test vectors.
"""A second, independent implementation of EDHOC (RFC 9528) in plain Python, standard library only.

Run as a program it tests itself against published primitive vectors and both traces of RFC 9529.
"""

import hashlib
import hmac as hmac_module
import json
import os
import struct
from collections import namedtuple

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors")


def xor(a, b):
    assert len(a) == len(b)
    return bytes(p ^ q for p, q in zip(a, b))


def le(data):
    return int.from_bytes(data, "little")


def be(data):
    return int.from_bytes(data, "big")


def pad16(data):
    return data + bytes(-len(data) % 16)


# ---------------------------------------------------------------- Keccak (FIPS 202), KMAC256 (SP 800-185)

def keccak_f1600(lanes):
    """FIPS 202 section 3.2; lanes[x][y] are 64-bit integers. The round constants come from their LFSR."""
    def rotate(value, n):
        n %= 64
        return ((value << n) | (value >> (64 - n))) & 0xFFFFFFFFFFFFFFFF
    lfsr = 1
    for _ in range(24):
        c = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]     # theta
        d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lanes[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]                                                               # rho, pi
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], rotate(current, (t + 1) * (t + 2) // 2)
        lanes = [[lanes[x][y] ^ (~lanes[(x + 1) % 5][y] & lanes[(x + 2) % 5][y]) for y in range(5)]     # chi
                 for x in range(5)]
        for j in range(7):                                                                              # iota
            if lfsr & 1:
                lanes[0][0] ^= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
    return lanes


def keccak_256bit_security(data, suffix, length):
    """The sponge with capacity 512, rate 136 bytes; `suffix` holds the domain bits and the first pad bit."""
    rate = 136
    data = data + bytes([suffix])
    data = bytearray(data + bytes(-len(data) % rate))
    data[-1] ^= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(data), rate):
        for i in range(rate // 8):
            lanes[i % 5][i // 5] ^= le(data[start + 8 * i:start + 8 * i + 8])
        lanes = keccak_f1600(lanes)
    output = b""
    while True:
        output += b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(rate // 8))
        if len(output) >= length:
            return output[:length]
        lanes = keccak_f1600(lanes)


def shake256(data, length):
    return keccak_256bit_security(data, 0x1F, length)


def left_encode(n):
    body = n.to_bytes(max(1, (n.bit_length() + 7) // 8), "big")
    return bytes([len(body)]) + body


def right_encode(n):
    body = n.to_bytes(max(1, (n.bit_length() + 7) // 8), "big")
    return body + bytes([len(body)])


def encode_string(data):
    return left_encode(8 * len(data)) + data


def bytepad(data, width):
    data = left_encode(width) + data
    return data + bytes(-len(data) % width)


def cshake256(data, length, function_name, customization):
    prefix = bytepad(encode_string(function_name) + encode_string(customization), 136)
    return keccak_256bit_security(prefix + data, 0x04, length)


def kmac256(key, data, length_bits, customization=b""):
    """SP 800-185 section 4.3."""
    new_data = bytepad(encode_string(key), 136) + data + right_encode(length_bits)
    return cshake256(new_data, length_bits // 8, b"KMAC", customization)


# ---------------------------------------------------------------- HMAC (RFC 2104), HKDF (RFC 5869)

def hmac(hash_name, key, data):
    return hmac_module.new(key, data, hash_name).digest()


def hkdf_extract(hash_name, salt, ikm):
    return hmac(hash_name, salt, ikm)


def hkdf_expand(hash_name, prk, info, length):
    assert length <= 255 * hashlib.new(hash_name).digest_size
    okm, block, counter = b"", b"", 0
    while len(okm) < length:
        counter += 1
        block = hmac(hash_name, prk, block + info + bytes([counter]))
        okm += block
    return okm[:length]


# ---------------------------------------------------------------- AES (FIPS 197), CCM (RFC 3610), GCM (SP 800-38D)

def gf256_multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def make_sbox():
    sbox = []
    for value in range(256):
        inverse = next((c for c in range(256) if gf256_multiply(value, c) == 1), 0)
        rotated = [((inverse << n) | (inverse >> (8 - n))) & 0xFF for n in range(5)]
        sbox.append(rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63)
    return sbox


SBOX = make_sbox()
TIMES_2 = [gf256_multiply(2, v) for v in range(256)]
TIMES_3 = [gf256_multiply(3, v) for v in range(256)]


def aes_key_expansion(key):
    nk = len(key) // 4
    words = [list(key[4 * i:4 * i + 4]) for i in range(nk)]
    rcon = 1
    for i in range(nk, 4 * (nk + 7)):
        word = list(words[i - 1])
        if i % nk == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = gf256_multiply(rcon, 2)
        elif nk > 6 and i % nk == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[i - nk], word)])
    return [sum(words[4 * r:4 * r + 4], []) for r in range(nk + 7)]


def aes_encrypt_block(key, block):
    round_keys = aes_key_expansion(key)
    state = [a ^ b for a, b in zip(block, round_keys[0])]
    for number, round_key in enumerate(round_keys[1:], 1):
        state = [SBOX[b] for b in state]
        state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]                  # ShiftRows, column-major state
        if number < len(round_keys) - 1:
            mixed = []
            for column in range(0, 16, 4):
                a, b, c, d = state[column:column + 4]
                mixed += [TIMES_2[a] ^ TIMES_3[b] ^ c ^ d, a ^ TIMES_2[b] ^ TIMES_3[c] ^ d,
                          a ^ b ^ TIMES_2[c] ^ TIMES_3[d], TIMES_3[a] ^ b ^ c ^ TIMES_2[d]]
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def aes_ccm_seal(key, nonce, plaintext, aad, tag_length):
    """RFC 3610 with L = 15 - len(nonce); the only L used here is 2, so messages end at 65535 bytes."""
    l = 15 - len(nonce)
    assert len(plaintext) < 1 << (8 * l) and len(aad) < 0xFF00
    flags = (0x40 if aad else 0) | ((tag_length - 2) // 2) << 3 | (l - 1)
    blocks = bytes([flags]) + nonce + len(plaintext).to_bytes(l, "big")
    if aad:
        blocks += pad16(len(aad).to_bytes(2, "big") + aad)
    blocks += pad16(plaintext)
    mac = bytes(16)
    for i in range(0, len(blocks), 16):
        mac = aes_encrypt_block(key, xor(mac, blocks[i:i + 16]))

    def keystream_block(counter):
        return aes_encrypt_block(key, bytes([l - 1]) + nonce + counter.to_bytes(l, "big"))
    keystream = b"".join(keystream_block(i + 1) for i in range((len(plaintext) + 15) // 16))
    return xor(plaintext, keystream[:len(plaintext)]) + xor(mac, keystream_block(0))[:tag_length]


def ghash(h, data):
    y, h = 0, be(h)
    for i in range(0, len(data), 16):
        x, v, product = y ^ be(data[i:i + 16]), h, 0
        for bit in range(127, -1, -1):                                               # SP 800-38D algorithm 1
            if x >> bit & 1:
                product ^= v
            v = (v >> 1) ^ (0xE1 << 120 if v & 1 else 0)
        y = product
    return y.to_bytes(16, "big")


def aes_gcm_seal(key, nonce, plaintext, aad):
    assert len(nonce) == 12
    h = aes_encrypt_block(key, bytes(16))
    keystream = b"".join(aes_encrypt_block(key, nonce + (i + 2).to_bytes(4, "big"))
                         for i in range((len(plaintext) + 15) // 16))
    ciphertext = xor(plaintext, keystream[:len(plaintext)])
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    s = ghash(h, pad16(aad) + pad16(ciphertext) + lengths)
    return ciphertext + xor(s, aes_encrypt_block(key, nonce + b"\0\0\0\1"))


# ---------------------------------------------------------------- ChaCha20-Poly1305 (RFC 8439)

def chacha20_block(key, counter, nonce):
    initial = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = list(initial)

    def quarter_round(a, b, c, d):
        for target, source, changed, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[target] = (s[target] + s[source]) & 0xFFFFFFFF
            s[changed] ^= s[target]
            s[changed] = ((s[changed] << n) | (s[changed] >> (32 - n))) & 0xFFFFFFFF
    for _ in range(10):
        for i in range(4):
            quarter_round(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter_round(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, initial)))


def poly1305(key, data):
    r = le(key[:16]) & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    accumulator = 0
    for i in range(0, len(data), 16):
        accumulator = (accumulator + le(data[i:i + 16] + b"\1")) * r % (2**130 - 5)
    return ((accumulator + le(key[16:])) % 2**128).to_bytes(16, "little")


def chacha20_poly1305_seal(key, nonce, plaintext, aad):
    keystream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(plaintext) + 63) // 64))
    ciphertext = xor(plaintext, keystream[:len(plaintext)])
    mac_data = pad16(aad) + pad16(ciphertext) + struct.pack("<QQ", len(aad), len(ciphertext))
    return ciphertext + poly1305(chacha20_block(key, 0, nonce)[:32], mac_data)


# ---------------------------------------------------------------- X25519, X448 (RFC 7748)

def montgomery_ladder(k, u, bits, p, a24):
    x_1, x_2, z_2, x_3, z_3 = u, 1, 0, u, 1
    for t in range(bits - 1, -1, -1):
        if k >> t & 1:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
        a, b, c, d = x_2 + z_2, x_2 - z_2, x_3 + z_3, x_3 - z_3
        aa, bb, da, cb = a * a % p, b * b % p, d * a % p, c * b % p
        e = aa - bb
        x_3, z_3 = (da + cb)**2 % p, x_1 * (da - cb)**2 % p
        x_2, z_2 = aa * bb % p, e * (aa + a24 * e) % p
        if k >> t & 1:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
    return x_2 * pow(z_2, p - 2, p) % p


def x25519(scalar, u):
    assert len(scalar) == len(u) == 32
    k = (le(scalar) & ~7 & (2**255 - 1)) | 2**254
    p = 2**255 - 19
    return montgomery_ladder(k, le(u) % 2**255 % p, 255, p, 121665).to_bytes(32, "little")


def x448(scalar, u):
    assert len(scalar) == len(u) == 56
    k = (le(scalar) & ~3) | 2**447
    p = 2**448 - 2**224 - 1
    return montgomery_ladder(k, le(u) % p, 448, p, 39081).to_bytes(56, "little")


# ---------------------------------------------------------------- P-256, P-384 (FIPS 186), ECDSA with RFC 6979 nonces

Weierstrass = namedtuple("Weierstrass", "p b n g length hash")      # y^2 = x^3 - 3x + b, cofactor 1

P256 = Weierstrass(
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5), 32, "sha256")
P384 = Weierstrass(
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    (0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
     0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F), 48, "sha384")


def ec_add(curve, p1, p2):
    """Affine addition; None is the point at infinity."""
    if p1 is None or p2 is None:
        return p2 if p1 is None else p1
    (x1, y1), (x2, y2), p = p1, p2, curve.p
    if x1 == x2 and (y1 + y2) % p == 0:
        return None
    if p1 == p2:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, p) % p
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, p) % p
    x3 = (slope * slope - x1 - x2) % p
    return x3, (slope * (x1 - x3) - y1) % p


def ec_multiply(curve, k, point):
    result = None
    for bit in bin(k)[2:]:
        result = ec_add(curve, result, result)
        if bit == "1":
            result = ec_add(curve, result, point)
    return result


def ec_lift_x(curve, x_bytes):
    """RFC 9528 appendix "Compact Representation": either square root will do, for only x is used afterwards."""
    x, p = be(x_bytes), curve.p
    assert len(x_bytes) == curve.length and x < p
    y = pow(x**3 - 3 * x + curve.b, (p + 1) // 4, p)
    assert (y * y - (x**3 - 3 * x + curve.b)) % p == 0, "not on the curve"
    return x, y


def ec_public(curve, private):
    """Uncompressed point 04 || x || y."""
    x, y = ec_multiply(curve, be(private), curve.g)
    return b"\4" + x.to_bytes(curve.length, "big") + y.to_bytes(curve.length, "big")


def ecdh(curve, private, public_x):
    return ec_multiply(curve, be(private), ec_lift_x(curve, public_x))[0].to_bytes(curve.length, "big")


def rfc6979_nonces(curve, private, digest):
    """RFC 6979 section 3.2; here the hash is always exactly as long as the group order, so qlen = hlen."""
    def mac(key, data):
        return hmac(curve.hash, key, data)
    seed = private + (be(digest) % curve.n).to_bytes(curve.length, "big")
    v, k = b"\1" * curve.length, b"\0" * curve.length
    for separator in (b"\0", b"\1"):
        k = mac(k, v + separator + seed)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        if 0 < be(v) < curve.n:
            yield be(v)
        k = mac(k, v + b"\0")
        v = mac(k, v)


def ecdsa_sign(curve, private, message):
    """r || s, both at full length (RFC 9053 section 2.1)."""
    digest = hashlib.new(curve.hash, message).digest()
    for k in rfc6979_nonces(curve, private, digest):
        r = ec_multiply(curve, k, curve.g)[0] % curve.n
        s = pow(k, -1, curve.n) * (be(digest) + r * be(private)) % curve.n
        if r and s:
            return r.to_bytes(curve.length, "big") + s.to_bytes(curve.length, "big")


def ecdsa_verify(curve, public, message, signature):
    r, s = be(signature[:curve.length]), be(signature[curve.length:])
    if len(signature) != 2 * curve.length or not (0 < r < curve.n and 0 < s < curve.n):
        return False
    point = be(public[1:1 + curve.length]), be(public[1 + curve.length:])
    w = pow(s, -1, curve.n)
    e = be(hashlib.new(curve.hash, message).digest())
    sum_ = ec_add(curve, ec_multiply(curve, e * w % curve.n, curve.g), ec_multiply(curve, r * w % curve.n, point))
    return sum_ is not None and sum_[0] % curve.n == r


# ---------------------------------------------------------------- Ed25519, Ed448 (RFC 8032)

Edwards = namedtuple("Edwards", "p a d order cofactor length top_bit hash g")      # a x^2 + y^2 = 1 + d x^2 y^2

ED25519 = Edwards(
    2**255 - 19, -1, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19),
    2**252 + 27742317777372353535851937790883648493, 8, 32, 254, lambda data: hashlib.sha512(data).digest(),
    (15112221349535400772501151409588531511454012693041857206046113283949847762202,
     46316835694926478169428394003475163141307993866256225615783033603165251855960))
ED448 = Edwards(
    2**448 - 2**224 - 1, 1, -39081 % (2**448 - 2**224 - 1),
    2**446 - 13818066809895115352007386748515426880336692474882178609894547503885, 4, 57, 447,
    lambda data: shake256(b"SigEd448\0\0" + data, 114),                             # dom4(0, "")
    (224580040295924300187604334099896036246789641632564134246125461686950415467406032909029192869357953282578032075146446173674602635247710,
     298819210078481492676017930443930673437544040154080242095928241372331506189835876003536878655418784733982303233503462500531545062832660))


def ed_add(curve, p1, p2):
    (x1, y1), (x2, y2), p = p1, p2, curve.p
    cross = curve.d * x1 * x2 * y1 * y2 % p
    return ((x1 * y2 + y1 * x2) * pow(1 + cross, -1, p) % p,
            (y1 * y2 - curve.a * x1 * x2) * pow(1 - cross, -1, p) % p)


def ed_multiply(curve, k, point):
    result = (0, 1)
    for bit in bin(k)[2:]:
        result = ed_add(curve, result, result)
        if bit == "1":
            result = ed_add(curve, result, point)
    return result


def ed_encode(curve, point):
    x, y = point
    return (y | (x & 1) << (8 * curve.length - 1)).to_bytes(curve.length, "little")


def ed_decode(curve, data):
    p, sign = curve.p, data[-1] >> 7
    y = le(data) & ((1 << (8 * curve.length - 1)) - 1)
    x2 = (y * y - 1) * pow(curve.d * y * y - curve.a, -1, p) % p
    if p % 4 == 3:
        x = pow(x2, (p + 1) // 4, p)
    else:                                                                           # p = 5 mod 8
        x = pow(x2, (p + 3) // 8, p)
        if (x * x - x2) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
    assert y < p and (x * x - x2) % p == 0, "not on the curve"
    return (x if x & 1 == sign else p - x), y


def ed_secret(curve, seed):
    h = curve.hash(seed) if curve.length == 32 else shake256(seed, 114)
    scalar = le(h[:curve.length]) & ((1 << curve.top_bit) - 1) & ~(curve.cofactor - 1) | 1 << curve.top_bit
    return scalar, h[curve.length:]


def ed_public(curve, seed):
    return ed_encode(curve, ed_multiply(curve, ed_secret(curve, seed)[0], curve.g))


def ed_sign(curve, seed, message):
    scalar, prefix = ed_secret(curve, seed)
    public = ed_encode(curve, ed_multiply(curve, scalar, curve.g))
    r = le(curve.hash(prefix + message)) % curve.order
    big_r = ed_encode(curve, ed_multiply(curve, r, curve.g))
    k = le(curve.hash(big_r + public + message)) % curve.order
    return big_r + ((r + k * scalar) % curve.order).to_bytes(curve.length, "little")


def ed_verify(curve, public, message, signature):
    big_r, s = signature[:curve.length], le(signature[curve.length:])
    if len(signature) != 2 * curve.length or s >= curve.order:
        return False
    k = le(curve.hash(big_r + public + message)) % curve.order
    right = ed_add(curve, ed_decode(curve, big_r), ed_multiply(curve, k, ed_decode(curve, public)))
    return ed_multiply(curve, s, curve.g) == right


# ---------------------------------------------------------------- deterministic CBOR (RFC 8949 section 4.2.1)

def cbor(item):
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if n < 1 << (8 * size):
                return bytes([major << 5 | code]) + n.to_bytes(size, "big")
        raise ValueError("too large for CBOR")
    if item is None:
        return b"\xf6"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(cbor(element) for element in item)
    if isinstance(item, dict):
        pairs = sorted((cbor(key), cbor(value)) for key, value in item.items())
        return head(5, len(item)) + b"".join(key + value for key, value in pairs)
    raise TypeError(type(item))


def cbor_sequence(*items):
    return b"".join(cbor(item) for item in items)


def identifier_cbor(identifier):
    """RFC 9528 section 3.3.2: a byte string that is the one-byte CBOR encoding of an integer stands for itself."""
    if len(identifier) == 1 and (identifier[0] <= 0x17 or 0x20 <= identifier[0] <= 0x37):
        return identifier
    return cbor(identifier)


# ---------------------------------------------------------------- cipher suites (RFC 9528 sections 3.6 and 10.2)

Aead = namedtuple("Aead", "cose key_length iv_length seal")
AES_CCM_16_64_128 = Aead(10, 16, 13, lambda k, n, p, a: aes_ccm_seal(k, n, p, a, 8))
AES_CCM_16_128_128 = Aead(30, 16, 13, lambda k, n, p, a: aes_ccm_seal(k, n, p, a, 16))
CHACHA20_POLY1305 = Aead(24, 32, 12, chacha20_poly1305_seal)
A128GCM = Aead(1, 16, 12, aes_gcm_seal)
A256GCM = Aead(3, 32, 12, aes_gcm_seal)

# public: raw public key; x: the COSE 'x' parameter of a raw public key; crv: COSE elliptic curve
DhCurve = namedtuple("DhCurve", "crv public x dh private_length order")
SignatureKey = namedtuple("SignatureKey", "crv public sign verify private_length order")


def montgomery(crv, function, base, length):
    u = bytes([base]) + bytes(length - 1)
    return DhCurve(crv, lambda sk: function(sk, u), lambda pk: pk, function, length, None)


def weierstrass_dh(crv, curve):
    return DhCurve(crv, lambda sk: ec_public(curve, sk), lambda pk: pk[1:1 + curve.length],
                   lambda sk, x: ecdh(curve, sk, x), curve.length, curve.n)


def ecdsa(crv, curve):
    return SignatureKey(crv, lambda sk: ec_public(curve, sk), lambda sk, m: ecdsa_sign(curve, sk, m),
                        lambda pk, m, s: ecdsa_verify(curve, pk, m, s), curve.length, curve.n)


def eddsa(crv, curve):
    return SignatureKey(crv, lambda sk: ed_public(curve, sk), lambda sk, m: ed_sign(curve, sk, m),
                        lambda pk, m, s: ed_verify(curve, pk, m, s), curve.length, None)


DH_P256, DH_P384 = weierstrass_dh(1, P256), weierstrass_dh(2, P384)
DH_X25519, DH_X448 = montgomery(4, x25519, 9, 32), montgomery(5, x448, 5, 56)
ES256, ES384, EDDSA_25519, EDDSA_448 = ecdsa(1, P256), ecdsa(2, P384), eddsa(6, ED25519), eddsa(7, ED448)

Hash = namedtuple("Hash", "cose name length")           # name None: SHAKE256 with 512 bits of output
SHA256, SHA384, SHAKE256 = Hash(-16, "sha256", 32), Hash(-43, "sha384", 48), Hash(-45, None, 64)

# message_aead: what doc/mechanism.md section 9 protects per-message tokens with
Suite = namedtuple("Suite", "aead hash mac_length dh signature application_aead application_hash message_aead")
SUITES = {
    0: Suite(AES_CCM_16_64_128, SHA256, 8, DH_X25519, EDDSA_25519, AES_CCM_16_64_128, SHA256, A128GCM),
    1: Suite(AES_CCM_16_128_128, SHA256, 16, DH_X25519, EDDSA_25519, AES_CCM_16_64_128, SHA256, A128GCM),
    2: Suite(AES_CCM_16_64_128, SHA256, 8, DH_P256, ES256, AES_CCM_16_64_128, SHA256, A128GCM),
    3: Suite(AES_CCM_16_128_128, SHA256, 16, DH_P256, ES256, AES_CCM_16_64_128, SHA256, A128GCM),
    4: Suite(CHACHA20_POLY1305, SHA256, 16, DH_X25519, EDDSA_25519, CHACHA20_POLY1305, SHA256, CHACHA20_POLY1305),
    5: Suite(CHACHA20_POLY1305, SHA256, 16, DH_P256, ES256, CHACHA20_POLY1305, SHA256, CHACHA20_POLY1305),
    6: Suite(A128GCM, SHA256, 16, DH_X25519, ES256, A128GCM, SHA256, A128GCM),
    24: Suite(A256GCM, SHA384, 16, DH_P384, ES384, A256GCM, SHA384, A256GCM),
    25: Suite(CHACHA20_POLY1305, SHAKE256, 16, DH_X448, EDDSA_448, CHACHA20_POLY1305, SHAKE256, CHACHA20_POLY1305),
}


# ---------------------------------------------------------------- key derivation (RFC 9528 section 4)

def edhoc_hash(suite, data):
    return shake256(data, 64) if suite.hash is SHAKE256 else hashlib.new(suite.hash.name, data).digest()


def edhoc_extract(suite, salt, ikm):
    return kmac256(salt, ikm, 512) if suite.hash is SHAKE256 else hkdf_extract(suite.hash.name, salt, ikm)


def edhoc_expand(suite, prk, info, length):
    if suite.hash is SHAKE256:
        return kmac256(prk, info, 8 * length)
    return hkdf_expand(suite.hash.name, prk, info, length)


def make_info(info_label, context, length):
    return cbor_sequence(info_label, context, length)


def edhoc_kdf(suite, prk, info_label, context, length):
    return edhoc_expand(suite, prk, make_info(info_label, context, length), length)


def edhoc_exporter(suite, prk_exporter, exporter_label, context, length):
    return edhoc_kdf(suite, prk_exporter, exporter_label, context, length)


def make_keystream_2(suite, prk_2e, th_2, plaintext_length):
    """Appendix "Long PLAINTEXT_2": OKM(i) with info_label -i. KMAC256 has no output limit: never partitioned."""
    part = plaintext_length if suite.hash is SHAKE256 else 255 * suite.hash.length
    lengths = [min(part, plaintext_length - start) for start in range(0, plaintext_length, part)]
    return b"".join(edhoc_kdf(suite, prk_2e, -i, th_2, length) for i, length in enumerate(lengths))


# ---------------------------------------------------------------- credentials

# id_cred: the COSE header map as a dict; cred: CRED_x as the CBOR item it is in the transcript;
# raw: the same, but for a certificate the bare DER
Party = namedtuple("Party", "private id_cred cred raw")


def cose_key(key_type, public):
    """COSE_Key with the members that RFC 9679 hashes: kty, crv, x and, for EC2, y."""
    if public[0] == 4 and len(public) in (65, 97) and key_type.order:
        half = (len(public) - 1) // 2
        return {1: 2, -1: key_type.crv, -2: public[1:1 + half], -3: public[1 + half:]}
    return {1: 1, -1: key_type.crv, -2: public}


def kccs_party(private, sub, key):
    ccs = {2: sub, 8: {1: key}}
    return Party(private, {14: ccs}, cbor(ccs), cbor(ccs))


def kid_party(private, key, kid=None):
    cred = cbor({8: {1: key}})
    return Party(private, {4: kid or hashlib.sha256(cbor(key)).digest()[:8]}, cred, cred)


def x5chain_party(private, certificate):
    return Party(private, {33: certificate}, cbor(certificate), certificate)


def x5t_party(private, certificate):
    """COSE_CertHash with algorithm -15, SHA-256 truncated to 64 bits (RFC 9360, RFC 9054)."""
    return Party(private, {34: [-15, hashlib.sha256(certificate).digest()[:8]]}, cbor(certificate), certificate)


def id_cred_in_plaintext(id_cred):
    """RFC 9528 section 3.5.3.2: { 4 : kid } alone travels as the identifier, everything else as the map."""
    return identifier_cbor(id_cred[4]) if list(id_cred) == [4] else cbor(id_cred)


# ---------------------------------------------------------------- the messages (RFC 9528 section 5)

def edhoc_session(method, suite_number, x, y, c_i, c_r, initiator, responder,
                  suites_i=None, ead_1=b"", ead_2=b"", ead_3=b"", ead_4=b"", key_update_context=bytes(16)):
    """Both sides of one session; returns every intermediate value under its name in the RFC 9529 traces.

    An EAD field is given as the bytes of its CBOR sequence. Methods: 0 both sign, 1 the initiator signs,
    2 the responder signs, 3 both use static Diffie-Hellman.
    """
    suite = SUITES[suite_number]
    initiator_signs, responder_signs = method in (0, 1), method in (0, 2)
    hash_length, dh = suite.hash.length, suite.dh
    t = {}

    def kdf(name, prk, label, context, length):
        t["info_" + name] = make_info(label, context, length)
        t[name] = edhoc_kdf(suite, prk, label, context, length)

    def transcript_hash(name, *parts):
        t["input_" + name] = b"".join(parts)
        t[name] = edhoc_hash(suite, t["input_" + name])
        t[name + "_cbor"] = cbor(t[name])

    def both_ways(secret, other):
        assert secret == other and any(secret), "the two sides disagree"
        return secret

    def signature_or_mac(n, party, key_public, signs, th, ead, c_r_cbor):
        """MAC_n and Signature_or_MAC_n, n = 2 or 3; c_r_cbor leads context_2 and is empty for context_3."""
        t[f"context_{n}"] = c_r_cbor + cbor(party.id_cred) + cbor(th) + party.cred + ead
        t[f"context_{n}_cbor"] = cbor(t[f"context_{n}"])
        prk = t["prk_3e2m"] if n == 2 else t["prk_4e3m"]
        kdf(f"mac_{n}", prk, 2 if n == 2 else 6, t[f"context_{n}"], hash_length if signs else suite.mac_length)
        t[f"mac_{n}_cbor"] = cbor(t[f"mac_{n}"])
        if signs:
            protected, external_aad = cbor(party.id_cred), cbor(th) + party.cred + ead
            to_be_signed = cbor(["Signature1", protected, external_aad, t[f"mac_{n}"]])
            t[f"message_to_be_signed_{n}"] = to_be_signed
            t[f"signature_or_mac_{n}"] = suite.signature.sign(party.private, to_be_signed)
            assert suite.signature.verify(key_public, to_be_signed, t[f"signature_or_mac_{n}"])
        else:
            t[f"signature_or_mac_{n}"] = t[f"mac_{n}"]
        t[f"signature_or_mac_{n}_cbor"] = cbor(t[f"signature_or_mac_{n}"])

    def encrypt0(n, prk, first_label, th):
        """CIPHERTEXT_n, n = 3 or 4, and the message that consists of it."""
        t[f"a_{n}"] = cbor(["Encrypt0", b"", th])
        kdf(f"k_{n}", prk, first_label, th, suite.aead.key_length)
        kdf(f"iv_{n}", prk, first_label + 1, th, suite.aead.iv_length)
        t[f"ciphertext_{n}"] = suite.aead.seal(t[f"k_{n}"], t[f"iv_{n}"], t[f"plaintext_{n}"], t[f"a_{n}"])
        t[f"message_{n}"] = cbor(t[f"ciphertext_{n}"])

    # message_1
    t["application_aead_algorithm_cbor"] = cbor(suite.application_aead.cose)
    t["application_hash_algorithm_cbor"] = cbor(suite.application_hash.cose)
    t["method"] = cbor(method)
    t["suites_i"] = cbor(suites_i or suite_number)
    t["x"], t["c_i"], t["c_i_cbor"], t["ead_1"] = x, c_i, identifier_cbor(c_i), ead_1
    t["g_x"] = dh.x(dh.public(x))
    t["g_x_cbor"] = cbor(t["g_x"])
    t["message_1"] = t["method"] + t["suites_i"] + t["g_x_cbor"] + t["c_i_cbor"] + ead_1

    # message_2
    t["y"], t["c_r"], t["c_r_cbor"] = y, c_r, identifier_cbor(c_r)
    t["g_y"] = dh.x(dh.public(y))
    t["g_y_cbor"] = cbor(t["g_y"])
    t["h_message_1"] = edhoc_hash(suite, t["message_1"])
    t["h_message_1_cbor"] = cbor(t["h_message_1"])
    transcript_hash("th_2", t["g_y_cbor"], t["h_message_1_cbor"])
    t["g_xy"] = both_ways(dh.dh(x, t["g_y"]), dh.dh(y, t["g_x"]))
    t["salt"] = t["th_2"]
    t["prk_2e"] = edhoc_extract(suite, t["salt"], t["g_xy"])
    t["sk_r"] = responder.private
    t["pk_r"] = (suite.signature if responder_signs else dh).public(responder.private)
    if responder_signs:
        t["prk_3e2m"] = t["prk_2e"]
    else:
        kdf("salt_3e2m", t["prk_2e"], 1, t["th_2"], hash_length)
        t["g_rx"] = both_ways(dh.dh(responder.private, t["g_x"]), dh.dh(x, dh.x(t["pk_r"])))
        t["prk_3e2m"] = edhoc_extract(suite, t["salt_3e2m"], t["g_rx"])
    t["id_cred_r"], t["cred_r"], t["cred_r_cbor"] = cbor(responder.id_cred), responder.raw, responder.cred
    t["ead_2"] = ead_2
    signature_or_mac(2, responder, t["pk_r"], responder_signs, t["th_2"], ead_2, t["c_r_cbor"])
    t["plaintext_2"] = (t["c_r_cbor"] + id_cred_in_plaintext(responder.id_cred) + t["signature_or_mac_2_cbor"] + ead_2)
    t["info_keystream_2"] = make_info(0, t["th_2"], len(t["plaintext_2"]))          # of the unpartitioned case
    t["keystream_2"] = make_keystream_2(suite, t["prk_2e"], t["th_2"], len(t["plaintext_2"]))
    t["ciphertext_2"] = xor(t["plaintext_2"], t["keystream_2"])
    t["message_2"] = cbor(t["g_y"] + t["ciphertext_2"])

    # message_3
    t["sk_i"] = initiator.private
    t["pk_i"] = (suite.signature if initiator_signs else dh).public(initiator.private)
    transcript_hash("th_3", t["th_2_cbor"], t["plaintext_2"], responder.cred)
    if initiator_signs:
        t["prk_4e3m"] = t["prk_3e2m"]
    else:
        kdf("salt_4e3m", t["prk_3e2m"], 5, t["th_3"], hash_length)
        t["g_iy"] = both_ways(dh.dh(initiator.private, t["g_y"]), dh.dh(y, dh.x(t["pk_i"])))
        t["prk_4e3m"] = edhoc_extract(suite, t["salt_4e3m"], t["g_iy"])
    t["id_cred_i"], t["cred_i"], t["cred_i_cbor"] = cbor(initiator.id_cred), initiator.raw, initiator.cred
    t["ead_3"] = ead_3
    signature_or_mac(3, initiator, t["pk_i"], initiator_signs, t["th_3"], ead_3, b"")
    t["plaintext_3"] = id_cred_in_plaintext(initiator.id_cred) + t["signature_or_mac_3_cbor"] + ead_3
    encrypt0(3, t["prk_3e2m"], 3, t["th_3"])

    # message_4
    transcript_hash("th_4", t["th_3_cbor"], t["plaintext_3"], initiator.cred)
    t["ead_4"] = t["plaintext_4"] = ead_4
    encrypt0(4, t["prk_4e3m"], 8, t["th_4"])

    # the outcome, and EDHOC_KeyUpdate
    kdf("prk_out", t["prk_4e3m"], 7, t["th_4"], hash_length)
    kdf("prk_exporter", t["prk_out"], 10, b"", hash_length)
    t["exporter_32"] = edhoc_exporter(suite, t["prk_exporter"], 0x8100, bytes.fromhex("aabb"), 32)
    t["key_update_context"], t["key_update_context_cbor"] = key_update_context, cbor(key_update_context)
    t["key_update_label"] = cbor(11)
    t["info_key_update"] = make_info(11, key_update_context, hash_length)
    t["prk_out_after_key_update"] = edhoc_kdf(suite, t["prk_out"], 11, key_update_context, hash_length)
    t["prk_exporter_after_key_update"] = edhoc_kdf(suite, t["prk_out_after_key_update"], 10, b"", hash_length)
    return t


# ---------------------------------------------------------------- the mechanism (doc/mechanism.md sections 9 and 10)

MIC, WRAP_INTEGRITY, WRAP_CONFIDENTIALITY = 1, 2, 3


def message_token(suite, prk_exporter, direction, instance, sequence, token_type, sign_only, message):
    """A per-message token; the SIGN_ONLY data precedes the message."""
    aead, epoch = suite.message_aead, sequence >> 20
    context = cbor([direction, instance, epoch])
    key = edhoc_exporter(suite, prk_exporter, 0x8100, context, aead.key_length)
    iv = edhoc_exporter(suite, prk_exporter, 0x8101, context, aead.iv_length)
    nonce = xor(sequence.to_bytes(12, "big"), iv)
    header = bytes([token_type, direction]) + sequence.to_bytes(6, "big") + instance.to_bytes(8, "big")
    if token_type == WRAP_CONFIDENTIALITY:
        body = aead.seal(key, nonce, message, header + sign_only)
    else:
        tag = aead.seal(key, nonce, b"", header + sign_only + message)
        body = tag if token_type == MIC else message + tag
    return {"epoch": epoch, "key": key, "iv": iv, "nonce": nonce, "token": header + body}


def gss_pseudo_random(suite, prk_exporter, full, prf_in, length):
    key = edhoc_exporter(suite, prk_exporter, 0x8102 if full else 0x8103, b"", suite.hash.length)
    output, i = b"", 0
    while len(output) < length:
        i += 1
        data = i.to_bytes(4, "big") + prf_in
        output += kmac256(key, data, 512) if suite.hash is SHAKE256 else hmac(suite.hash.name, key, data)
    return output[:length]


# ---------------------------------------------------------------- self-test: primitives

def check(name, actual, expected):
    expected = bytes.fromhex(expected) if isinstance(expected, str) else expected
    assert actual == expected, f"{name}\n  have {actual.hex()}\n  want {expected.hex()}"
    TESTED.append(name)


TESTED = []


def run(first, last):
    return bytes(i & 0xFF for i in range(first, last + 1))


def test_primitives():
    unhex = bytes.fromhex
    for n in (0, 1, 135, 136, 137, 500):
        check(f"SHAKE256 of {n} bytes, as hashlib", shake256(run(1, n), 200), hashlib.shake_256(run(1, n)).digest(200))
    tagged = b"My Tagged Application"
    check("SP 800-185 KMAC256 sample 4", kmac256(run(0x40, 0x5F), run(0, 3), 512, tagged),
          "20C570C31346F703C9AC36C61C03CB64C3970D0CFC787E9B79599D273A68D2F7"
          "F69D4CC3DE9D104A351689F27CF6F5951F0103F33F4F24871024D9C27773A8DD")
    check("SP 800-185 KMAC256 sample 5", kmac256(run(0x40, 0x5F), run(0, 0xC7), 512),
          "75358CF39E41494E949707927CEE0AF20A3FF553904C86B08F21CC414BCFD691"
          "589D27CF5E15369CBBFF8B9A4C2EB17800855D0235FF635DA82533EC6B759B69")
    check("SP 800-185 KMAC256 sample 6", kmac256(run(0x40, 0x5F), run(0, 0xC7), 512, tagged),
          "B58618F71F92E1D56C1B8C55DDD7CD188B97B4CA4D99831EB2699A837DA2E4D9"
          "70FBACFDE50033AEA585F1A2708510C32D07880801BD182898FE476876FC8965")
    check("RFC 5869 test case 1", hkdf_expand("sha256", hkdf_extract("sha256", run(0, 12), b"\x0b" * 22), run(0xF0, 0xF9), 42),
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    check("FIPS 197 C.1", aes_encrypt_block(run(0, 15), unhex("00112233445566778899aabbccddeeff")),
          "69c4e0d86a7b0430d8cdb78070b4c55a")
    check("FIPS 197 C.3", aes_encrypt_block(run(0, 31), unhex("00112233445566778899aabbccddeeff")),
          "8ea2b7ca516745bfeafc49904b496089")
    check("RFC 3610 packet vector 1", aes_ccm_seal(run(0xC0, 0xCF), unhex("00000003020100a0a1a2a3a4a5"),
                                                   run(8, 0x1E), run(0, 7), 8),
          "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0")
    check("RFC 3610 packet vector 2", aes_ccm_seal(run(0xC0, 0xCF), unhex("00000004030201a0a1a2a3a4a5"),
                                                   run(8, 0x1F), run(0, 7), 8),
          "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916")
    check("RFC 3610 packet vector 7", aes_ccm_seal(run(0xC0, 0xCF), unhex("00000009080706a0a1a2a3a4a5"),
                                                   run(8, 0x1E), run(0, 7), 10),
          "0135d1b2c95f41d5d1d4fec185d166b8094e999dfed96c048c56602c97acbb7490")
    gcm_plaintext = unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    gcm_aad, gcm_iv = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), unhex("cafebabefacedbaddecaf888")
    gcm_key = unhex("feffe9928665731c6d6a8f9467308308")
    check("GCM test case 1", aes_gcm_seal(bytes(16), bytes(12), b"", b""), "58e2fccefa7e3061367f1d57a4e7455a")
    check("GCM test case 2", aes_gcm_seal(bytes(16), bytes(12), bytes(16), b""),
          "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")
    check("GCM test case 4", aes_gcm_seal(gcm_key, gcm_iv, gcm_plaintext, gcm_aad),
          "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
          "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47")
    check("GCM test case 16", aes_gcm_seal(gcm_key * 2, gcm_iv, gcm_plaintext, gcm_aad),
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")
    check("RFC 8439 section 2.8.2", chacha20_poly1305_seal(
        run(0x80, 0x9F), unhex("070000004041424344454647"),
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        unhex("50515253c0c1c2c3c4c5c6c7")),
          "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
          "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
          "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")
    check("RFC 7748 section 5.2 X25519",
          x25519(unhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                 unhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
          "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    check("RFC 7748 section 5.2 X448",
          x448(unhex("3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121"
                     "700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3"),
               unhex("06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9"
                     "814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086")),
          "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f")
    check("RFC 7748 section 5.2 X25519, iterated once", DH_X25519.public(b"\x09" + bytes(31)),
          "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
    check("RFC 7748 section 5.2 X448, iterated once", DH_X448.public(b"\x05" + bytes(55)),
          "3f482c8a9f19b01e6c46ee9711d9dc14fd4bf67af30765c2ae2b846a4d23a8cd0db897086239492caf350b51f833868b9bc2b3bca9cf4113")
    check("RFC 5903 section 8.1 P-256", ecdh(
        P256, unhex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"),
        ec_public(P256, unhex("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53"))[1:33]),
          "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")
    check("RFC 5903 section 8.2 P-384", ecdh(
        P384, unhex("099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783AB194"),
        ec_public(P384, unhex("41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942"
                              "E0308312916B8ED2960E4BD55A7448FC"))[1:49]),
          "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F59746")
    check("RFC 6979 A.2.5 P-256 SHA-256", ecdsa_sign(
        P256, unhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"), b"sample"),
          "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
          "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
    check("RFC 6979 A.2.6 P-384 SHA-384", ecdsa_sign(
        P384, unhex("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"), b"sample"),
          "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
          "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8")
    for name, curve, seed, public, message, signature in (
            ("RFC 8032 7.1 Ed25519 test 1", ED25519, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
             "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
             "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            ("RFC 8032 7.1 Ed25519 test 2", ED25519, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
            ("RFC 8032 7.4 Ed448 blank", ED448,
             "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
             "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
             "",
             "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980"
             "ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"),
            ("RFC 8032 7.4 Ed448 1 octet", ED448,
             "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
             "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
             "03",
             "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd77980"
             "5e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00")):
        check(name + " public key", ed_public(curve, unhex(seed)), public)
        check(name + " signature", ed_sign(curve, unhex(seed), unhex(message)), signature)
        assert ed_verify(curve, unhex(public), unhex(message), unhex(signature))
        assert not ed_verify(curve, unhex(public), unhex(message) + b"!", unhex(signature))
    check("RFC 8949 appendix A", cbor([0, 23, 24, 1000, -1, -24, -25, -1000, 2**64 - 1, b"\1\2\3\4", "IETF", None]),
          "8c001718181903e8203738183903e71bffffffffffffffff44010203046449455446f6")
    check("RFC 9528 section 3.3.2", b"".join(map(identifier_cbor, (b"\x21", b"\x0d", b"\x18", b"\x38", b"\xab\xcd", b""))),
          "210d4118413842abcd40")


# ---------------------------------------------------------------- self-test: the traces of RFC 9529

def load_trace(number):
    with open(os.path.join(VECTORS, f"rfc9529-trace{number}.json"), encoding="ascii") as file:
        return {name: bytes.fromhex(value) for name, value in json.load(file).items()}


def add_oscore(t, suite):
    """RFC 9528 appendix "Deriving the OSCORE Security Context", which the traces contain."""
    t["client_oscore_sender_id"], t["server_oscore_sender_id"] = t["c_r"], t["c_i"]
    t["info_prk_exporter"] = make_info(10, b"", suite.hash.length)
    for label, name, length in ((0, "oscore_master_secret", 16), (1, "oscore_master_salt", 8)):
        t[name + "_label"], t["info_" + name] = cbor(label), make_info(label, b"", length)
        t[name] = edhoc_exporter(suite, t["prk_exporter"], label, b"", length)
        t[name + "_after_key_update"] = edhoc_exporter(suite, t["prk_exporter_after_key_update"], label, b"", length)


def compare_trace(number, trace, computed, not_computed):
    """Every value of the trace must be computed, equal, unless the caller says why not."""
    for name in trace:
        if name not in not_computed:
            assert name in computed, f"trace {number}: {name} is not computed"
            check(f"RFC 9529 trace {number} {name}", computed[name], trace[name])


def test_trace_1():
    """Method 0, suite 0, X.509 certificates by hash."""
    trace = load_trace(1)
    initiator, responder = (x5t_party(trace["sk_" + side], trace["cred_" + side]) for side in "ir")
    t = edhoc_session(0, 0, trace["x"], trace["y"], trace["c_i"], trace["c_r"], initiator, responder,
                      key_update_context=trace["key_update_context"])
    add_oscore(t, SUITES[0])
    for side, role in (("i", "initiator"), ("r", "responder")):                    # the certificates themselves
        der = t["cred_" + side]
        assert der[:3] == b"\x30\x81\xee" and der[3:5] == b"\x30\x81" and der[-67:-64] == b"\x03\x41\x00"
        assert ed_verify(ED25519, trace["root_public_key"], der[3:6 + der[5]], der[-64:])
        t[role + "_certificate_der"], t[role + "_certificate_serial"] = der, der[13:17]
        t[role + "_certificate_signature"] = der[-64:]
        t[role + "_public_key"] = t["pk_" + side]
    assert ed_verify(ED25519, t["pk_r"], trace["message_to_be_signed_2"], trace["signature_or_mac_2"])
    compare_trace(1, trace, t, ("root_public_key", "root_certificate_serial", "root_certificate_signature"))  # given


def test_trace_2():
    """Method 3, suites 6 then 2, kid of one byte naming a CCS whose COSE_Key has a kid too."""
    trace, parties = load_trace(2), {}
    for side, sub, kid in (("i", "42-50-31-FF-EF-37-32-39", b"\x2b"), ("r", "example.edu", b"\x32")):
        key = {**cose_key(DH_P256, ec_public(P256, trace["sk_" + side])), 2: kid}
        parties[side] = kccs_party(trace["sk_" + side], sub, key)._replace(id_cred={4: kid})
    t = edhoc_session(3, 2, trace["x"], trace["y"], trace["c_i"], trace["c_r"], parties["i"], parties["r"],
                      suites_i=[6, 2], key_update_context=trace["key_update_context"])
    add_oscore(t, SUITES[2])
    for name, public in (("g_x_y", ec_public(P256, t["x"])), ("g_y_y", ec_public(P256, t["y"])),
                         ("pk_i_y", t["pk_i"]), ("pk_r_y", t["pk_r"])):
        t[name + "_coordinate"] = public[33:]
    t["pk_i_x_coordinate"], t["pk_r_x_coordinate"] = t["pk_i"][1:33], t["pk_r"][1:33]
    t["first_method"], t["first_suites_i"], t["first_ead_1"] = cbor(3), cbor(6), b""
    t["first_x"], t["first_c_i"] = trace["first_x"], trace["first_c_i"]
    # The RFC's first message_1 names suite 6, whose curve is X25519, but its G_X is the P-256 key of X.
    t["first_g_x"], t["first_c_i_cbor"] = DH_P256.x(DH_P256.public(t["first_x"])), identifier_cbor(t["first_c_i"])
    t["first_g_x_cbor"] = cbor(t["first_g_x"])
    t["first_message_1"] = (t["first_method"] + t["first_suites_i"] + t["first_g_x_cbor"] + t["first_c_i_cbor"])
    t["suites_r"], t["error"] = cbor(2), cbor_sequence(2, 2)
    compare_trace(2, trace, t, ())


def self_test():
    test_primitives()
    test_trace_1()
    test_trace_2()
    return TESTED


if __name__ == "__main__":
    for tested in self_test():
        print("ok", tested)
    print(len(TESTED), "tests passed")

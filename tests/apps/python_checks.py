#!/usr/bin/python3
"""The mechanism through python3-gssapi, both ends in one process; run by python.sh in a folder with
the keys. Prints a line for each test, `ok TEXT` or `not ok TEXT`, and at last `done`."""
import os
import pickle
import sys
import threading
import traceback

import gssapi
from gssapi import raw
from gssapi.exceptions import (BadChannelBindingsError, BadMICError, BadNameError, DuplicateTokenError,
                               GSSError, MissingCredentialsError, OperationUnavailableError,
                               TokenTooLateError)

EDHOC = gssapi.OID.from_int_seq(os.environ["MECH_OID"])
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
SSPI_SESSION_KEY = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2.5.5")
USER = gssapi.NameType.user
SERVICE = gssapi.NameType.hostbased_service
FLAG = gssapi.RequirementFlag
CHANNEL_BOUND = 0x800

TESTS = []


def test(text):
    def register(function):
        TESTS.append((text, function))
        return function
    return register


# -- Two ends ----------------------------------------------------------------------------------

def mine(who="alice", trust="client.trust", mechs=(EDHOC,), **more):
    return gssapi.Credentials(usage="initiate", mechs=mechs,
                              store={"edhoc_identity": who, "edhoc_trust": trust, **more})


def its(key="server", trust="server.trust", mechs=(EDHOC,), **more):
    return gssapi.Credentials(usage="accept", mechs=mechs,
                              store={"edhoc_service_identity": key, "edhoc_trust": trust, **more})


def ends(me=None, it=None, target="demo@localhost", flags=None, mech=EDHOC, bindings=(None, None)):
    return (gssapi.SecurityContext(name=gssapi.Name(target, SERVICE), creds=me or mine(), flags=flags,
                                   mech=mech, usage="initiate", channel_bindings=bindings[0]),
            gssapi.SecurityContext(creds=it or its(), usage="accept", channel_bindings=bindings[1]))


def shake(client, server):
    """Carries tokens to and fro; how many."""
    count, token, turn, other = 0, client.step(), server, client
    while token:
        count += 1
        token = turn.step(token)
        turn, other = other, turn
    assert client.complete and server.complete
    return count


def both(**how):
    client, server = ends(**how)
    shake(client, server)
    return client, server


def raises(kind, function, *args, **more):
    try:
        function(*args, **more)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


# -- Mechanisms and names ----------------------------------------------------------------------

@test("the mechanism is there, with its attributes and its SASL name")
def _():
    assert EDHOC in raw.indicate_mechs()
    assert raw.inquire_attrs_for_mech(EDHOC).mech_attrs
    name = raw.inquire_saslname_for_mech(EDHOC)
    assert name.sasl_mech_name.startswith(b"GS2-"), name
    assert raw.inquire_mech_for_saslname(name.sasl_mech_name) == EDHOC
    assert USER in raw.inquire_names_for_mech(EDHOC)


@test("names: imported, canonical, compared")
def _():
    name = gssapi.Name("demo@LocalHost.", SERVICE).canonicalize(EDHOC)
    assert str(name) == "demo@localhost" and name.name_type == SERVICE
    assert name.is_mech_name and name.mech == EDHOC
    assert name == gssapi.Name("demo@localhost", SERVICE)
    assert name != gssapi.Name("demo@localhost", USER).canonicalize(EDHOC)
    assert gssapi.Name("demo@", SERVICE).canonicalize(EDHOC) == gssapi.Name("demo", SERVICE)
    raises(BadNameError, gssapi.Name("@localhost", SERVICE).canonicalize, EDHOC)


@test("names: exported and imported again")
def _():
    name = gssapi.Name("alice", USER).canonicalize(EDHOC)
    again = gssapi.Name(name.export(), gssapi.NameType.export)
    assert again == name and str(again) == "alice"
    assert name.export()[:2] == b"\x04\x01"


# -- Credentials -------------------------------------------------------------------------------

@test("credentials: from a store")
def _():
    creds = mine()
    assert creds.usage == "initiate" and creds.mechs == {EDHOC}
    assert creds.lifetime is None and str(creds.name) == "alice"
    server = its()
    assert server.usage == "accept" and str(server.name) == "demo@localhost"


@test("credentials: raw, for a name")
def _():
    name = raw.import_name(b"demo@localhost", SERVICE)
    store = {b"edhoc_service_identity": b"server", b"edhoc_trust": b"server.trust", b"keytab": b"x"}
    result = raw.acquire_cred_from(store, name, mechs=[EDHOC], usage="accept")
    assert result.mechs == {EDHOC}
    other = raw.import_name(b"imap@localhost", SERVICE)
    error = raises(MissingCredentialsError, raw.acquire_cred_from, store, other, mechs=[EDHOC],
                   usage="accept")
    assert "not for imap@localhost" in str(error), error


@test("credentials: none, and the error says what to do")
def _():
    error = raises(MissingCredentialsError, mine, who="no-such-key")
    assert "no-such-key does not exist" in str(error) and "gss-edhoc keygen" in str(error), error


@test("credentials: inquired by mechanism")
def _():
    facts = mine().inquire_by_mech(EDHOC)
    assert str(facts.name) == "alice" and facts.usage == "initiate"


@test("credentials: exported and imported again")
def _():
    # Imported where the files are; the export holds no private key.
    here = os.getcwd()
    me = mine(who=f"{here}/alice", trust=f"{here}/client.trust")
    again = gssapi.Credentials(token=me.export())
    client, server = both(me=again)
    assert str(server.initiator_name) == "alice"


# -- Contexts ----------------------------------------------------------------------------------

@test("a context: three tokens, both names, mechanism and lifetime")
def _():
    client, server = ends()
    assert not client.complete
    assert shake(client, server) == 3
    for end in client, server:
        assert str(end.initiator_name) == "alice", end.initiator_name
        assert str(end.target_name) == "demo@localhost", end.target_name
        assert end.mech == EDHOC and end.lifetime > 1000
    assert client.locally_initiated and not server.locally_initiated
    assert server.delegated_creds is None


@test("a context: `confirm` makes it four tokens")
def _():
    client, server = ends(me=mine(edhoc_options="confirm"))
    assert shake(client, server) == 4


@test("flags: what is asked for is there, at both ends")
def _():
    wanted = [FLAG.confidentiality, FLAG.integrity, FLAG.mutual_authentication,
              FLAG.replay_detection, FLAG.out_of_sequence_detection]
    client, server = both(flags=wanted)
    for flag in wanted + [FLAG.protection_ready, FLAG.transferable]:
        assert flag in client.actual_flags and flag in server.actual_flags, flag
    for flag in FLAG.delegate_to_peer, FLAG.anonymity:
        assert flag not in client.actual_flags and flag not in server.actual_flags, flag


@test("flags: no order is kept that nobody asked for")
def _():
    client, server = both(flags=[FLAG.integrity])
    assert FLAG.out_of_sequence_detection not in client.actual_flags
    assert FLAG.out_of_sequence_detection not in server.actual_flags
    first, second = client.wrap(b"1", True).message, client.wrap(b"2", True).message
    assert server.unwrap(second).message == b"2" and server.unwrap(first).message == b"1"


@test("flags: the DCE style")
def _():
    client, server = ends(flags=[FLAG.dce_style, FLAG.mutual_authentication],
                          me=mine(edhoc_options="confirm"))
    assert shake(client, server) == 3
    assert FLAG.dce_style in client.actual_flags and FLAG.dce_style in server.actual_flags


@test("inside SPNEGO")
def _():
    me, it = mine(mechs=(SPNEGO, EDHOC)), its(mechs=(SPNEGO, EDHOC))
    for creds in me, it:
        raw.set_neg_mechs(creds, [EDHOC])
    client, server = both(me=me, it=it, mech=SPNEGO)
    assert str(server.initiator_name) == "alice"
    assert server.decrypt(client.encrypt(b"sealed")) == b"sealed"


@test("exported and imported again, in the middle of a conversation")
def _():
    client, server = both()
    assert server.decrypt(client.encrypt(b"one")) == b"one"
    client = gssapi.SecurityContext(token=client.export())
    server = pickle.loads(pickle.dumps(server))
    assert str(client.target_name) == "demo@localhost" and str(server.initiator_name) == "alice"
    assert client.mech == EDHOC and client.locally_initiated and not server.locally_initiated
    assert server.decrypt(client.encrypt(b"two")) == b"two"
    assert client.decrypt(server.encrypt(b"three")) == b"three"


@test("the SSPI session key is the same at both ends")
def _():
    client, server = both()
    keys = [raw.inquire_sec_context_by_oid(end, SSPI_SESSION_KEY) for end in (client, server)]
    assert keys[0] == keys[1] and len(keys[0][0]) == 32


# -- Messages ----------------------------------------------------------------------------------

@test("messages: sealed, in both directions and in all sizes")
def _():
    client, server = both()
    for size in 0, 1, 15, 16, 17, 4096, 1 << 20:
        text = os.urandom(size)
        for sender, receiver in (client, server), (server, client):
            token = sender.wrap(text, True)
            assert token.encrypted and (size < 15 or text not in token.message)
            plain = receiver.unwrap(token.message)
            assert plain.message == text and plain.encrypted


@test("messages: wrapped without sealing")
def _():
    client, server = both()
    token = client.wrap(b"for all to see", False)
    assert not token.encrypted and b"for all to see" in token.message
    plain = server.unwrap(token.message)
    assert plain.message == b"for all to see" and not plain.encrypted


@test("messages: no wrapped one is longer than the limit says")
def _():
    client, _ = both()
    for sealed in True, False:
        size = client.get_wrap_size_limit(1000, sealed)
        assert size > 900 and len(client.wrap(b"x" * size, sealed).message) <= 1000


@test("messages: signed; a changed one is noticed")
def _():
    client, server = both()
    mic = server.get_signature(b"signed")
    client.verify_signature(b"signed", mic)
    raises(BadMICError, client.verify_signature, b"signet", server.get_signature(b"signed"))
    token = bytearray(client.wrap(b"wrapped", True).message)
    token[-1] ^= 1
    raises(BadMICError, server.unwrap, bytes(token))


@test("messages: replayed and late ones are noticed")
def _():
    client, server = both(flags=[FLAG.replay_detection, FLAG.out_of_sequence_detection])
    first, second = (client.wrap(text, True).message for text in (b"1", b"2"))
    assert server.unwrap(first).message == b"1"
    raises(DuplicateTokenError, server.unwrap, first)
    client, server = both(flags=[FLAG.replay_detection, FLAG.out_of_sequence_detection])
    tokens = [client.wrap(b"x", True).message for _ in range(3)]
    raises(GSSError, server.unwrap, tokens[1])  # one is missing
    raises(TokenTooLateError, server.unwrap, tokens[0])


# -- IOV ---------------------------------------------------------------------------------------

TYPE = raw.IOVBufferType


@test("IOV: header, data and trailer; any unwraps what the other wraps")
def _():
    client, server = both()
    for sealed in True, False:
        iov = raw.IOV(b"some data")
        assert raw.wrap_iov(client, iov, confidential=sealed) == sealed
        token = b"".join(buffer.value or b"" for buffer in iov)
        assert (b"some data" in token) != sealed
        assert server.unwrap(token).message == b"some data"
        # Allocated, because the library would free data that points into the stream.
        stream = raw.IOV((TYPE.stream, server.wrap(b"some data", sealed).message),
                         (TYPE.data, True, None), std_layout=False)
        result = raw.unwrap_iov(client, stream)
        assert result.encrypted == sealed and stream[1].value == b"some data"


@test("IOV: lengths are told beforehand")
def _():
    client, _ = both()
    iov = raw.IOV(b"some data", auto_alloc=False)
    raw.wrap_iov_length(client, iov)
    told = [len(buffer.value or b"") for buffer in iov]
    iov = raw.IOV(b"some data")
    raw.wrap_iov(client, iov)
    assert told == [len(buffer.value or b"") for buffer in iov], told


@test("IOV: what is only signed is noticed when it changes")
def _():
    client, server = both()
    for other in b"header", b"Header":
        iov = raw.IOV((TYPE.sign_only, b"header"), b"some data")
        raw.wrap_iov(client, iov)
        got = raw.IOV(*((b.type, False, other if b.type == TYPE.sign_only else b.value or b"")
                        for b in iov), std_layout=False)
        if other == b"header":
            raw.unwrap_iov(server, got)
            assert b"some data" in [b.value for b in got]
        else:
            raises(BadMICError, raw.unwrap_iov, server, got)


@test("IOV: associated data, as wrap_aead does it")
def _():
    client, server = both()
    token = raw.wrap_aead(client, b"some data", b"seen by all").message
    assert raw.unwrap_aead(server, token, b"seen by all").message == b"some data"
    token = raw.wrap_aead(client, b"some data", b"seen by all").message
    raises(BadMICError, raw.unwrap_aead, server, token, b"changed")


@test("IOV: signatures")
def _():
    client, server = both()
    iov = raw.IOV(b"some ", (TYPE.sign_only, b"data"), TYPE.mic_token, std_layout=False)
    raw.get_mic_iov(client, iov)
    server.verify_signature(b"some data", iov[2].value)
    iov = raw.IOV(b"some ", b"data", (TYPE.mic_token, False, server.get_signature(b"some data")),
                  std_layout=False)
    raw.verify_mic_iov(client, iov)


# -- Channel bindings --------------------------------------------------------------------------

ONE = raw.ChannelBindings(application_data=b"tls-exporter:one")
TWO = raw.ChannelBindings(application_data=b"tls-exporter:two")


def is_bound(context):
    return bool(int(raw.inquire_context(context, flags=True).flags) & CHANNEL_BOUND)


@test("channel bindings: the same at both ends, and both know")
def _():
    client, server = both(bindings=(ONE, ONE))
    assert is_bound(client) and is_bound(server)


@test("channel bindings: different ones are refused, at both ends")
def _():
    client, server = ends(bindings=(ONE, TWO))
    token = server.step(client.step(server.step(client.step())))
    raises(BadChannelBindingsError, lambda: server.complete)
    assert "peer says" in str(raises(GSSError, client.step, token) if token else "no token")


@test("channel bindings: at one end only they do not count")
def _():
    for bindings in (ONE, None), (None, ONE):
        client, server = both(bindings=bindings)
        assert not is_bound(client) and not is_bound(server)


# -- Errors ------------------------------------------------------------------------------------

def error_of(context):
    """The error of the last step, whose token step() has returned."""
    return str(raises(GSSError, lambda: context.complete))


@test("errors: the client refuses, and the server hears of it")
def _():
    client, server = ends(it=its(key="impostor"))
    token = client.step(server.step(client.step()))
    assert token, "no error token"
    assert "client.trust" in error_of(client)
    raises(GSSError, server.step, token)


@test("errors: GSSError.token, delivered to the peer, gives `peer says'")
def _():
    client, server = ends(it=its(key="impostor"))
    client.__DEFER_STEP_ERRORS__ = server.__DEFER_STEP_ERRORS__ = False
    error = raises(GSSError, client.step, server.step(client.step()))
    assert error.token
    heard = raises(GSSError, server.step, error.token)
    assert "peer says: authentication failed" in str(heard), heard
    assert "client.trust" not in str(heard)


@test("errors: a stranger is refused, and hears no reason")
def _():
    client, server = ends(me=mine(who="mallory", edhoc_options="confirm"))
    token = server.step(client.step(server.step(client.step())))
    assert "server.trust" in error_of(server)
    client.__DEFER_STEP_ERRORS__ = False
    heard = str(raises(GSSError, client.step, token))
    assert "peer says: authentication failed" in heard and "server.trust" not in heard, heard


@test("errors: the client asks for a service that is not here, and is not told that it is that")
def _():
    client, server = ends(target="imap@localhost", me=mine(trust="imap.trust"))
    token = server.step(client.step())
    assert "imap@localhost" in error_of(server)
    client.__DEFER_STEP_ERRORS__ = False
    heard = str(raises(GSSError, client.step, token))
    assert "peer says: authentication failed" in heard and "service" not in heard, heard


@test("errors: garbage, and then nothing works any more")
def _():
    client, server = ends()
    client.__DEFER_STEP_ERRORS__ = server.__DEFER_STEP_ERRORS__ = False
    server.step(client.step())
    raises(GSSError, server.step, b"garbage")
    raises(GSSError, server.step, b"garbage")
    raises(GSSError, server.wrap, b"text", True)
    raises(GSSError, ends()[1].step, b"garbage")


# -- Attributes --------------------------------------------------------------------------------

@test("attributes: of an authenticated client")
def _():
    for mech in EDHOC, SPNEGO:
        me, it = mine(mechs=(SPNEGO, EDHOC)), its(mechs=(SPNEGO, EDHOC))
        for creds in me, it:
            raw.set_neg_mechs(creds, [EDHOC])
        _, server = both(me=me, it=it, mech=mech)
        attributes = server.initiator_name.attributes
        for urn, value in ((b"urn:gss-edhoc:kind", b"user"), (b"urn:gss-edhoc:comment", b"alice's desk"),
                           (b"local-login-user", b"al")):
            assert attributes[urn].values == [value], (mech, urn, attributes[urn])
            assert attributes[urn].authenticated and attributes[urn].complete
        (key,) = attributes[b"urn:gss-edhoc:key-sha256"].values
        assert key.decode().startswith(os.environ["ALICE_KEY"]) and len(key) == 64
        raises(OperationUnavailableError, lambda: attributes[b"urn:no-such-attribute"])


@test("attributes: a name that nobody proved has no authenticated ones")
def _():
    name = gssapi.Name("alice", USER).canonicalize(EDHOC)
    assert b"local-login-user" not in list(name.attributes)
    assert not name.attributes[b"urn:gss-edhoc:kind"].authenticated


# -- Threads -----------------------------------------------------------------------------------

@test("eight threads with the same credentials")
def _():
    me, it = mine(), its()
    failed = []

    def work():
        try:
            for _ in range(10):
                client, server = both(me=me, it=it)
                assert server.decrypt(client.encrypt(b"hello")) == b"hello"
        except BaseException:  # noqa: what failed is told by the main thread
            failed.append(traceback.format_exc())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]


for text, function in TESTS:
    try:
        function()
        print("ok", text)
    except BaseException:
        print("not ok", text)
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()[-12:]), end="")
    sys.stdout.flush()
print("done")

#!/usr/bin/python3
"""python3-gssapi's own tests, which are written for Kerberos, over this mechanism; run by python.sh
in a folder, with keys for both sides named host@suite.example in the environment. What they call
krb5 is this mechanism, what they call a realm is that folder, and the third token, which
Kerberos does not have, is carried to the acceptor behind their back.

Prints a line for each test: `ok NAME`, `not ok NAME: WHY`, `skip NAME`; and at last `done`."""
import os
import sys
import types
import unittest

import gssapi
import gssapi.raw as raw
import gssapi.raw.creds
import gssapi.raw.sec_contexts

EDHOC = gssapi.OID.from_int_seq(os.environ["MECH_OID"])
HOST = "suite.example"

# What has to differ, by the beginnings of the tests' names.
DIFFERS = {
    "TestAcceptContext.test_bad_channel_binding": "bindings come in the third token",
    "TestAcceptContext.test_basic_accept": "the library tells the mechanism when it is complete",
    "TestBaseUtilities.test_acquire_cred_with_password": "a password opens an encrypted key only",
    "TestBaseUtilities.test_add_cred_with_password": "a password opens an encrypted key only",
    "TestBaseUtilities.test_store_cred": "there is nothing to store",
    "TestInitContext.test_basic_init_default_ctx": "half open, a context has no lifetime",
    "CredsTestCase.test_store": "there is nothing to store",
    "NamesTestCase.test_canonicalize": "a principal's form",
    "NamesTestCase.test_display_as": "a principal's form",
    "SecurityContextTestCase.test_bad_channel_bindings": "bindings come in the third token",
    "SecurityContextTestCase.test_complete_on_partially": "the third token came behind its back",
    "SecurityContextTestCase.test_defer_step_error": "bindings come in the third token",
    "SecurityContextTestCase.test_encrypt_decrypt_throws": "there is no CONF unless asked for",
    "SecurityContextTestCase.test_initiate_accept_steps": "a key has no end",
}


# -- What the tests import ---------------------------------------------------------------------

class Realm:
    """k5test's, as far as the tests use it."""
    provider = "mit"
    realm = ""
    tmpdir = os.getcwd()
    ccache = "none"
    env = {}
    host_princ = f"host@{HOST}"
    user_princ = "suite@"
    admin_princ = "suite/admin@"

    def __init__(self):
        self.env = dict(os.environ)

    def kinit(self, *_args, **_more):
        pass

    addprinc = extract_keytab = kinit

    @staticmethod
    def password(_who):
        return "no password"


class KerberosTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.realm = Realm()

    @classmethod
    def tearDownClass(cls):
        pass

    def assertIsInstance(self, obj, cls, msg=None):
        """A lifetime, too, that has no end: Kerberos's has one."""
        if not (obj is None and cls is int):
            super().assertIsInstance(obj, cls, msg)

    def assertLessEqual(self, a, b, msg=None):
        if a is not None:
            super().assertLessEqual(a, b, msg)


def taken(*_args, **_more):
    return lambda function: function


def extension(name, text):
    if name in ("s4u", "krb5"):
        return unittest.skip(f"{text}: Kerberos's own")
    try:
        __import__(f"gssapi.raw.ext_{name}")
    except ImportError:
        return unittest.skip(text)
    return lambda function: function


def install_k5test():
    k5test, unit = types.ModuleType("k5test"), types.ModuleType("k5test.unit")
    k5test.KerberosTestCase, k5test.unit = KerberosTestCase, unit
    unit.gssapi_extension_test = extension
    unit.krb_minversion_test = unit.krb_provider_test = taken
    unit.krb_plugin_test = lambda *_args: unittest.skip("a plugin of Kerberos's")
    sys.modules["k5test"], sys.modules["k5test.unit"] = k5test, unit


# -- Three tokens instead of two ---------------------------------------------------------------

waiting = []  # acceptors that want another token


def accept(original):
    def accept_sec_context(*args, **more):
        answer = original(*args, **more)
        if answer.more_steps:
            waiting.append((answer.context, more.get("channel_bindings")))
        return answer
    return accept_sec_context


def initiate(original, carry):
    def init_sec_context(*args, **more):
        answer = original(*args, **more)
        if not answer.more_steps and answer.token and waiting:
            context, bindings = waiting.pop()
            carry(answer.token, context=context, channel_bindings=bindings)
        return answer
    return init_sec_context


def patch():
    contexts = raw.sec_contexts
    init, acc = contexts.init_sec_context, contexts.accept_sec_context
    for module in (raw, contexts):
        module.init_sec_context = initiate(init, acc)
        module.accept_sec_context = accept(acc)
    raw.MechType.kerberos = EDHOC
    raw.NameType.kerberos_principal = raw.NameType.hostbased_service


# -- Running them ------------------------------------------------------------------------------

def name_of(test):
    return test.id().split(".", 3)[-1]


def why_different(test):
    return next((DIFFERS[name] for name in DIFFERS if name_of(test).startswith(name)), None)


class Lines(unittest.TestResult):
    def addSuccess(self, test):
        if why_different(test):
            print(f"not ok {name_of(test)}: is said to differ, and does not")
        else:
            print("ok", name_of(test))

    def addSkip(self, test, reason):
        print(f"skip {name_of(test)}: {reason}")

    def addFailure(self, test, err):
        text = str(err[1]).split("\n")[0]
        if why_different(test):
            print(f"skip {name_of(test)}: {why_different(test)}")
        else:
            print(f"not ok {name_of(test)}: {err[0].__name__}: {text}")

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(subtest, err)


def main():
    install_k5test()
    patch()
    import socket
    socket.getfqdn = lambda *_args: HOST
    from gssapi.tests import test_high_level, test_raw
    for module in (test_raw, test_high_level):
        module.SERVICE_PRINCIPAL = module.TARGET_SERVICE_NAME = f"host@{HOST}".encode()
        unittest.defaultTestLoader.loadTestsFromModule(module).run(Lines())
    print("done")


main()

#!/usr/bin/python3
"""client.py HOST PORT MESSAGE: says MESSAGE to server.py, sealed, and prints the answer.

The server is demo@HOST, and no other key than the pinned one is taken for it. Keys are where
mech_edhoc(8) says, or in the environment: GSS_EDHOC_IDENTITY and GSS_EDHOC_TRUST.
"""
import socket
import struct
import sys

import gssapi

EDHOC = gssapi.OID.from_int_seq(
    "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869")


def send(stream, token):
    stream.write(struct.pack(">I", len(token)) + token)
    stream.flush()


def receive(stream):
    size = int.from_bytes(stream.read(4), "big")
    if not size:
        raise EOFError("the server has hung up; its log says why")
    return stream.read(size)


host, port, message = sys.argv[1:]
try:
    with socket.create_connection((host, int(port))) as sock, sock.makefile("rwb") as stream:
        service = gssapi.Name(f"demo@{host}", gssapi.NameType.hostbased_service)
        # confirm: the server tells us that it accepted us, before we say anything
        mine = gssapi.Credentials(usage="initiate", mechs=[EDHOC], store={"edhoc_options": "confirm"})
        context = gssapi.SecurityContext(name=service, creds=mine, mech=EDHOC, usage="initiate")
        token = context.step()
        while token:
            send(stream, token)
            # raises what went wrong, once its token is sent
            token = None if context.complete else context.step(receive(stream))
        send(stream, context.encrypt(message.encode()))
        print(f"{context.target_name} says: {context.decrypt(receive(stream)).decode()}")
except (gssapi.exceptions.GSSError, EOFError) as error:
    sys.exit(f"{sys.argv[0]}: {error}")

#!/usr/bin/python3
"""server.py [PORT]: greets whom client.py authenticates as, and prints what they say.

Its key and the keys that it trusts are where mech_edhoc(8) says, or in the environment:
GSS_EDHOC_SERVICE_IDENTITY and GSS_EDHOC_TRUST. Debian package: python3-gssapi.
"""
import socketserver
import struct
import sys

import gssapi

EDHOC = gssapi.OID.from_int_seq(
    "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869")


class Connection(socketserver.StreamRequestHandler):
    def send(self, token):
        self.wfile.write(struct.pack(">I", len(token)) + token)

    def receive(self):
        size = int.from_bytes(self.rfile.read(4), "big")
        if not 0 < size < 65536:
            raise EOFError("no more tokens")
        return self.rfile.read(size)

    def handle(self):
        context = gssapi.SecurityContext(creds=self.server.credentials, usage="accept")
        try:
            while not context.complete:  # raises what went wrong, once its token is sent
                if token := context.step(self.receive()):
                    self.send(token)
            while True:
                message = context.decrypt(self.receive())
                print(f"{context.initiator_name} says: {message.decode()}", flush=True)
                self.send(context.encrypt(f"Hello, {context.initiator_name}!".encode()))
        except gssapi.exceptions.GSSError as error:
            print(f"refused: {error}", flush=True)
        except EOFError:
            pass


port = int(sys.argv[1]) if len(sys.argv) > 1 else 4711
with socketserver.ThreadingTCPServer(("", port), Connection) as server:
    server.credentials = gssapi.Credentials(usage="accept", mechs=[EDHOC])
    print(f"listening on port {server.server_address[1]}", flush=True)
    server.serve_forever()

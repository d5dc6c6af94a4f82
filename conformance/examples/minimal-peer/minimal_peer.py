#!/usr/bin/env python3
"""A minimal peer of the Bro 2.5 Communication framework that passes the conformance suite.

Written from the specification (conformance/spec), using only Python's standard library. Like
Broccoli, it announces that it has no cache, so every object is sent in full (2§5). It neither
compresses nor synchronizes state. It passes the profile `broccoli` of the conformance suite:

    brocomm-conformance run --profile broccoli --connect 127.0.0.1:47757 \\
        --start "python3 minimal_peer.py --listen 127.0.0.1:47757"
    brocomm-conformance run --profile broccoli --listen 127.0.0.1:0 \\
        --start "python3 minimal_peer.py"

Values of atomic types, enums, records and vectors are decoded and encoded again. Other types are
refused.
"""

import argparse
import os
import socket
import struct
import sys
import threading
import time

import values
from values import Unreadable, Writer

# §2
VERSION, SERIAL, REQUEST_EVENTS, CAPTURE_FILTER = 0x01, 0x02, 0x08, 0x0C
REQUEST_SYNC, PHASE_DONE, PING, PONG, CAPS, COMPRESS = 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12
SYNC_POINT, REMOTE_PRINT, LOG_CREATE_WRITER, LOG_WRITE, REQUEST_LOGS = 0x14, 0x17, 0x18, 0x19, 0x20
WITHOUT_ARGUMENT = {PHASE_DONE, COMPRESS, REQUEST_LOGS}
LENGTHS = {REQUEST_SYNC: {4}, CAPS: {12}, SYNC_POINT: {4}, PING: {28, 32}, PONG: {28, 32}}
KNOWN = {VERSION, SERIAL, REQUEST_EVENTS, CAPTURE_FILTER, REQUEST_SYNC, PHASE_DONE, PING, PONG, CAPS,
         COMPRESS, SYNC_POINT, REMOTE_PRINT, LOG_CREATE_WRITER, LOG_WRITE, REQUEST_LOGS}

PROTOCOL, DATA_FORMAT, CACHE_SIZE = 7, 26, 1000
NO_CACHING, BROCCOLI_PEER = 2, 16

# The maximum length of a chunk (§1.1). Partial chunks are not supported.
LONGEST = 16 << 20

SETUP, HANDSHAKE, RUNNING = "setup", "handshake", "running"

ECHO = b"conformance_echo"
ECHOED = b"conformance_echoed"


class Violation(Exception):
    """A violation of the protocol by the peer, which ends the connection."""


class Node:
    """The state shared by all connections. Events go to all Running peers that requested them (§6)."""

    def __init__(self):
        self.connections = set()
        self.lock = threading.Lock()

    def raise_event(self, name, args):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.send_event(name, args)


class Connection:
    """A connection, from VERSION to its end. Either side may have opened it."""

    def __init__(self, node, stream, initiator, class_):
        self.node = node
        self.stream = stream
        self.initiator = initiator
        self.class_ = class_
        self.phase = SETUP
        self.phase_done_sent = False
        self.phase_done_received = False
        self.accepts_input = False
        self.requested = set()
        self.sending = threading.Lock()

    # Sending.

    def send(self, number, argument=None):
        """Sends a header chunk and, for types that have one, an argument chunk (§1.4)."""
        data = struct.pack(">IBxxxI", 8, number, 0)
        if argument is not None:
            data += struct.pack(">I", len(argument)) + argument
        with self.sending:
            try:
                self.stream.sendall(data)
            except OSError:
                pass  # reading fails as well

    def send_event(self, name, args):
        if self.phase == RUNNING and name in self.requested:
            self.send(SERIAL, Writer().call(name, time.time(), args))

    # Receiving.

    def run(self):
        with self.node.lock:
            self.node.connections.add(self)
        try:
            # Sent at once, without waiting for the other side's VERSION (§3.1).
            class_ = self.class_ + b"\0" if self.class_ else b""
            fields = struct.pack(">IIII", PROTOCOL, CACHE_SIZE, DATA_FORMAT, 0)
            self.send(VERSION, fields + class_)
            while True:
                self.handle(*self.message())
        except EOFError:
            pass
        except (Violation, Unreadable, OSError) as error:
            print(f"closing a connection: {error}", file=sys.stderr)
        finally:
            with self.node.lock:
                self.node.connections.discard(self)
            try:
                self.stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.stream.close()

    def exactly(self, length):
        data = bytearray()
        while len(data) < length:
            piece = self.stream.recv(min(length - len(data), 1 << 16))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def chunk(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        if length == 0:
            raise Violation("empty chunk, §1.1")
        if length > LONGEST:
            # Or a partial chunk, which an implementation need not support (§1.2).
            raise Violation(f"chunk of {length} bytes, §1.1")
        return self.exactly(length)

    def message(self):
        header = self.chunk()
        if len(header) != 8:
            raise Violation(f"header of {len(header)} bytes, §1.4")
        number = header[0]
        if number not in KNOWN:
            raise Violation(f"message type {number:#04x}, §2")
        argument = b"" if number in WITHOUT_ARGUMENT else self.chunk()
        if number in LENGTHS and len(argument) not in LENGTHS[number]:
            raise Violation(f"message {number:#04x} of {len(argument)} bytes, §2")
        return number, argument

    def handle(self, number, argument):
        """Handles a message, if it is legal in this phase (§3.7)."""
        if self.phase == SETUP:
            if number != VERSION:
                raise Violation("peer did not send version, §3.1")
            return self.version(argument)
        if number == VERSION:
            raise Violation("a second VERSION, §3.7")
        if number == PHASE_DONE:
            return self.phase_done()
        if number == COMPRESS:
            raise Violation("COMPRESS, although COMPRESSION was not announced, §2.9")
        if number == REQUEST_EVENTS:
            # Empty names are skipped, and the last one may lack its NUL (§1.5).
            self.requested.update(name for name in argument.split(b"\0") if name)
        elif number == SERIAL:
            self.serial(argument)
        elif number == PING:
            self.pong(argument)
        # All other messages are ignored.

    def version(self, argument):
        if len(argument) < 16:
            raise Violation(f"VERSION of {len(argument)} bytes, §2.1")
        protocol, _, data_format, _ = struct.unpack(">IIII", argument[:16])
        if protocol != PROTOCOL:
            raise Violation(f"protocol {protocol}, expected {PROTOCOL}, §3.1")
        if data_format not in (0, DATA_FORMAT):
            raise Violation(f"data format {data_format}, expected {DATA_FORMAT}, §3.1")
        class_ = argument[16:].split(b"\0")[0]
        self.phase = HANDSHAKE
        # The only peer entry has no class, so it applies to peers without one (§4).
        if self.initiator or not class_:
            self.accepts_input = True
            self.send(REQUEST_EVENTS, ECHO + b"\0")
        self.send(CAPS, struct.pack(">III", NO_CACHING | BROCCOLI_PEER, 0, 0))
        self.send(PHASE_DONE)
        self.phase_done_sent = True

    def phase_done(self):
        if self.phase_done_received:
            raise Violation("unexpected phase_done, §3.7")
        self.phase_done_received = True
        self.phase = RUNNING

    def serial(self, argument):
        if argument[:1] in (b"i", b"s", b"p"):
            return  # variables and packets are ignored
        if argument[:1] != b"e":
            raise Unreadable(f"unknown serialization type {argument[:1].hex()}")
        name, args = values.read_call(argument)
        if self.accepts_input and name == ECHO and len(args) == 1:
            self.node.raise_event(ECHOED, args)

    def pong(self, argument):
        # The time spent here is negligible.
        self.send(PONG, argument[:-8] + struct.pack(">d", 0.0))


def address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", metavar="ADDRESS:PORT", type=address)
    parser.add_argument("--connect", metavar="ADDRESS:PORT", type=address)
    args = parser.parse_args()
    node = Node()
    if args.listen:
        with socket.create_server(args.listen, reuse_port=False) as listener:
            while True:
                stream, _ = listener.accept()
                connection = Connection(node, stream, False, b"")
                threading.Thread(target=connection.run, daemon=True).start()
    target = args.connect or address(os.environ["CONFORMANCE_ADDRESS"])
    class_ = os.environ.get("CONFORMANCE_CLASS", "").encode()
    Connection(node, socket.create_connection(target), True, class_).run()


if __name__ == "__main__":
    main()

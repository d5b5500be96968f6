# SPDX-License-Identifier: Apache-2.0
"""A peer that does as it likes, for the scripts that hold a node against it.

It speaks docs/protocol.md with the channel of tests/interop and the encoder
there, so that nothing of ours helps it to behave.
"""

import hashlib
import os
import pathlib
import socket
import struct
import sys
import time

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent /
                    "interop"))

from channel_client import (  # noqa: E402
    Channel as HonestChannel,
    hkdf,
    public,
    read_frame,
)
from verify_records import bech32m, encode, sig_structure  # noqa: E402

# What never comes is given up after this.
PATIENCE_S = 90

HELLO, PING, CLOSE, PONG, COMPARE = 0, 1, 2, 3, 5
ROOT, BUCKETS, FRONTIER = 6, 8, 10
RECORDS, RANGE, WANT, LACK, DONE = 14, 16, 18, 20, 22
GOSSIP, HAVE, GRAFT, JOIN, NEIGHBOR = 24, 26, 28, 32, 36
BLOB = 46

# Reasons of a close, as docs/protocol.md section 3.4 has them.
MALFORMED, UNKNOWN, ORDER, UNASKED, INVALID = 7, 8, 9, 10, 11
FLOOD, MISBEHAVED = 12, 13


def node_id(key):
    return bech32m("node", key)


class Channel(HonestChannel):
    """One that need not know the secrets of its keys."""

    def encrypt_shared(self, secret):
        """The end of a handshake message, under a secret that is given."""
        self.chaining_key, self.key = hkdf(self.chaining_key, secret)
        self.number = 0
        return self.encrypt(b"")


def split_endpoint(at):
    host, port = at.rsplit(":", 1)
    return host.strip("[]"), int(port)


def endpoint_of(name):
    """A socket's name as a node writes it."""
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect(at):
    stream = socket.create_connection(split_endpoint(at), timeout=PATIENCE_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def is_cut(stream):
    """Whether the other side ends the connection without a further word."""
    try:
        return stream.recv(1) == b""
    except ConnectionResetError:
        return True


def sign(secret, fields, text):
    """A record with these fields of the payload, as an item to send."""
    key = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    body = encode({0: os.urandom(16), 1: text})
    protected = encode({1: -8, 4: key})
    payload = encode({5: int(time.time()), 6: hashlib.sha256(body).digest(),
                      **fields})
    signature = secret.sign(sig_structure(protected, payload))
    return [seal(protected, payload, signature), body]


def found_record(secret=None):
    """A record that founds a team of its own."""
    return sign(secret or Ed25519PrivateKey.generate(),
                {1: 1, 2: bytes(32), 3: 1, 4: [], 7: [os.urandom(32)]},
                "Nobody follows us")


def orphan_record():
    """A claim in the middle of a log that is nowhere."""
    return sign(Ed25519PrivateKey.generate(),
                {1: 17, 2: os.urandom(32), 3: 7, 4: [os.urandom(32)]},
                "Nobody has seen us")


def long_log(count, size):
    """A team's log with so many claims, of so many bytes each."""
    secret = Ed25519PrivateKey.generate()
    log = [found_record(secret)]
    grant = id_of(log[0])
    for seq in range(count):
        prev = [grant if seq == 0 else id_of(log[-1])]
        log.append(sign(secret, {1: 17, 2: grant, 3: seq + 2, 4: prev},
                        "x" * size))
    return log


def id_of(item):
    protected, _, payload, _ = cbor2.loads(item[0]).value
    return hashlib.sha256(sig_structure(protected, payload)).digest()


def seal(protected, payload, signature):
    return encode(cbor2.CBORTag(18, [protected, {}, payload, signature]))


def forged(item):
    """The same with a signature that is none."""
    envelope, body = item
    protected, _, payload, signature = cbor2.loads(envelope).value
    broken = bytes([signature[0] ^ 1]) + signature[1:]
    return [seal(protected, payload, broken), body]


class Stranger:
    """One end of a channel to a node, and what it likes to say in it."""

    def __init__(self, at, secret=None):
        self.secret = secret or os.urandom(32)
        self.key = public(self.secret)
        self.stream = connect(at)
        # How the node names it in its log.
        self.at = endpoint_of(self.stream.getsockname())
        self.channel = Channel(True, self.secret, os.urandom(32))

    def shake_hands(self):
        self.stream.sendall(self.channel.write())
        self.channel.read(read_frame(self.stream))
        self.stream.sendall(self.channel.write())
        return self

    def frame(self, message):
        return self.channel.sending.seal(encode(message))

    def send(self, *messages):
        """False where the node has cut the connection."""
        try:
            self.stream.sendall(b"".join(map(self.frame, messages)))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def receive(self):
        """The next message; None behind the last."""
        try:
            message = self.channel.receiving.open(read_frame(self.stream))
        except (EOFError, ConnectionResetError):
            return None
        return cbor2.loads(message) if message else None

    def wait(self, *types):
        """The next message of these types; pings are answered."""
        while True:
            message = self.receive()
            if message is None or message[0] in types:
                return message
            if message[0] == PING:
                self.send([PONG, message[1]])

    def closed(self):
        """The code with which the node closes; None if it says none."""
        message = self.wait(CLOSE)
        return None if message is None else message[1]

    def hello(self, nonce=None, root=None):
        """Says hello as one that is in step, unless another root is given;
        returns what the node said."""
        said = self.wait(HELLO, CLOSE)
        if said is not None and said[0] == HELLO:
            features = {1: "hostile", 2: True}  # It may have captures.
            self.send([HELLO, [1], int(time.time()), nonce or os.urandom(8),
                       said[4], root or said[5], said[6], features])
        return said

    def join(self):
        """Becomes a neighbour."""
        self.send([JOIN, [self.key, "", 0]])
        return self.wait(NEIGHBOR, CLOSE)

    def close(self):
        self.stream.close()


def stranger(at):
    """One that was let in and is in step."""
    peer = Stranger(at).shake_hands()
    peer.hello()
    return peer


def neighbour(at):
    peer = stranger(at)
    answer = peer.join()
    if answer is None or answer[0] != NEIGHBOR:
        raise AssertionError(f"it is no neighbour: {answer}")
    return peer


def reset_at_end(stream):
    """Lets the connection end with a reset."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))

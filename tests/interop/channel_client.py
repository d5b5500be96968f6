#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node's channel in Python, from docs/protocol.md section 1 alone.

    channel_client.py CHANNEL_PEER VECTORS

It shares no code with ours, and its primitives are those of the cryptography
package. First it makes the channel in VECTORS again, byte for byte; then it
speaks with our program under limits small enough that keys change often, as
the side that dials and as the side that answers.
"""
import hashlib
import hmac
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

NAME = b"Noise_XX_25519_ChaChaPoly_SHA256"
PROLOGUE = b"assay/1"
TAG_SIZE = 16
MESSAGE_MAX = 65535 - TAG_SIZE
LIMITS = (65536, 1073741824)


def public(secret):
    key = x25519.X25519PrivateKey.from_private_bytes(secret).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def shared(secret, key):
    own = x25519.X25519PrivateKey.from_private_bytes(secret)
    return own.exchange(x25519.X25519PublicKey.from_public_bytes(key))


def hkdf(chaining_key, data):
    temporary = hmac.digest(chaining_key, data, "sha256")
    first = hmac.digest(temporary, b"\x01", "sha256")
    return first, hmac.digest(temporary, first + b"\x02", "sha256")


def nonce(number):
    return bytes(4) + struct.pack("<Q", number)


class Direction:
    """The frames that go one way."""

    def __init__(self, key, limits):
        self.key, self.limits = key, limits
        self.number = self.frames = self.size = 0

    def count(self, sealed):
        self.number += 1
        self.frames += 1
        self.size += len(sealed)
        if self.frames >= self.limits[0] or self.size >= self.limits[1]:
            last = nonce(2**64 - 1)
            new = ChaCha20Poly1305(self.key).encrypt(last, bytes(32), b"")
            self.key = new[:32]
            self.frames = self.size = 0

    def seal(self, message):
        cipher = ChaCha20Poly1305(self.key)
        sealed = cipher.encrypt(nonce(self.number), message, b"")
        self.count(sealed)
        return struct.pack(">H", len(sealed)) + sealed

    def open(self, sealed):
        cipher = ChaCha20Poly1305(self.key)
        message = cipher.decrypt(nonce(self.number), sealed, b"")
        self.count(sealed)
        return message


class Channel:
    """One end. write() and read() are the handshake's, frame by frame."""

    # What each handshake message says, in order.
    MESSAGES = (("e",), ("e", "ee", "s", "es"), ("s", "se"))

    def __init__(self, is_initiator, secret, ephemeral, limits=LIMITS):
        self.is_initiator, self.limits = is_initiator, limits
        self.own = {"s": secret, "e": ephemeral}
        self.remote = {}
        self.chaining_key = self.hash = NAME
        self.key = None
        self.mix_hash(PROLOGUE)
        self.left = list(self.MESSAGES)

    def mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_shared(self, token):
        # The initiator's key is named first.
        own, remote = token if self.is_initiator else token[::-1]
        secret = shared(self.own[own], self.remote[remote])
        self.chaining_key, self.key = hkdf(self.chaining_key, secret)
        self.number = 0

    def encrypt(self, data):
        if self.key is not None:
            cipher = ChaCha20Poly1305(self.key)
            data = cipher.encrypt(nonce(self.number), data, self.hash)
            self.number += 1
        self.mix_hash(data)
        return data

    def decrypt(self, data):
        plain = data
        if self.key is not None:
            cipher = ChaCha20Poly1305(self.key)
            plain = cipher.decrypt(nonce(self.number), data, self.hash)
            self.number += 1
        self.mix_hash(data)
        return plain

    def write(self):
        message = b""
        for token in self.left.pop(0):
            if token == "e":
                message += public(self.own["e"])
                self.mix_hash(public(self.own["e"]))
            elif token == "s":
                message += self.encrypt(public(self.own["s"]))
            else:
                self.mix_shared(token)
        message += self.encrypt(b"")
        self.split()
        return struct.pack(">H", len(message)) + message

    def read(self, message):
        for token in self.left.pop(0):
            if token == "e":
                self.remote["e"], message = message[:32], message[32:]
                self.mix_hash(self.remote["e"])
            elif token == "s":
                self.remote["s"] = self.decrypt(message[:48])
                message = message[48:]
            else:
                self.mix_shared(token)
        assert self.decrypt(message) == b""
        self.split()

    def split(self):
        if self.left:
            return
        keys = hkdf(self.chaining_key, b"")
        if not self.is_initiator:
            keys = keys[::-1]
        self.sending = Direction(keys[0], self.limits)
        self.receiving = Direction(keys[1], self.limits)


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise EOFError(f"cut off: {len(data)} of {size} bytes")
        data += piece
    return data


def read_frame(stream):
    return read_exactly(stream, *struct.unpack(">H", read_exactly(stream, 2)))


def shake_hands(stream, channel):
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while channel.left:
        if (len(channel.left) % 2 == 1) == channel.is_initiator:
            stream.sendall(channel.write())
        else:
            channel.read(read_frame(stream))


def start(program, *arguments):
    return subprocess.Popen(
        [program, *arguments], stdout=subprocess.PIPE, text=True
    )


def next_value(process, word):
    got, value = process.stdout.readline().split()
    assert got == word, got
    return value


def finish(process, channel):
    """Our program agrees on the channel and is content with it."""
    assert next_value(process, "peer") == public(channel.own["s"]).hex()
    assert next_value(process, "hash") == channel.hash.hex()
    assert process.stdout.readline() == "ended\n"
    assert process.wait() == 0


# Limits that a few messages reach, by frames and by bytes.
LIMITS_TRIED = ((1, 2**40), (7, 2**40), (2**40, 1), (2**40, 70000), (5, 300))


def check_dialling(program, limits):
    process = start(program, "listen", *map(str, limits))
    key = bytes.fromhex(next_value(process, "key"))
    port = int(next_value(process, "port"))
    channel = Channel(True, os.urandom(32), os.urandom(32), limits)
    with socket.create_connection(("127.0.0.1", port)) as stream:
        shake_hands(stream, channel)
        assert channel.remote["s"] == key
        for number in range(60):
            size = (1, 33, 284, 4000, MESSAGE_MAX)[number % 5]
            message = bytes([number]) * size
            stream.sendall(channel.sending.seal(message))
            assert channel.receiving.open(read_frame(stream)) == message
        stream.sendall(channel.sending.seal(b""))
        assert channel.receiving.open(read_frame(stream)) == b""
        finish(process, channel)


def check_answering(program, limits):
    secret = os.urandom(32)
    channel = Channel(False, secret, os.urandom(32), limits)
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start(
            program,
            "dial",
            str(server.getsockname()[1]),
            public(secret).hex(),
            *map(str, limits),
        )
        stream, _ = server.accept()
    with stream:
        shake_hands(stream, channel)
        message = None
        while message != b"":
            message = channel.receiving.open(read_frame(stream))
            stream.sendall(channel.sending.seal(message))
        assert channel.remote["s"].hex() == next_value(process, "key")
        finish(process, channel)


def check_changed_frame(program):
    """A frame that was changed on its way ends the channel, with no answer."""
    process = start(program, "listen")
    next_value(process, "key")
    port = int(next_value(process, "port"))
    channel = Channel(True, os.urandom(32), os.urandom(32))
    with socket.create_connection(("127.0.0.1", port)) as stream:
        shake_hands(stream, channel)
        frame = bytearray(channel.sending.seal(b"message"))
        frame[-1] ^= 1
        stream.sendall(frame)
        assert stream.recv(1) == b""
    assert process.stdout.read().splitlines()[-1] == "failed ASSAY_E_TAG"
    assert process.wait() == 1


def check_vectors(vectors):
    """The channel in the file, made again from its secrets."""
    ends = [
        Channel(
            role == "initiator",
            bytes.fromhex(vectors[role]["secret"]),
            bytes.fromhex(vectors[role]["ephemeral"]),
            (vectors["rekey"]["frames"], vectors["rekey"]["bytes"]),
        )
        for role in ("initiator", "responder")
    ]
    for index, frame in enumerate(vectors["handshake"]):
        assert ends[index % 2].write().hex() == frame
        ends[1 - index % 2].read(bytes.fromhex(frame)[2:])
    for end in ends:
        assert end.hash.hex() == vectors["hash"]
    for sent in vectors["frames"]:
        sender = ends[0 if sent["from"] == "initiator" else 1]
        reader = ends[1 if sent["from"] == "initiator" else 0]
        message = bytes.fromhex(sent["message"])
        frame = sender.sending.seal(message)
        assert frame.hex() == sent["frame"]
        assert reader.receiving.open(frame[2:]) == message


def main():
    program, vectors = sys.argv[1:]
    check_vectors(json.loads(pathlib.Path(vectors).read_text("utf-8")))
    for limits in LIMITS_TRIED:
        check_dialling(program, limits)
        check_answering(program, limits)
    check_dialling(program, LIMITS)
    check_changed_frame(program)


if __name__ == "__main__":
    main()

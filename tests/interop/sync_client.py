# SPDX-License-Identifier: Apache-2.0
"""A client that syncs with a node, from docs/protocol.md alone.

It shares no code with ours: the channel is channel_client.py's, records are
taken apart and verified by verify_records.py. It leads exchanges of frontiers
(section 4), asks for records and captured bytes (5, 7), and keeps what it gets
in memory. Its logs are plain: where one forks, or ends by a revocation, it
gives up, since a client that only reads never needs that.
"""
import hashlib
import os
import socket
import struct
import time

from channel_client import Channel, read_frame, shake_hands
from verify_records import Record, decode, encode

(HELLO, PING, CLOSE, PONG, ROOT, BUCKETS, FRONTIER, RECORDS, RANGE, WANT, LACK,
 DONE, BLOB_WANT, BLOB) = (0, 1, 2, 3, 6, 8, 10, 14, 16, 18, 20, 22, 44, 46)
GOSSIP = range(24, 44)  # Membership and broadcast: this client has no part in it
KIND_FOUND, KIND_ROTATE = 1, 5
NONE = bytes(16)


def xor(hashes, size=16):
    total = 0
    for each in hashes:
        total ^= int.from_bytes(each[:size], "big")
    return total.to_bytes(size, "big")


class Ledger:
    """Records in memory, in the order in which they came."""

    def __init__(self):
        self.records = {}

    def add(self, item):
        record = Record(encode(item))
        is_new = record.id not in self.records
        self.records.setdefault(record.id, record)
        return is_new

    def logs(self):
        """Each log by its grant: its records by seq, which are one each."""
        logs = {}
        for record in self.records.values():
            kind, auth, seq = (record.payload[key] for key in (1, 2, 3))
            grant = record.id if kind in (KIND_FOUND, KIND_ROTATE) else auth
            log = logs.setdefault(grant, {})
            assert seq not in log, "a log that forks"
            log[seq] = record
        for log in logs.values():
            assert sorted(log) == list(range(1, len(log) + 1)), "a gap"
        return logs


class Session:
    """One connection, from the handshake to the last word."""

    def __init__(self, host, port, key, teams, ledger, patience_s):
        self.ledger, self.teams, self.untaken = ledger, teams, []
        self.stream = socket.create_connection((host, port), patience_s)
        self.channel = Channel(True, os.urandom(32), os.urandom(32))
        shake_hands(self.stream, self.channel)
        assert self.channel.remote["s"] == key
        self.follows = xor(self.prf(0, b"t", team) for team in teams)
        root, count = self.root(0)
        self.say(HELLO, [1], int(time.time()), os.urandom(8), self.follows,
                 root, count, {1: "sync_client.py"})
        self.hello = self.hear(HELLO)
        assert self.hello[1] == [1]

    def say(self, *message):
        sealed = self.channel.sending.seal(encode(list(message)))
        self.stream.sendall(sealed)

    def hear(self, *types):
        """The next message of one of these types."""
        while True:
            sealed = read_frame(self.stream)
            message = decode(self.channel.receiving.open(sealed))
            if message[0] in types:
                return message
            if message[0] == PING:
                self.say(PONG, message[1])
            else:
                assert message[0] in GOSSIP or message[0] % 2 == 1, message

    def end(self):
        self.say(CLOSE, 0, "done")
        self.stream.sendall(self.channel.sending.seal(b""))
        while self.channel.receiving.open(read_frame(self.stream)) != b"":
            pass
        self.stream.close()

    # ------------------------------------------------ 4.1 Keys and hashes

    def prf(self, number, *parts):
        key = hashlib.blake2b(b"assay sync" + struct.pack(">Q", number),
                              key=self.channel.hash, digest_size=32).digest()
        return hashlib.blake2b(b"".join(parts), key=key,
                               digest_size=16).digest()

    def log_key(self, number, grant):
        return int.from_bytes(self.prf(number, b"l", grant)[:8], "big")

    def entry(self, number, grant, head):
        return self.prf(number, b"e", grant, head.id)

    def root(self, number):
        logs = self.ledger.logs()
        entries = (self.entry(number, grant, log[max(log)])
                   for grant, log in logs.items())
        return xor(entries), len(logs)

    # ---------------------------------------------------- 4 Anti-entropy

    def exchange(self):
        """Leads one until both hold the same; how many records came."""
        number, came = 0, 0
        _, _, _, _, follows, theirs, count, *_ = self.hello
        assert follows == self.follows, "it does not follow the same teams"
        while (theirs, count) != self.root(number):
            assert number < 16
            new = self.round(number, count)
            came += new
            number += 1
            self.say(ROOT, number, self.follows, *self.root(number), new)
            _, heard, follows, theirs, count, _ = self.hear(ROOT)
            assert heard == number and follows == self.follows
        return came

    def round(self, number, their_count):
        logs = self.ledger.logs()
        most = max(len(logs), their_count)
        assert most <= 50000, "more than one slice"
        bits = min(max((most // 2).bit_length(), 7), 13)
        buckets = {}
        for grant, log in logs.items():
            key = self.log_key(number, grant)
            place = key >> (64 - bits - 24) & 0xFFFFFF
            buckets.setdefault(key >> (64 - bits), {})[place] = grant
        prints = b"".join(
            xor((self.entry(number, grant, logs[grant][max(logs[grant])])
                 for grant in buckets.get(index, {}).values()), 4)
            for index in range(1 << bits)
        )
        self.say(BUCKETS, number, 0, 0, bits, prints)
        asked, sent = self.compare(number, self.read_frontier(number), buckets,
                                   logs)
        self.say_frontier(number, asked)
        self.say_records(sent)
        new = self.take_records(number)
        self.say(DONE, 0, number, 0, 0, len(sent))
        return new

    def read_frontier(self, number):
        """What the other has in buckets that differ: {bucket: {place: ...}}."""
        listed, more = {}, True
        while more:
            _, heard, _, first, bitmap, entries, more = self.hear(FRONTIER)
            assert heard == number
            at = 0
            for index in range(len(bitmap) * 8):
                if bitmap[index // 8] >> index % 8 & 1:
                    places, at = read_bucket(entries, at)
                    listed[first + index] = places
            assert at == len(entries)
        return listed

    def compare(self, number, listed, buckets, logs):
        """By 4.5: places to ask for by bucket, and records to send."""
        asked, wanted = {}, set()
        for bucket, theirs in listed.items():
            own = buckets.get(bucket, {})
            for place, (seq, is_plain, heads) in theirs.items():
                assert is_plain, "a log that forks"
                if place not in own:
                    asked.setdefault(bucket, {})[place] = (0, b"")
                    continue
                grant, log = own[place], logs[own[place]]
                last = max(log)
                known = self.entry(number, grant, log[min(seq, last)])[4:7]
                if seq > last:
                    own_heads = self.entry(number, grant, log[last])[4:7]
                    asked.setdefault(bucket, {})[place] = (last, own_heads)
                else:
                    assert known == heads, "a log that forks"
                    wanted |= {log[at].id for at in log if at > seq}
            for place, grant in own.items():
                if place not in theirs:
                    wanted |= {record.id for record in logs[grant].values()}
        # In the order in which they came, prev and auth are first.
        return asked, [self.ledger.records[each]
                       for each in self.ledger.records if each in wanted]

    def say_frontier(self, number, asked):
        first = min(asked, default=0)
        bitmap = bytearray((max(asked, default=first) - first) // 8 + 1)
        entries = b""
        for bucket in sorted(asked):
            index = bucket - first
            bitmap[index // 8] |= 1 << index % 8
            entries += varint(len(asked[bucket]))
            for place, (seq, heads) in sorted(asked[bucket].items()):
                entries += place.to_bytes(3, "big") + varint(seq * 2) + heads
        self.say(FRONTIER, number, 0, first,
                 bytes(bitmap) if asked else b"", entries, False)

    def say_records(self, records):
        for record in records:
            self.say(RECORDS, 0, [[record.envelope, record.body]])

    def take_records(self, number):
        new = 0
        while True:
            message = self.hear(RECORDS, DONE)
            if message[0] == DONE:
                assert message[1:5] == [0, number, 0, 0], message
                return new
            assert message[1] == 0
            new += sum(self.ledger.add(item) for item in message[2])

    # ------------------------------------------- 5 and 7, what is asked for

    def request(self, *message):
        """The records and the ids that are lacking that answer it."""
        records, lacking = [], []
        self.say(*message)
        while True:
            answer = self.hear(RECORDS, LACK, DONE)
            assert answer[2 if answer[0] == DONE else 1] == message[1]
            if answer[0] == DONE:
                assert answer[1] == 1 and answer[5] == len(records)
                return records, lacking
            if answer[0] == LACK:
                lacking += answer[2]
            else:
                records += [Record(encode(item)) for item in answer[2]]

    def want(self, number, ids):
        return self.request(WANT, number, ids)

    def range(self, number, grant, first, last):
        return self.request(RANGE, number, grant, first, last)

    def blob(self, sha256, part):
        """Captured bytes, asked for in parts of that length."""
        data, total = b"", 1
        while len(data) < total:
            self.say(BLOB_WANT, sha256, len(data), part)
            end = len(data) + part
            while len(data) < min(end, total):
                _, name, offset, total, piece = self.hear(BLOB)
                assert name == sha256 and offset == len(data)
                data += piece
        assert hashlib.sha256(data).digest() == sha256
        return data


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def read_bucket(entries, at):
    """One bucket's entries, {place: (seq, is plain, heads)}."""
    count, at = read_varint(entries, at)
    places = {}
    for _ in range(count):
        place = int.from_bytes(entries[at:at + 3], "big")
        number, at = read_varint(entries, at + 3)
        heads = entries[at:at + 3] if number else b""
        at += len(heads)
        places[place] = (number >> 1, number & 1 == 0, heads)
    return places, at

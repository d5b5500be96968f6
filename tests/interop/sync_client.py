# SPDX-License-Identifier: Apache-2.0
"""A client that syncs with a node, from docs/protocol.md alone.

It shares no code with ours: the channel is channel_client.py's, records are
taken apart and verified by verify_records.py. It leads exchanges of frontiers
(section 4), also of logs that fork (4.6), asks for records and captured bytes
(5, 7), and keeps what it gets in memory. Its logs are whole: what a revocation
or rotation takes out of one it does not know. gossip_client.py is a neighbour.
"""
import hashlib
import os
import socket
import struct
import time

from channel_client import Channel, read_frame, shake_hands
from verify_records import Record, decode, encode

(HELLO, PING, CLOSE, PONG, ROOT, BUCKETS, FRONTIER, HEADS, RECORDS, RANGE, WANT,
 LACK, DONE, BLOB_WANT, BLOB) = (0, 1, 2, 3, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                 44, 46)
ASK, ANSWER, CLOSE_TALK = 0, 1, 2  # Stages of heads
POINTS_MAX, ASKS_MAX = 96, 64
GOSSIP = range(24, 44)  # Membership and broadcast: this client has no part in it
KIND_FOUND, KIND_ROTATE = 1, 5
NONE = bytes(16)


def xor(hashes, size=16):
    total = 0
    for each in hashes:
        total ^= int.from_bytes(each[:size], "big")
    return total.to_bytes(size, "big")


def bits_of(flags):
    """A bit for each, the lowest of a byte first."""
    out = bytearray((len(flags) + 7) // 8)
    for index, flag in enumerate(flags):
        out[index // 8] |= flag << index % 8
    return bytes(out)


class Log:
    """What was signed under one grant; it may fork."""

    def __init__(self):
        self.records = {}

    def add(self, record):
        self.records[record.id] = record

    def find(self):
        """Its heads and shape, once all records are in it."""
        behind = {prev for each in self.records.values()
                  for prev in each.payload[4]}
        heads = [each for each in self.records.values()
                 if each.id not in behind]
        self.heads = sorted(each.id for each in heads)
        self.seq = max(each.payload[3] for each in heads)
        self.at = {}  # The record at each seq of a plain log
        for each in self.records.values():
            self.at.setdefault(each.payload[3], each)
        assert sorted(self.at) == list(range(1, self.seq + 1)), "a gap"
        self.is_plain = len(heads) == 1 and len(self.records) == self.seq
        self.is_root = self.at[1].payload[1] in (KIND_FOUND, KIND_ROTATE)

    def points(self):
        """Heads, then some of what is behind them."""
        points = list(self.heads)
        behind = {max(self.seq - (1 << step), 1) for step in range(32)}
        points += [each.id for each in self.records.values()
                   if each.payload[3] in behind and each.id not in self.heads]
        return points[:POINTS_MAX]

    def behind(self, ids):
        """These records and all that they build on in this log."""
        found, left = set(), [each for each in ids if each in self.records]
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left += self.records[each].payload[4]
        return found


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
        """Each log by its grant."""
        logs = {}
        for record in self.records.values():
            kind, auth = record.payload[1], record.payload[2]
            grant = record.id if kind in (KIND_FOUND, KIND_ROTATE) else auth
            logs.setdefault(grant, Log()).add(record)
        for log in logs.values():
            log.find()
        return logs


class Session:
    """One connection, from the handshake to the last word."""

    def __init__(self, stream, channel, teams, ledger):
        self.stream, self.channel = stream, channel
        self.ledger, self.teams = ledger, teams
        self.follows = xor(self.prf(0, b"t", team) for team in teams)
        root, count = self.root(0)
        self.say(HELLO, [1], int(time.time()), os.urandom(8), self.follows,
                 root, count, {1: "sync_client.py"})
        # It may be closed for its key alone, which is known before a hello.
        self.hello = self.hear(HELLO, CLOSE)
        assert self.hello[0] == CLOSE or self.hello[1] == [1]

    @classmethod
    def dial(cls, host, port, key, teams, ledger, patience_s, secret=None):
        stream = socket.create_connection((host, port), patience_s)
        channel = Channel(True, secret or os.urandom(32), os.urandom(32))
        shake_hands(stream, channel)
        assert channel.remote["s"] == key
        return cls(stream, channel, teams, ledger)

    @classmethod
    def answer(cls, stream, secret, teams, ledger):
        channel = Channel(False, secret, os.urandom(32))
        shake_hands(stream, channel)
        return cls(stream, channel, teams, ledger)

    def closed(self):
        """The code with which the other closes, or has closed at once."""
        is_closed = self.hello[0] == CLOSE
        return (self.hello if is_closed else self.hear(CLOSE))[1]

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

    def entry(self, number, grant, heads):
        return self.prf(number, b"e", grant, *heads)

    def root(self, number):
        logs = self.ledger.logs()
        entries = (self.entry(number, grant, log.heads)
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
            xor((self.entry(number, grant, logs[grant].heads)
                 for grant in buckets.get(index, {}).values()), 4)
            for index in range(1 << bits)
        )
        self.say(BUCKETS, number, 0, 0, bits, prints)
        asked, wanted, forks = self.compare(
            number, self.read_frontier(number), buckets, logs)
        # The logs of roots go first: the others need the grants in them.
        forks.sort(key=lambda grant: not logs[grant].is_root)
        talks = {self.log_key(number, grant): logs[grant]
                 for grant in forks[:ASKS_MAX]}
        shown = {key: log.points() for key, log in talks.items()}
        for key in talks:
            self.say_heads(number, ASK, key, talks[key], b"")
        self.say_frontier(number, asked)
        # In the order in which they came, prev and auth are first.
        count = self.say_records(wanted)
        new, wanted = self.take_records(number, logs, talks, shown)
        count += self.say_records(wanted)
        self.say(DONE, 0, number, 0, 0, count)
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
        """By 4.5: places to ask for by bucket, ids of records to send, and
        grants of logs to talk about by heads."""
        asked, wanted, forks = {}, set(), []
        for bucket, theirs in listed.items():
            own = buckets.get(bucket, {})
            for place, (seq, is_plain, heads) in theirs.items():
                if place not in own:
                    asked.setdefault(bucket, {})[place] = (0, True, b"")
                    continue
                grant, log = own[place], logs[own[place]]
                last = log.seq
                own_heads = self.entry(number, grant, log.heads)[4:7]
                if (seq, heads) == (last, own_heads):
                    continue
                if not is_plain or not log.is_plain:
                    forks.append(grant)
                elif seq > last:
                    asked.setdefault(bucket, {})[place] = (last, True,
                                                           own_heads)
                elif self.entry(number, grant, [log.at[seq].id])[4:7] == heads:
                    wanted |= {log.at[at].id for at in log.at if at > seq}
                else:
                    forks.append(grant)
            for place, grant in own.items():
                if place not in theirs:
                    wanted |= set(logs[grant].records)
        return asked, wanted, forks

    def say_frontier(self, number, asked):
        first = min(asked, default=0)
        bitmap = bytearray((max(asked, default=first) - first) // 8 + 1)
        entries = b""
        for bucket in sorted(asked):
            index = bucket - first
            bitmap[index // 8] |= 1 << index % 8
            entries += varint(len(asked[bucket]))
            for place, (seq, is_plain, heads) in sorted(asked[bucket].items()):
                entries += (place.to_bytes(3, "big") +
                            varint(seq * 2 + (not is_plain)) + heads)
        self.say(FRONTIER, number, 0, first,
                 bytes(bitmap) if asked else b"", entries, False)

    def say_records(self, ids):
        for record in list(self.ledger.records.values()):
            if record.id in ids:
                self.say(RECORDS, 0, [[record.envelope, record.body]])
        return len(ids)

    def say_heads(self, number, stage, key, log, held):
        points = [] if log is None or stage == CLOSE_TALK else log.points()
        self.say(HEADS, number, stage, key.to_bytes(8, "big"),
                 log.seq if points else 0, len(log.heads) if points else 0,
                 b"".join(points), held)

    def take_records(self, number, logs, talks, shown):
        """How many records came that are new, and ids of those that the other
        lacks of logs that were talked about."""
        new, wanted, asked = 0, set(), set(talks)
        keys = {self.log_key(number, grant): log
                for grant, log in logs.items()}
        shared = {}
        while True:
            message = self.hear(RECORDS, DONE, HEADS)
            if message[0] == DONE:
                assert message[1:4] == [0, number, 0], message
                assert message[4] in (0, 1) and not asked, message
                return new, wanted
            if message[0] == RECORDS:
                assert message[1] == 0
                new += sum(self.ledger.add(item) for item in message[2])
                continue
            _, heard, stage, key, last, count, points, held = message
            assert heard == number and (count > 0) == (last > 0)
            key = int.from_bytes(key, "big")
            log = keys.get(key)
            theirs = [points[at:at + 32] for at in range(0, len(points), 32)]
            if stage == ASK:
                assert key not in talks and held == b""
                talks[key], shown[key] = log, [] if log is None else log.points()
                shared[key] = set()
            else:
                assert (stage == ANSWER) == (key in asked), message
                assert len(held) == (len(shown[key]) + 7) // 8
                shared[key] = shared.get(key, set()) | {
                    each for index, each in enumerate(shown[key])
                    if held[index // 8] >> index % 8 & 1}
            shared[key] |= set(theirs)
            if stage != CLOSE_TALK:
                self.say_heads(number, stage + 1, key, log, bits_of(
                    [each in self.ledger.records for each in theirs]))
            if stage != ASK:
                asked.discard(key)
                if log is not None:
                    wanted |= log.records.keys() - log.behind(shared[key])

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

# SPDX-License-Identifier: Apache-2.0
"""A node and those who wish it ill.

Each test attacks a node that an honest one is connected with. The node must
say whom it parts with and why, take bounded memory, and go on serving the
honest one.
"""

import hashlib
import os
import resource
import signal
import socket
import sys
import threading

import hostile
from hostile import (Stranger, connect, endpoint_of, forged, found_record,
                     is_cut, neighbour, stranger)
from nodes import add_claim, check, main, new_ledger, new_team, run

# What an attack may cost: what waits to be checked and written (17 MB), early
# records (16 MB), what one or two peers take, and what an allocator or a
# sanitizer adds to that. No attack here is stopped by anything but a bound of
# the node's own, and each sends many times as much, or for ever.
GROWTH_MAX_KB = 80 * 1024

# A sanitizer keeps what was freed for a while: less of it than it would.
SANITIZED = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
             ":quarantine_size_mb=8:thread_local_quarantine_size_kb=64"}


class Scene:
    """A node under attack, and an honest one that stays connected with it.

    The honest one comes from ::1, the attackers from 127.0.0.1."""

    def __init__(self, folder, start, config="", prepare=None, **popen):
        self.ledger = new_ledger(folder, "victim")
        other = new_ledger(folder, "honest")
        team = new_team(self.ledger, "Desk")
        run("--ledger", other, "trust", "add", team)
        self.count = 1
        if prepare is not None:  # With a capture and a claim.
            self.prepared = prepare(folder, self.ledger)
            self.count += 2
        path = os.path.join(folder, "assayd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[network]\nallow = open\n" + config)
        self.node = start(self.ledger, "--config", path,
                          listen=("127.0.0.1:0", "[::1]:0"),
                          env=dict(os.environ, **SANITIZED), **popen)
        self.at, other_at = self.node.ready()["listen"]
        self.honest = start(other, "--peer", f"{self.node.id}@{other_at}",
                            listen=("[::1]:0",))
        self.growth_max_kb = GROWTH_MAX_KB
        self.honest.wait_for_records(self.count)
        self.before = self.memory("VmRSS")
        # From here on the peak is that of the attack.
        with open(f"/proc/{self.node.process.pid}/clear_refs", "w",
                  encoding="ascii") as file:
            file.write("5")

    def memory(self, what):
        with open(f"/proc/{self.node.process.pid}/status",
                  encoding="ascii") as file:
            for line in file:
                if line.startswith(what + ":"):
                    return int(line.split()[1])
        return 0

    def parts(self, peer, reason):
        """The node parts with a peer, and says whom and why."""
        closed = self.node.wait("peer-closed", at=peer.at)
        check(reason in closed["reason"], closed)
        check("node" not in closed or closed["node"].startswith("node1"),
              closed)
        peer.close()

    def unharmed(self):
        """The honest node still hears of what is written here, and the attack
        has not taken more than it may."""
        self.count += 1
        add_claim(self.ledger, f"All the same: {self.count}")
        self.honest.wait_for_records(self.count)
        growth = self.memory("VmHWM") - self.before
        check(growth <= self.growth_max_kb, f"it has grown by {growth} KB")

    def end(self):
        self.unharmed()
        self.honest.end()
        self.node.end()


# --- The channel

HEAD_SIZE = 2
FIRST_SIZE, SECOND_SIZE, THIRD_SIZE = 34, 98, 66


def handshakes_cut_anywhere(folder, start):
    """By who dials us, at every byte, with an end or a reset."""
    scene = Scene(folder, start)
    for cut in range(FIRST_SIZE + THIRD_SIZE):
        peer = Stranger(scene.at)
        sent = peer.channel.write()
        if cut >= FIRST_SIZE:  # The node has taken the connection by now.
            peer.stream.sendall(sent)
            peer.channel.read(hostile.read_frame(peer.stream))
            sent = peer.channel.write()
            cut -= FIRST_SIZE
        is_reset = len(sent) == THIRD_SIZE and cut % 2 == 1
        if is_reset:
            hostile.reset_at_end(peer.stream)
        peer.stream.sendall(sent[:cut])
        peer.close()
        reasons = ["end of file"]
        if is_reset:  # Which the system may tell as an end.
            reasons.append("connection reset by peer")
        closed = scene.node.wait("peer-closed", at=peer.at)
        check(closed["reason"] in reasons and "node" not in closed, closed)
    scene.end()


def drip(peer, data, every_s):
    """A byte now and then, until the node has had enough; how many it took.

    Nothing is waited for but the node's next word, which never comes while it
    has patience."""
    peer.stream.settimeout(every_s)
    for sent in range(len(data)):
        try:
            peer.stream.sendall(data[sent:sent + 1])
            check(peer.stream.recv(1) == b"", "it is answered")
            return sent + 1
        except socket.timeout:
            pass
        except (BrokenPipeError, ConnectionResetError):
            return sent
    raise AssertionError(f"it took all {len(data)} bytes")


def who_drips_a_handshake_runs_out_of_time(folder, start):
    """The time is that of the whole handshake, not of a byte: dripped like
    this, its first message alone would take six seconds."""
    scene = Scene(folder, start, "handshake-seconds = 1\n")
    peer = Stranger(scene.at)
    drip(peer, peer.channel.write(), 0.18)
    scene.parts(peer, "the handshake took too long")
    # The same with the third message, when the node has answered the first.
    peer = Stranger(scene.at)
    peer.stream.sendall(peer.channel.write())
    peer.channel.read(hostile.read_frame(peer.stream))
    drip(peer, peer.channel.write(), 0.09)
    scene.parts(peer, "the handshake took too long")
    scene.end()


def who_drips_a_frame_counts_as_silent(folder, start):
    """A frame that never comes whole keeps nobody connected, in the time that
    silence is given (docs/protocol.md, section 8)."""
    scene = Scene(folder, start)
    peer = stranger(scene.at)
    check(peer.wait(hostile.PING) is not None, "no ping")
    length = 65535
    frame = length.to_bytes(2, "big") + bytes(length)
    took = 0
    peer.stream.settimeout(0.5)
    while took < 1000:
        try:
            peer.stream.sendall(frame[took:took + 1])
            took += 1
            if peer.stream.recv(1000) == b"":
                break
        except socket.timeout:
            pass
        except (BrokenPipeError, ConnectionResetError):
            break
    check(took < 1000, "it is still there")
    closed = scene.node.wait("peer-closed", at=peer.at)
    check("timeout" in closed["reason"] and
          closed["node"] == hostile.node_id(peer.key), closed)
    peer.close()
    scene.end()


class Server:
    """Somebody that a node dials, who answers once."""

    def __init__(self, answer):
        self.secret = os.urandom(32)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(hostile.PATIENCE_S)
        self.answer = answer
        self.said = None  # What came behind the answer.
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def address(self, key=None):
        key = key or hostile.public(self.secret)
        at = endpoint_of(self.listening.getsockname())
        return hostile.node_id(key) + "@" + at

    def _serve(self):
        stream, _ = self.listening.accept()
        stream.settimeout(hostile.PATIENCE_S)
        channel = hostile.Channel(False, self.secret, os.urandom(32))
        channel.read(hostile.read_frame(stream))
        self.answer(stream, channel)
        try:
            self.said = stream.recv(1000)
        except ConnectionResetError:
            self.said = b""
        stream.close()

    def dialled_by(self, scene, key=None):
        """Lets the node dial; returns what it says of the end."""
        run("--ledger", scene.ledger, "sync", self.address(key), code=1)
        self.thread.join(timeout=hostile.PATIENCE_S)
        at = endpoint_of(self.listening.getsockname())
        self.listening.close()
        closed = scene.node.wait("peer-closed", at=at, side="dialled")
        return closed["reason"]


def answers_cut_anywhere(folder, start):
    """By whom we dial."""
    scene = Scene(folder, start)
    for cut in (*range(4), *range(8, 98, 9), 97):
        def answer(stream, channel, cut=cut):
            stream.sendall(channel.write()[:cut])
            stream.shutdown(socket.SHUT_WR)

        server = Server(answer)
        check("end of file" in server.dialled_by(scene), "another reason")
        check(server.said == b"", "the node went on")
    scene.end()


def another_key_gets_no_third_message(folder, start):
    """Who answers under another key does not learn who dialled."""
    scene = Scene(folder, start)
    server = Server(lambda stream, channel: stream.sendall(channel.write()))
    reason = server.dialled_by(scene, key=os.urandom(32))
    check("channel" in reason, reason)
    check(server.said == b"", "it said who it is")
    scene.end()


def what_was_heard_cannot_be_replayed(folder, start):
    scene = Scene(folder, start)
    peer = Stranger(scene.at)
    heard = [peer.channel.write()]
    peer.stream.sendall(heard[0])
    peer.channel.read(hostile.read_frame(peer.stream))
    heard.append(peer.channel.write())
    peer.stream.sendall(heard[1])
    said = peer.wait(hostile.HELLO)
    heard.append(peer.frame([hostile.HELLO, *said[1:3], os.urandom(8),
                             *said[4:]]))
    peer.stream.sendall(heard[2])
    peer.send([hostile.PING, 1])
    check(peer.wait(hostile.PONG) == [hostile.PONG, 1], "it is not open")

    again = Stranger(scene.at)
    again.stream.sendall(heard[0])
    check(len(hostile.read_frame(again.stream)) + HEAD_SIZE == SECOND_SIZE,
          "no answer to the first message")
    again.stream.sendall(heard[1] + heard[2])
    check(is_cut(again.stream), "a replayed handshake opens")
    scene.parts(again, "channel")
    peer.close()
    scene.parts(peer, "")
    scene.end()


P = 2**255 - 19
LOW_ORDER = (
    0, 1, P - 1, P, P + 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)


def points_of_low_order_are_refused(folder, start):
    scene = Scene(folder, start)
    points = [(number | high << 255).to_bytes(32, "little")
              for number in LOW_ORDER for high in (0, 1)]
    for point in points:
        # As the key of this connection alone: not even answered.
        peer = Stranger(scene.at)
        peer.stream.sendall(b"\x00\x20" + point)
        check(is_cut(peer.stream), "it goes on")
        scene.parts(peer, "channel")
        # As who we are: with a secret that everybody knows, zeros.
        peer = Stranger(scene.at)
        peer.stream.sendall(peer.channel.write())
        peer.channel.read(hostile.read_frame(peer.stream))
        peer.stream.sendall(b"\x00\x40" + peer.channel.encrypt(point) +
                            peer.channel.encrypt_shared(bytes(32)))
        check(is_cut(peer.stream), "it goes on")
        scene.parts(peer, "channel")
    for point in points[::3]:
        def answer(stream, channel, point=point):
            del channel
            stream.sendall(b"\x00\x60" + point + os.urandom(64))

        server = Server(answer)
        reason = server.dialled_by(scene)
        check("channel" in reason and server.said == b"", reason)
    scene.end()



def handshake_frames_have_their_length(folder, start):
    scene = Scene(folder, start)
    for length in (0, 1, 31, 33, 0x4745, 0xffff):
        peer = Stranger(scene.at)
        peer.stream.sendall(length.to_bytes(2, "big") + bytes(100))
        check(is_cut(peer.stream), "it goes on")
        scene.parts(peer, "channel")
    scene.end()


def frames_that_are_wrong_end_the_channel(folder, start):
    """Too short, changed, out of their place, or behind the last word."""
    scene = Scene(folder, start)

    def short(peer, length):
        return length.to_bytes(2, "big") + bytes(length)

    def changed(peer, place):
        frame = bytearray(peer.frame([hostile.PING, 1]))
        frame[place] ^= 0x80
        return bytes(frame)

    def swapped(peer, _):
        first, second = (peer.frame([hostile.PING, i]) for i in (1, 2))
        return second + first

    def twice(peer, _):
        return 2 * peer.frame([hostile.PING, 1])

    for make, number in ((short, 0), (short, 1), (short, 15), (short, 16),
                         (changed, 1), (changed, 2), (changed, -1),
                         (swapped, 0), (twice, 0)):
        peer = stranger(scene.at)
        peer.stream.sendall(make(peer, number))
        if make is changed and number == 1:
            # It is taken for a longer frame, which does not come whole.
            peer.stream.shutdown(socket.SHUT_WR)
        check(peer.wait() is None, "it does not end")
        scene.parts(peer, "end of file" if number == 1 and make is changed
                    else "channel")
    scene.end()


MESSAGE_MAX = 65519


def deep(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def messages_that_are_wrong_are_named(folder, start):
    """What is optional is skipped; else there is a code, and a reason."""
    scene = Scene(folder, start)

    hello = [hostile.HELLO, [1], 0, os.urandom(8), bytes(16), bytes(16), 0, {}]
    longest = MESSAGE_MAX - len(hostile.encode([2001, bytes(65000)])) + 65000
    for message in ([2001], [2001, bytes(longest)], [2001, *range(64)],
                    [99, {1: deep(7)}], [4294967297, "text", None, True]):
        peer = stranger(scene.at)
        peer.send(message, [hostile.PING, 7])
        check(peer.wait(hostile.PONG, hostile.CLOSE) == [hostile.PONG, 7],
              f"{str(message)[:40]} is not skipped")
        peer.close()
        scene.parts(peer, "")
    encoded = hostile.encode
    for message, code, reason in (
            (encoded([2000]), hostile.UNKNOWN, "unknown"),
            (encoded([50, 1]), hostile.UNKNOWN, "unknown"),
            (encoded(hello), hostile.ORDER, "order"),
            (encoded([]), hostile.MALFORMED, "malformed"),
            (encoded({}), hostile.MALFORMED, "malformed"),
            (encoded([2001]) + b"\x00", hostile.MALFORMED, "malformed"),
            (encoded([2001, *range(65)]), hostile.MALFORMED, "malformed"),
            (encoded([2001, deep(10)]), hostile.MALFORMED, "malformed"),
            (encoded([2001, "\0"]), hostile.MALFORMED, "malformed"),
            (b"\x82\x18\x01\x01", hostile.MALFORMED, "malformed"),
            (b"\x9f\x01\x01\xff", hostile.MALFORMED, "malformed"),
            (b"\x9b" + bytes([255] * 8), hostile.MALFORMED, "malformed"),
            (b"\x81", hostile.MALFORMED, "malformed"),
            (encoded([hostile.PING]), hostile.MALFORMED, "malformed"),
            (encoded([hostile.PING, -1]), hostile.MALFORMED, "malformed"),
            (encoded([hostile.WANT, 1, []]), hostile.MALFORMED, "malformed"),
            (encoded([hostile.WANT, 0, [bytes(32)]]), hostile.MALFORMED,
             "malformed"),
            (encoded([hostile.RANGE, 1, bytes(32), 0, 1]), hostile.MALFORMED,
             "malformed"),
            (encoded([hostile.HAVE, bytes(33)]), hostile.MALFORMED,
             "malformed"),
            (encoded([hostile.GOSSIP, 0, 0, [b"", b""]]), hostile.MALFORMED,
             "malformed"),
    ):
        peer = stranger(scene.at)
        peer.stream.sendall(peer.channel.sending.seal(message))
        closed = peer.closed()
        check(closed == code, f"{message[:20].hex()} closes with {closed}")
        scene.parts(peer, reason)
    scene.end()


def hello_comes_first_and_names_somebody_else(folder, start):
    scene = Scene(folder, start)
    peer = Stranger(scene.at).shake_hands()
    peer.send([hostile.PING, 1])
    check(peer.closed() == hostile.ORDER, "anything may come first")
    scene.parts(peer, "order")
    peer = Stranger(scene.at).shake_hands()
    said = peer.wait(hostile.HELLO)
    peer.send([hostile.HELLO, [2, 3], *said[2:]])
    check(peer.closed() == 1, "it speaks another version")
    scene.parts(peer, "version")
    # Who gives back what it was given is taken for the node itself.
    peer = Stranger(scene.at).shake_hands()
    said = peer.wait(hostile.HELLO)
    peer.send(said)
    check(peer.closed() == 2, "it speaks with itself")
    scene.parts(peer, "self")
    scene.end()


# --- Floods


def flood(peer, make, count_max, batch=50):
    """Sends what make gives until the node says close; how many were sent.

    It is cut where it takes nothing any more."""
    sent = 0
    while sent < count_max:
        if not peer.send(*(make(sent + i) for i in range(batch))):
            break
        sent += batch
    return sent


def ends_flood(scene, name, begin, make, codes, count_max=100000, batch=50):
    """A flood ends with one of these codes, and harms nobody."""
    peer = begin(scene.at)
    listener = []
    reader = threading.Thread(target=lambda: listener.append(peer.closed()))
    reader.start()
    sent = flood(peer, make, count_max, batch)
    reader.join(timeout=hostile.PATIENCE_S)
    check(not reader.is_alive(), f"{name}: still open after {sent}")
    # A reset may overtake the close.
    check(listener[0] in (*codes, None), f"{name}: {listener[0]}")
    names = {hostile.FLOOD: "flood", hostile.MISBEHAVED: "misbehaved",
             hostile.UNASKED: "unasked", hostile.INVALID: "invalid"}
    closed = scene.node.wait("peer-closed", at=peer.at)
    check(any(names[code] in closed["reason"] for code in codes),
          f"{name}: {closed}")
    peer.close()
    scene.unharmed()


def some_records(make=found_record, count=256):
    """Records to send over and over, since a record is costly to make."""
    made = [make() for _ in range(count)]
    return lambda number: made[number % count]


def records_nobody_follows_end(folder, start):
    scene = Scene(folder, start)
    record = some_records(count=2000)
    ends_flood(scene, "gossip", neighbour,
               lambda i: [hostile.GOSSIP, 0, 0, record(i)],
               [hostile.MISBEHAVED])
    ends_flood(scene, "gossip of no neighbour", stranger,
               lambda i: [hostile.GOSSIP, 0, 0, record(i)],
               [hostile.MISBEHAVED])
    scene.end()


def signatures_that_are_wrong_end(folder, start):
    scene = Scene(folder, start)
    record = some_records(lambda: forged(found_record()))
    for _ in range(5):
        ends_flood(scene, "forged", neighbour,
                   lambda i: [hostile.GOSSIP, 0, 0, record(i)],
                   [hostile.INVALID])
        refused = scene.node.wait("record-refused")
        check("signature" in refused["reason"] and
              refused["node"].startswith("node1"), refused)
    scene.end()


def a_forged_copy_hides_no_record(folder, start):
    """An id does not cover the signature: who is first with a bad copy must
    not keep the good one away."""
    record = found_record()
    team = hostile.bech32m("team", hostile.id_of(record))
    scene = Scene(folder, start, f"\n[policy]\nfollow = {team}\n")
    for _ in range(3):
        liar = neighbour(scene.at)
        liar.send([hostile.GOSSIP, 0, 0, forged(record)])
        check(liar.closed() == hostile.INVALID, "it is not refused")
        scene.parts(liar, "invalid")
    honest = neighbour(scene.at)
    listener = neighbour(scene.at)
    honest.send([hostile.GOSSIP, 0, 0, record])
    scene.count += 1
    scene.node.wait_for_records(scene.count)
    told = listener.wait(hostile.HAVE, hostile.GOSSIP)
    check(told is not None, "it is not passed on")
    for peer in (honest, listener):
        peer.close()
        scene.parts(peer, "")
    scene.count -= 1  # The honest node does not follow that team.
    scene.end()


def answers_that_nobody_asked_for_end(folder, start):
    scene = Scene(folder, start)
    record = some_records()
    for name, make in (
            ("records of no request",
             lambda i: [hostile.RECORDS, 1 + i, [record(i)]]),
            ("records of no exchange",
             lambda i: [hostile.RECORDS, 0, [record(i)]]),
            ("lack", lambda i: [hostile.LACK, 1 + i, [os.urandom(32)]]),
            ("done", lambda i: [hostile.DONE, 1, 1 + i, 0, 0, 1]),
            ("blob", lambda i: [hostile.BLOB, bytes(32), 0, 5, b"bytes"])):
        ends_flood(scene, name, stranger, make, [hostile.UNASKED], batch=1)
    scene.end()


def endless_talk_ends(folder, start):
    """What is small, answered shortly or skipped, for ever."""
    scene = Scene(folder, start)
    nobody = [os.urandom(32), "127.0.0.1", 9]
    misbehaved = [hostile.MISBEHAVED]
    for name, begin, make in (
            ("have", neighbour,
             lambda i: [hostile.HAVE, os.urandom(32 * 128)]),
            ("have of no neighbour", stranger,
             lambda i: [hostile.HAVE, os.urandom(32 * 128)]),
            ("graft", neighbour,
             lambda i: [hostile.GRAFT, os.urandom(32), i % 2]),
            ("walks", neighbour, lambda i: [34, nobody, 6]),
            ("shuffles", neighbour, lambda i: [40, i, 6, [nobody] * 8]),
            ("pings", stranger, lambda i: [hostile.PING, i]),
            ("pongs", stranger, lambda i: [hostile.PONG, i]),
            ("unknown", stranger, lambda i: [2001, i])):
        ends_flood(scene, name, begin, make, misbehaved)
    scene.end()


def endless_requests_end(folder, start):
    """More at a time than is allowed."""
    scene = Scene(folder, start)
    ends_flood(scene, "ranges", stranger,
               lambda i: [hostile.RANGE, 1 + i, os.urandom(32), 1, 2**40],
               [hostile.FLOOD], batch=1000)
    ends_flood(scene, "wants", stranger,
               lambda i: [hostile.WANT, 1 + i, [os.urandom(32)]],
               [hostile.FLOOD], batch=1000)
    scene.end()



def records_that_lack_everything_harm_nobody(folder, start):
    """Signed well, of grants that nobody has ever seen: each may come true."""
    scene = Scene(folder, start)
    peer = neighbour(scene.at)
    record = some_records(hostile.orphan_record, count=2000)
    flooding = threading.Thread(target=lambda: flood(
        peer, lambda i: [hostile.GOSSIP, 0, 0, record(i)], 40000))
    flooding.start()
    scene.unharmed()
    flooding.join(timeout=hostile.PATIENCE_S)
    check(not flooding.is_alive(), "the node has stopped reading")
    scene.unharmed()
    peer.close()
    scene.parts(peer, "")
    scene.end()


# --- Frontiers


# Rounds of an exchange, as docs/protocol.md section 4.2 bounds them.
ROUNDS_MAX = 16

# What the node says in one round: its root, a frontier of its one log, the end
# of the slice, and a ping perhaps.
ROUND_BYTES_MAX = 512


def wait_counted(peer, took, *types):
    """The next message of these types, or the close; what came goes into took.

    Records of the exchange and all else that comes first are passed over."""
    while True:
        message = peer.receive()
        if message is None:
            return [hostile.CLOSE, None]
        took.append(len(hostile.encode(message)))
        if message[0] == hostile.PING:
            peer.send([hostile.PONG, message[1]])
        if message[0] in (*types, hostile.CLOSE):
            return message


def lead_round(peer, said, number, took):
    """Leads one round of section 4, with fingerprints that match nothing, and
    the root of the next one; true if the node goes along."""
    every = (hostile.FRONTIER, hostile.DONE, hostile.ROOT)
    peer.send([hostile.BUCKETS, number, 0, 0, 7, os.urandom(4 * 128)])
    frontier = wait_counted(peer, took, *every)
    while frontier[0] == hostile.FRONTIER and frontier[6]:
        frontier = wait_counted(peer, took, *every)
    if frontier[0] != hostile.FRONTIER:
        check(frontier == [hostile.DONE, 0, number, 0, 2, 0] or
              frontier[0] == hostile.CLOSE, f"round {number}: {frontier}")
        return False
    check(frontier[1] == number, f"round {number}: {frontier}")
    peer.send([hostile.FRONTIER, number, 0, 0, b"", b"", False])
    done = wait_counted(peer, took, *every)
    check(done[:4] == [hostile.DONE, 0, number, 0], f"round {number}: {done}")
    peer.send([hostile.DONE, 0, number, 0, 0, 0],
              [hostile.ROOT, number + 1, said[4], os.urandom(16), said[6], 1])
    root = wait_counted(peer, took, *every)
    check(root[:2] == [hostile.ROOT, number + 1], f"round {number}: {root}")
    return True


def fingerprints_that_always_differ_end(folder, start):
    """A round after the other, as long as the node goes along: it gives up
    after those that the protocol allows, and does not begin again at once."""
    scene = Scene(folder, start)
    peer = Stranger(scene.at).shake_hands()
    said = peer.hello(root=os.urandom(16))
    check(said[0] == hostile.HELLO, said)
    took = []
    for number in range(ROUNDS_MAX):
        check(lead_round(peer, said, number, took),
              f"it ends after {number} rounds")
    # The roots of the last round differ, too; and that was the last.
    differs = scene.node.wait("peer-differs", at=peer.at)
    check(differs["node"] == hostile.node_id(peer.key), differs)
    check(sum(took) < ROUNDS_MAX * ROUND_BYTES_MAX,
          f"it said {sum(took)} bytes")
    scene.unharmed()
    # Who asks again at once is put off, and in the end put out.
    put_off = []
    reader = threading.Thread(target=lambda: put_off.append(wait_counted(
        peer, took, hostile.FRONTIER, hostile.ROOT)))
    reader.start()
    sent = flood(peer, lambda i: [hostile.ROOT, ROUNDS_MAX + 1 + i, said[4],
                                  os.urandom(16), said[6], 0], 10000)
    reader.join(timeout=hostile.PATIENCE_S)
    check(not reader.is_alive(), f"still open after {sent} exchanges")
    # A reset may overtake the close.
    check(put_off[0][:2] in ([hostile.CLOSE, hostile.MISBEHAVED],
                             [hostile.CLOSE, None]), put_off)
    closed = scene.node.wait("peer-closed", at=peer.at)
    check("misbehaved" in closed["reason"] and closed["level"] == "warn" and
          closed["node"] == hostile.node_id(peer.key), closed)
    peer.close()
    scene.end()


# --- Captured bytes

BLOB_WANT = 44
BLOB_MAX = 60000
CAPTURE_SIZE = 20 * 1000 * 1000


def lose_capture(folder, ledger):
    """Captures something, and loses the bytes; returns their hash."""
    path = os.path.join(folder, "page.html")
    data = os.urandom(CAPTURE_SIZE)
    with open(path, "wb") as file:
        file.write(data)
    capture = run("--ledger", ledger, "capture", path)
    run("--ledger", ledger, "claim", "add", "--text", "It says so.",
        "--capture", capture)
    sha256 = hashlib.sha256(data).digest()
    name = sha256.hex()
    os.unlink(os.path.join(ledger, "captures", name[:2], name[2:]))
    return sha256


def give_false_bytes(peer, sha256, end):
    """Answers what the node wants of a capture with zeros, up to an end;
    false where the node has closed before."""
    while True:
        message = peer.wait(BLOB_WANT, hostile.CLOSE)
        if message is None or message[0] == hostile.CLOSE:
            return False
        check(message[1] == sha256, message)
        at, last = message[2], min(message[2] + message[3], CAPTURE_SIZE)
        while at < min(last, end):
            size = min(BLOB_MAX, last - at)
            peer.send([hostile.BLOB, sha256, at, CAPTURE_SIZE, bytes(size)])
            at += size
        if at >= end:
            return True


def false_captured_bytes_name_who_sent_them(folder, start):
    """One gives half of them and is gone, another one gives the rest: both are
    named when it comes out. Then the second gives all of it, and is put out.
    None of it is kept, or held in memory."""
    scene = Scene(folder, start, prepare=lose_capture)
    sha256 = scene.prepared
    scene.growth_max_kb = 24 * 1024
    first, second = stranger(scene.at), stranger(scene.at)
    check(give_false_bytes(first, sha256, CAPTURE_SIZE // 2), "it is put out")
    first.close()
    scene.node.wait("peer-closed", at=first.at)
    check(give_false_bytes(second, sha256, CAPTURE_SIZE), "it is put out")
    for peer in (first, second):
        refused = scene.node.wait("capture-refused", sha256=sha256.hex(),
                                  node=hostile.node_id(peer.key))
        check("a part" in refused["reason"] and refused["level"] == "warn",
              refused)
    check(give_false_bytes(second, sha256, CAPTURE_SIZE), "it is put out")
    refused = scene.node.wait("capture-refused", sha256=sha256.hex())
    check(refused["node"] == hostile.node_id(second.key) and
          refused["reason"] == "the bytes are others", refused)
    said = scene.node.wait("peer-sent-false-bytes", at=second.at)
    check("others" in said["reason"], said)
    second.close()
    scene.unharmed()
    name = os.path.join(scene.ledger, "captures", sha256.hex()[:2],
                        sha256.hex()[2:])
    check(not os.path.exists(name), "it is kept")
    scene.end()


# --- Who takes nothing, and who sends little


def who_takes_nothing_costs_little(folder, start):
    """Asks for everything again and again, and reads none of it."""
    scene = Scene(folder, start)
    log = hostile.long_log(300, 16000)
    path = os.path.join(folder, "log.cbor")
    with open(path, "wb") as file:
        for item in (["assay-records", 1], *log, ["end", len(log)]):
            file.write(hostile.encode(item))
    run("--ledger", scene.ledger, "import", path)
    peers = [stranger(scene.at) for _ in range(8)]
    grant = hostile.id_of(log[0])
    for peer in peers:
        for number in range(60):
            peer.send([hostile.RANGE, 1 + number, grant, 1, len(log)])
    # They are answered as far as the sockets take it, and no further.
    scene.unharmed()
    for peer in peers:
        hostile.reset_at_end(peer.stream)
        peer.close()
        scene.parts(peer, "")
    scene.end()


# --- Connections


CONNECTIONS = 10000


def need_files(wanted):
    """Lets this process, and those that it starts, have so many files open;
    with fewer a test would not be what its name says."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    check(hard == resource.RLIM_INFINITY or hard >= wanted,
          f"{wanted} open files are needed, and {hard} allowed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def ten_thousand_connections_are_bounded(folder, start):
    """From one address, as many as a node takes by default, which are few."""
    need_files(CONNECTIONS + 1000)
    scene = Scene(folder, start)
    silent = [connect(scene.at) for _ in range(CONNECTIONS)]
    refused = scene.node.wait("connection-refused")
    check(refused["at"].startswith("127.0.0.1:") and
          refused["limit"] == "connections-per-address", refused)
    told = len([line for line in scene.node.drained()
                if "connection-refused" in line])
    check(told < 200, f"{told} lines of {CONNECTIONS} connections")
    # The last one is closed, and so are those between.
    check(is_cut(silent[-1]), "the last one is open")
    scene.growth_max_kb = 16 * 1024
    scene.unharmed()
    for stream in silent:
        stream.close()
    scene.end()


def ten_thousand_connections_may_be_open(folder, start):
    """Where the operator wants it; each takes little before it is known."""
    need_files(CONNECTIONS + 1000)
    scene = Scene(folder, start, "connections = 20000\n"
                  "connections-per-address = 20000\nhandshake-seconds = 300\n")
    silent = [connect(scene.at) for _ in range(CONNECTIONS)]
    silent[-1].sendall(b"\x00\x20" + os.urandom(32))
    check(len(hostile.read_frame(silent[-1])) == 96, "it is not answered")
    # Of that, a sanitizer's notes of what may be touched are the larger half.
    scene.growth_max_kb = CONNECTIONS * 64
    scene.unharmed()
    for stream in silent:
        stream.close()
    scene.end()


def running_out_of_files_is_survived(folder, start):
    """More connections than a process may have files."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (224, 224))

    scene = Scene(folder, start, "connections-per-address = 200\n",
                  preexec_fn=limit)
    limited = scene.node.wait("files-limited")
    check(limited["files"] == "224" and limited["connections"] == "64",
          limited)
    silent = [connect(scene.at) for _ in range(150)]
    refused = scene.node.wait("connection-refused")
    check(refused["limit"] == "connections", refused)
    check(is_cut(silent[-1]), "the last one is open")
    scene.unharmed()
    for stream in silent:
        stream.close()
    scene.end()


def who_is_taken_off_the_list_is_put_out(folder, start):
    """A new configuration holds for who is there already."""
    secrets = [os.urandom(32) for _ in range(2)]
    nodes = [hostile.node_id(hostile.public(secret)) for secret in secrets]
    scene = Scene(folder, start)
    path = os.path.join(folder, "assayd.conf")
    peers = []
    for secret in secrets:
        peers.append(Stranger(scene.at, secret).shake_hands())
        peers[-1].hello()
        scene.node.wait("peer-open", at=peers[-1].at)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[network]\nallow = {scene.honest.id} {nodes[1]}\n")
    scene.node.process.send_signal(signal.SIGHUP)
    check(peers[0].closed() == 6, "it may stay")
    scene.parts(peers[0], "refused")
    peers[1].send([hostile.PING, 1])
    check(peers[1].wait(hostile.PONG, hostile.CLOSE)[0] == hostile.PONG,
          "another one is put out, too")
    peers[1].close()
    scene.end()


# What takes longer: floods, and what is measured while they last.
SLOW = [
    answers_cut_anywhere,
    records_nobody_follows_end,
    signatures_that_are_wrong_end,
    answers_that_nobody_asked_for_end,
    endless_talk_ends,
    endless_requests_end,
    records_that_lack_everything_harm_nobody,
    fingerprints_that_always_differ_end,
    false_captured_bytes_name_who_sent_them,
    who_drips_a_frame_counts_as_silent,
    who_takes_nothing_costs_little,
    ten_thousand_connections_are_bounded,
    ten_thousand_connections_may_be_open,
    running_out_of_files_is_survived,
]

if __name__ == "__main__":
    sys.exit(main(SLOW if sys.argv[1:] == ["slow"] else [
        handshakes_cut_anywhere,
        who_drips_a_handshake_runs_out_of_time,
        another_key_gets_no_third_message,
        what_was_heard_cannot_be_replayed,
        points_of_low_order_are_refused,
        handshake_frames_have_their_length,
        frames_that_are_wrong_end_the_channel,
        messages_that_are_wrong_are_named,
        hello_comes_first_and_names_somebody_else,
        a_forged_copy_hides_no_record,
        who_is_taken_off_the_list_is_put_out,
    ]))

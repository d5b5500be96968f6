#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node and a client that shares no code with it (tests/interop)."""
import io
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

import cbor2  # noqa: E402
import nodes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: E402
    Ed25519PrivateKey,
)
from channel_client import public  # noqa: E402
from gossip_client import (  # noqa: E402
    FORWARD_JOIN, GRAFT, GRAFT_ALL, GRAFT_RECORD, JOIN, NOBODY, OLD, PRUNE,
    SHARED, SHUFFLE, SHUFFLE_REPLY, STEP_ASK, STEP_NEED, Neighbour,
)
from hostile import found_record, sign  # noqa: E402
from sync_client import Ledger, Session  # noqa: E402
from verify_records import Record, bech32m, decode, encode  # noqa: E402

SAMPLE = os.path.join(os.environ["ASSAY_SOURCE_DIR"], "samples",
                      "rare-earths-thread", "manifest.json")
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
KIND_CAPTURE, KIND_CLAIM = 16, 17


def bytes_of(text):
    """What an id says, without its check, which is tested elsewhere."""
    values = [CHARSET.index(each) for each in text.rsplit("1", 1)[1][:-6]]
    bits = "".join(f"{each:05b}" for each in values)
    return bytes(int(bits[at:at + 8], 2) for at in range(0, 256, 8))


def records_of(ledger, folder):
    """All records of a ledger, through a file that it exports."""
    path = os.path.join(folder, "all.assay")
    nodes.run("--ledger", ledger, "export", "--all", "-o", path)
    with open(path, "rb") as file:
        stream = io.BytesIO(file.read())
    os.remove(path)
    held = Ledger()
    end = len(stream.getbuffer())
    while stream.tell() < end:
        item = cbor2.load(stream)
        if isinstance(item[0], bytes):
            held.add(item)
    return held


def desk(folder):
    """A ledger with the sample thread; its teams."""
    ledger = nodes.new_ledger(folder, "desk")
    teams = []
    for name in ("Harbor Desk (sample)", "Inland Desk (sample)"):
        key = name.split()[0].lower()
        nodes.run("--ledger", ledger, "key", "new", "--name", key, stdin="")
        teams.append(nodes.run("--ledger", ledger, "team", "found", "--name",
                               name, "--as", key))
    nodes.run("--ledger", ledger, "load", SAMPLE)
    return ledger, teams


def connect(node, teams, held, kind=Session, secret=None):
    host, port = node.ready()["listen"][0].rsplit(":", 1)
    return kind.dial(host, int(port), bytes_of(node.id),
                     [bytes_of(team) for team in teams], held,
                     nodes.PATIENCE_S, secret)


def read_all(folder, start):
    """All that a node holds comes, and what was asked for comes."""
    ledger, teams = desk(folder)
    node = start(ledger, "--allow", "open")
    want = records_of(ledger, folder)
    got = Ledger()
    session = connect(node, teams, got)
    nodes.check(session.exchange() == len(want.records), "not all came")
    nodes.check(got.records.keys() == want.records.keys(), "others came")

    claims = [each.id for each in want.records.values()
              if each.payload[1] == KIND_CLAIM]
    records, lacking = session.want(1, [*claims, bytes(32)])
    nodes.check({each.id for each in records} == set(claims), "not the claims")
    nodes.check(lacking == [bytes(32)], "nobody has a record of zeros")
    team = bytes_of(teams[0])
    log = want.logs()[team]
    records, lacking = session.range(2, team, 2, log.seq)
    nodes.check([each.payload[3] for each in records] ==
                list(range(2, log.seq + 1)) and not lacking, "not the range")
    for record in want.records.values():
        if record.payload[1] == KIND_CAPTURE:
            body = decode(record.body)
            data = session.blob(body[4], 1000)
            nodes.check(len(data) == body[3], "not the captured bytes")
    session.end()

    # Who holds all of it has nothing to ask.
    session = connect(node, teams, got)
    nodes.check(session.exchange() == 0, "the same came again")
    session.end()
    node.end()


def give_one(folder, start):
    """A node takes what a client has and it has not, and gives the rest."""
    ledger, teams = desk(folder)
    other = nodes.new_ledger(folder, "newsroom")
    path = os.path.join(folder, "all.assay")
    nodes.run("--ledger", ledger, "export", "--all", "-o", path)
    nodes.run("--ledger", other, "import", path)
    nodes.trust(other, *teams)
    claim = nodes.run("--ledger", ledger, "claim", "add", "--as", "harbor",
                      "--text", "One more.", "--url", "https://a.example/")
    held = records_of(ledger, folder)
    nodes.run("--ledger", other, "show", claim, code=1)

    node = start(other, "--allow", "open")
    session = connect(node, teams, held)
    nodes.check(session.exchange() == 0, "it gave what is held")
    session.end()
    nodes.check("One more." in nodes.run("--ledger", other, "show", claim),
                "the record is not there")
    node.end()


# --- A team whose keys are here


class Author:
    """Signs the records of a team of one."""

    def __init__(self):
        self.secret = Ed25519PrivateKey.generate()
        self.found = Record(encode(found_record(self.secret)))
        self.team = bech32m("team", self.found.id)

    def claim(self, prev, text):
        """One that follows another record, or several."""
        prev = prev if isinstance(prev, list) else [prev]
        item = sign(self.secret,
                    {1: KIND_CLAIM, 2: self.found.id,
                     3: 1 + max(each.payload[3] for each in prev),
                     4: sorted(each.id for each in prev)}, text)
        return Record(encode(item))

    def branch(self, base, name, count):
        """So many claims, each behind the one before."""
        records = []
        for number in range(count):
            base = self.claim(base, f"{name} {number}")
            records.append(base)
        return records


def item_of(record):
    return [record.envelope, record.body]


def holding(*records):
    held = Ledger()
    for record in records:
        held.add(item_of(record))
    return held


def write_into(ledger, folder, records):
    path = os.path.join(folder, "some.assay")
    with open(path, "wb") as file:
        for item in (["assay-records", 1], *map(item_of, records),
                     ["end", len(records)]):
            file.write(encode(item))
    nodes.run("--ledger", ledger, "import", path)
    os.remove(path)


def newsroom(folder, start, author, records):
    """A node that follows the author and holds these records."""
    ledger = nodes.new_ledger(folder, "newsroom")
    nodes.trust(ledger, author.team)
    write_into(ledger, folder, records)
    return start(ledger, "--allow", "open"), ledger


# --- Forks (section 4.6)


def forked_logs_become_one(folder, start):
    """Each side has a branch of its own, long enough that their heads alone
    tell nothing of where they part."""
    author = Author()
    trunk = [author.found, *author.branch(author.found, "trunk", 20)]
    ours = author.branch(trunk[-1], "ours", 30)
    theirs = author.branch(trunk[9], "theirs", 40)
    node, ledger = newsroom(folder, start, author, trunk + theirs)
    held = holding(*trunk, *ours)

    session = connect(node, [author.team], held)
    nodes.check(session.exchange() == len(theirs), "not their branch alone")
    session.end()
    everything = {each.id for each in trunk + ours + theirs}
    nodes.check(held.records.keys() == everything, "not all is here")
    nodes.check(records_of(ledger, folder).records.keys() == everything,
                "not all is there")

    # A log that forks on both sides grows: on one branch here, by what joins
    # two branches there.
    more = author.branch(ours[4], "more", 3)
    write_into(ledger, folder, [author.claim([ours[-1], theirs[-1]], "joined")])
    for record in more:
        held.add(item_of(record))
    session = connect(node, [author.team], held)
    nodes.check(session.exchange() == 1, "the one that joins did not come")
    session.end()
    nodes.check(records_of(ledger, folder).records.keys() ==
                held.records.keys(), "the two still differ")

    # And one side may have no more than the beginning.
    held = holding(*trunk[:3])
    session = connect(node, [author.team], held)
    nodes.check(session.exchange() == len(everything) + 4 - 3, "not the rest")
    session.end()
    node.end()


# --- Neighbours and walks (sections 6.1 and 6.2)


def neighbours_are_found_by_walks(folder, start):
    """Who joins is told to others, shuffles go on and come back, and where a
    newcomer's walk ends it is dialled."""
    author = Author()
    node, _ = newsroom(folder, start, author, [author.found])

    def newcomer():
        return connect(node, [author.team], holding(author.found), Neighbour)

    first = newcomer()
    at = first.join()
    nodes.check(at[0] == bytes_of(node.id), "it says that it is another")
    nodes.check(first.hear(GRAFT)[1:] == [NOBODY, GRAFT_ALL],
                "its only link is in no tree")

    # A second one can be dialled; the first one hears where.
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(nodes.PATIENCE_S)
    port = listening.getsockname()[1]
    second = newcomer()
    second.join(port)
    nodes.check(first.hear(FORWARD_JOIN)[1:] ==
                [[second.key, "127.0.0.1", port], 6], "not who joined")

    # Who asks again is accepted again.
    second.ask(STEP_ASK)

    # A shuffle of the one ends with the other, who answers.
    first.say(SHUFFLE, 77, 6, [first.peer(port=9)])
    while True:
        _, number, walk, peers = second.hear(SHUFFLE)
        if [first.key, "127.0.0.1", 9] in peers:
            break
        second.say(SHUFFLE_REPLY, number, [])  # The node's own
    nodes.check(walk == 5 and number != 77, "not handed on, but copied")
    told = [os.urandom(32), "192.0.2.1", 7117]
    second.say(SHUFFLE_REPLY, number, [told])
    nodes.check(first.hear(SHUFFLE_REPLY)[1:] == [77, [told]],
                "the answer does not find back")
    second.end()

    # With one neighbour left, the walk of a newcomer ends at the node.
    node.wait("peer-closed")
    secret = os.urandom(32)
    first.say(FORWARD_JOIN, [public(secret), "127.0.0.1", port], 6)
    stream, _ = listening.accept()
    stream.settimeout(nodes.PATIENCE_S)
    third = Neighbour.answer(stream, secret, [bytes_of(author.team)],
                             holding(author.found))
    nodes.check(third.accept() == STEP_NEED, "it does not say that it needs it")
    # They are neighbours: what the one tells the other hears of.
    record = author.claim(author.found, "Over three nodes")
    first.push(record)
    nodes.check(third.announced() == [record.id], "another record")
    listening.close()
    first.end()
    third.end()
    node.end()


def the_newer_of_two_connections_stays(folder, start):
    """Of two that the same node has dialled (section 3.7); who was a neighbour
    over the older one asks anew."""
    author = Author()
    node, _ = newsroom(folder, start, author, [author.found])
    secret = os.urandom(32)

    def dial():
        return connect(node, [author.team], holding(author.found), Neighbour,
                       secret)

    older = dial()
    older.join()
    newer = dial()
    nodes.check(older.closed() == 4, "the older one stays")
    older.stream.close()
    newer.ask(STEP_NEED)
    newer.end()
    node.end()


def the_smaller_keys_connection_stays(folder, start):
    """Of two by either side, whoever was first (section 3.7)."""
    author = Author()
    node, ledger = newsroom(folder, start, author, [author.found])
    node.ready()
    for is_smaller in (False, True):
        # Another port each time: the node may still dial who was there before.
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(nodes.PATIENCE_S)
        port = listening.getsockname()[1]
        secret = os.urandom(32)
        while (public(secret) < bytes_of(node.id)) != is_smaller:
            secret = os.urandom(32)
        name = bech32m("node", public(secret))
        nodes.run("--ledger", ledger, "peer", "add",
                  f"{name}@127.0.0.1:{port}")
        stream, _ = listening.accept()
        stream.settimeout(nodes.PATIENCE_S)
        theirs = Neighbour.answer(stream, secret, [bytes_of(author.team)],
                                  holding(author.found))
        # Its first neighbour since it started is joined.
        step = theirs.accept()
        nodes.check(is_smaller or step == JOIN, f"it asks with {step}")
        ours = connect(node, [author.team], holding(author.found), Neighbour,
                       secret)
        kept, other = (ours, theirs) if is_smaller else (theirs, ours)
        nodes.check(other.closed() == 4, "the other one stays")
        if is_smaller:
            kept.ask(STEP_NEED)
        kept.settle()
        nodes.run("--ledger", ledger, "peer", "remove", name)
        for session in (ours, theirs):
            session.stream.close()
        listening.close()
    node.end()


# --- Broadcast (sections 6.3 and 6.4)


def records_go_from_neighbour_to_neighbour(folder, start):
    """Pushed over the tree, announced elsewhere, asked for, and a copy too
    many refused."""
    author = Author()
    node, ledger = newsroom(folder, start, author, [author.found])
    first, second = (connect(node, [author.team], holding(author.found),
                             Neighbour) for _ in range(2))
    first.join()
    nodes.check(first.hear(GRAFT)[1:] == [NOBODY, GRAFT_ALL],
                "its only link is in no tree")
    second.join()

    # Written at the node: the link in the tree gets it, the other hears of it.
    one = author.claim(author.found, "Written here")
    write_into(ledger, folder, [one])
    record, hops, tree = first.pushed()
    nodes.check((record.id, hops, tree) == (one.id, 0, SHARED),
                "not the record, or not as new")
    nodes.check(second.announced() == [one.id], "it is not announced")
    second.graft(one.id, GRAFT_RECORD)
    record, hops, tree = second.pushed()
    nodes.check((record.id, hops, tree) == (one.id, 0, SHARED),
                "who announced it does not give it")

    # The graft has put the second link into the tree: what one neighbour
    # pushes, the other gets whole, a hop further.
    two = author.claim(one, "Pushed")
    first.push(two)
    record, hops, tree = second.pushed()
    nodes.check((record.id, hops, tree) == (two.id, 1, SHARED),
                "it is not passed on")
    # A copy over another link of the tree is one too many, and the link is
    # out of the tree from then on.
    second.push(two)
    nodes.check(second.hear(PRUNE)[1] == two.id, "it takes it twice")
    three = author.claim(two, "Pushed again")
    first.push(three)
    nodes.check(second.announced() == [three.id], "it is pushed all the same")

    # What is announced is asked for; that puts the link into the tree again.
    four = author.claim(three, "Announced")
    second.announce(four)
    nodes.check(second.hear(GRAFT)[1:] == [four.id, GRAFT_RECORD],
                "it does not ask")
    second.push(four)
    nodes.check(first.pushed()[0].id == four.id, "it is not passed on")

    # One from before is not remembered as told: it is given with no tree.
    second.graft(author.found.id, GRAFT_RECORD)
    record, hops, tree = second.pushed()
    nodes.check((record.id, hops, tree) == (author.found.id, 0, OLD),
                "what is held is not given")

    nodes.check(records_of(ledger, folder).records.keys() ==
                {each.id for each in (author.found, one, two, three, four)},
                "not all is there")
    first.end()
    second.end()
    node.end()


if __name__ == "__main__":
    sys.exit(nodes.main([
        read_all,
        give_one,
        forked_logs_become_one,
        neighbours_are_found_by_walks,
        the_newer_of_two_connections_stays,
        the_smaller_keys_connection_stays,
        records_go_from_neighbour_to_neighbour,
    ]))

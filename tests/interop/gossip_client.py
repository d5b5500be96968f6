# SPDX-License-Identifier: Apache-2.0
"""A neighbour of a node, from docs/protocol.md section 6 alone.

It becomes one by asking or by being asked, takes part in walks, pushes,
announces, asks for records and gives them. What has to be
answered in time is answered while something else is waited for; what is
waited for is one message after the other. It has one neighbour, so that every
walk ends with it, and one tree, the shared one.
"""
from sync_client import CLOSE, PING, PONG, Session
from channel_client import public, read_frame
from verify_records import Record, decode, encode

(GOSSIP, HAVE, GRAFT, PRUNE, JOIN, FORWARD_JOIN, NEIGHBOR, DISCONNECT, SHUFFLE,
 SHUFFLE_REPLY) = range(24, 44, 2)
STEP_ASK, STEP_NEED, STEP_ACCEPT = 0, 1, 2
GRAFT_RECORD, GRAFT_LINK, GRAFT_ALL = 0, 1, 2
SHARED, OLD = 0, 1  # Numbers of trees
NOBODY = bytes(32)


class Neighbour(Session):
    """A session that takes part."""

    def __init__(self, *arguments):
        self.is_eager = False  # The link is in the shared tree.
        super().__init__(*arguments)
        self.key = public(self.channel.own["s"])

    def hear(self, *types):
        """The next message of one of these types; what else comes is done as
        the page says."""
        while True:
            sealed = read_frame(self.stream)
            message = decode(self.channel.receiving.open(sealed))
            if message[0] in types:
                return message
            self.react(message)

    def react(self, message):
        if message[0] == PING:
            self.say(PONG, message[1])
        elif message[0] == GRAFT:
            _, name, mode = message
            self.is_eager = True
            if mode == GRAFT_RECORD:
                self.push(self.ledger.records[name])
            assert mode != GRAFT_ALL or name == NOBODY
        elif message[0] == PRUNE:
            self.is_eager = False
        elif message[0] == SHUFFLE:
            self.say(SHUFFLE_REPLY, message[1], [])
        elif message[0] == DISCONNECT or message[0] == CLOSE:
            raise EOFError(f"no neighbour any more: {message}")
        else:
            assert message[0] in (HAVE, GOSSIP, FORWARD_JOIN, SHUFFLE_REPLY) \
                or message[0] % 2 == 1, message

    # ----------------------------------------------------- 6.1 Neighbours

    def peer(self, host="", port=0):
        return [self.key, host, port]

    def join(self, port=0):
        """Asks as one that has no neighbour yet."""
        self.say(JOIN, self.peer(port=port))
        return self.accepted()

    def ask(self, step):
        self.say(NEIGHBOR, step, self.peer())
        return self.accepted()

    def accepted(self):
        """Who it is, as it says itself."""
        _, step, peer, *_ = self.hear(NEIGHBOR)
        assert step == STEP_ACCEPT and peer[0] == self.channel.remote["s"]
        return peer

    def accept(self):
        """Waits to be asked; the step it was asked with, or JOIN."""
        message = self.hear(NEIGHBOR, JOIN)
        step = message[1] if message[0] == NEIGHBOR else JOIN
        peer = message[2] if message[0] == NEIGHBOR else message[1]
        assert step != STEP_ACCEPT and peer[0] == self.channel.remote["s"]
        self.say(NEIGHBOR, STEP_ACCEPT, self.peer())
        self.settle()
        return step

    def settle(self):
        """Until the other has taken all that was said so far."""
        self.say(PING, 1)
        assert self.hear(PONG)[1] == 1

    # ------------------------------------------------------ 6.3 Broadcast

    def push(self, record, hops=0, tree=SHARED):
        self.say(GOSSIP, hops, tree, [record.envelope, record.body])

    def announce(self, *records):
        self.say(HAVE, b"".join(record.id for record in records))

    def graft(self, name, mode):
        self.say(GRAFT, name, mode)

    def pushed(self):
        """The next record that is pushed, its hops and its tree."""
        _, hops, tree, item, *_ = self.hear(GOSSIP)
        return Record(encode(item)), hops, tree

    def announced(self):
        """The ids of the next announcement."""
        _, ids, *_ = self.hear(HAVE)
        assert 0 < len(ids) <= 128 * 32 and len(ids) % 32 == 0
        return [ids[at:at + 32] for at in range(0, len(ids), 32)]

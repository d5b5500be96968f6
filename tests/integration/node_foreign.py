#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node and a client that shares no code with it (tests/interop)."""
import io
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

import cbor2  # noqa: E402
import nodes  # noqa: E402
from sync_client import Ledger, Session  # noqa: E402
from verify_records import decode  # noqa: E402

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


def connect(node, teams, held):
    host, port = node.ready()["listen"][0].rsplit(":", 1)
    return Session(host, int(port), bytes_of(node.id),
                   [bytes_of(team) for team in teams], held,
                   nodes.PATIENCE_S)


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
    records, lacking = session.range(2, team, 2, max(log))
    nodes.check([each.payload[3] for each in records] ==
                list(range(2, max(log) + 1)) and not lacking, "not the range")
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


if __name__ == "__main__":
    sys.exit(nodes.main([read_all, give_one]))

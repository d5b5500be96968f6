# SPDX-License-Identifier: Apache-2.0
"""Whose records a node keeps, and ledgers that went astray: what comes of
them between nodes that run."""

import os
import shutil
import sys

import cbor2

import hostile
from nodes import (add_claim, check, claims_of, main, new_ledger, new_team,
                   run, trust)


def claim_as(ledger, key, text):
    return run("--ledger", ledger, "--as", key, "claim", "add", "--text", text,
               "--url", "https://a.example/")


def configure(folder, *policy):
    path = os.path.join(folder, "assayd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(("[policy]", *policy)) + "\n")
    return "--config", path


def desks(folder):
    """A ledger with three teams that have a claim each; the first vouches for
    the second, and the second for the third."""
    ledger = new_ledger(folder, "a")
    teams = {name: new_team(ledger, name.capitalize())
             for name in ("one", "two", "three")}
    claims = {name: claim_as(ledger, name, name) for name in teams}
    for name, other in (("one", "two"), ("two", "three")):
        run("--ledger", ledger, "--as", name, "team", "vouch", teams[other])
    return ledger, teams, claims


def those_that_are_vouched_for_are_kept(folder, start):
    """One step from a trusted team, as the configuration says, and not two.
    Who vouches is known after the first comparison, and the second one comes a
    minute later, so this is slow."""
    a, teams, claims = desks(folder)
    b = new_ledger(folder, "b")
    trust(b, teams["one"])
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address(),
                   *configure(folder, "accept = vouched:1"))
    # Of each a root, a claim and a voucher.
    second.wait_for_records(3)
    second.wait_for_records(6)
    second.wait("peer-in-step")
    check(claims_of(b) == sorted((claims["one"], claims["two"])),
          claims_of(b))
    second.end()
    first.end()


def open_takes_any_team(folder, start):
    a, _, claims = desks(folder)
    first = start(a, "--allow", "open", *configure(folder, "accept = open"))
    b = new_ledger(folder, "b")
    second = start(b, "--peer", first.address(),
                   *configure(folder, "accept = open"))
    second.wait_for_records(8)
    check(claims_of(b) == sorted(claims.values()), "a team is missing")
    second.end()
    first.end()


def who_is_trusted_no_longer_stays_as_it_was(folder, start):
    """Without --drop: what came is kept, and nothing more comes."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    teams = [new_team(a, name) for name in ("Desk", "Other")]
    old = [claim_as(a, name, "Old.") for name in ("desk", "other")]
    trust(b, *teams)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait_for_records(4)
    run("--ledger", b, "trust", "remove", teams[0])
    second.end()
    claim_as(a, "desk", "New.")
    new = claim_as(a, "other", "New.")
    second = start(b, "--peer", first.address())
    second.wait_for_records(5)
    second.wait("peer-in-step")
    # One that is written while both run goes by another way.
    claim_as(a, "desk", "Newer.")
    newer = claim_as(a, "other", "Newer.")
    second.wait_for_records(6)
    check(claims_of(b) == sorted([*old, new, newer]), claims_of(b))
    second.end()
    first.end()


def an_old_backup_comes_to_the_same(folder, start):
    """Restored, it gets back what it had signed itself; where it signs before
    that, its log forks, and all have both branches."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    trust(b, new_team(a, "Desk"))
    add_claim(a, "Before the backup.")
    backup = os.path.join(folder, "ledger.mdb")
    run("--ledger", a, "backup", backup)
    add_claim(a, "After it.")
    first = start(a, "--allow", "open")
    second = start(b, "--allow", "open", "--peer", first.address())
    second.wait_for_records(3)
    first.end()
    for count, name in ((3, "c"), (4, "d")):
        restored = os.path.join(folder, name)
        run("--ledger", restored, "restore", backup)
        shutil.copytree(os.path.join(a, "keys"),
                        os.path.join(restored, "keys"), dirs_exist_ok=True)
        if count == 4:
            add_claim(restored, "In place of it.")
        third = start(restored, "--allow", "open", "--peer",
                      second.address())
        third.wait_for_records(count)
        second.wait_for_records(count)
        check(claims_of(restored) == claims_of(b) and
              len(claims_of(b)) == count - 1, "they do not hold the same")
        third.end()
    # Both go on behind the fork, and others get all of it at once.
    fresh = new_ledger(folder, "e")
    trust(fresh, run("--ledger", b, "trust", "list").split()[0])
    fourth = start(fresh, "--peer", second.address())
    fourth.wait_for_records(4)
    check(claims_of(fresh) == claims_of(b), "they do not hold the same")
    fourth.end()
    second.end()
    run("--ledger", fresh, "check")


def a_delegation_that_is_missing_is_got(folder, start):
    """The record of a member comes before that which made it one."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    member = run("--ledger", a, "key", "new", "--name", "ann", stdin="")
    run("--ledger", a, "--as", "desk", "team", "member", member.split()[-1],
        "--name", "Ann", "--role", "checker")
    claim = run("--ledger", a, "--as", "ann", "--team", team, "claim", "add",
                "--text", "Early.", "--url", "https://a.example/")
    path = os.path.join(folder, "all.cbor")
    run("--ledger", a, "export", "--all", "-o", path)
    items = []
    with open(path, "rb") as file:
        decoder = cbor2.CBORDecoder(file)
        while not items or items[-1][0] != "end":
            items.append(decoder.decode())
    early = items[-2][:2]
    second = start(b, "--allow", "open")
    second.ready()
    stranger = hostile.neighbour(second.found["listen"][0])
    stranger.send([hostile.GOSSIP, 0, 0,
                   [item if isinstance(item, bytes)
                    else hostile.encode(item) for item in early]],
                  [hostile.PING, 1])
    check(stranger.wait(hostile.PONG) is not None, "it is put out")
    run("--ledger", b, "list", "claims", code=1)  # There are none.
    first = start(a, "--allow", "open")
    run("--ledger", b, "peer", "add", first.address())
    second.wait_for_records(3)
    check(claims_of(b) == [claim], claims_of(b))
    stranger.close()
    second.end()
    first.end()


SLOW = [
    those_that_are_vouched_for_are_kept,
]

if __name__ == "__main__":
    sys.exit(main(SLOW if sys.argv[1:] == ["slow"] else [
        open_takes_any_team,
        who_is_trusted_no_longer_stays_as_it_was,
        an_old_backup_comes_to_the_same,
        a_delegation_that_is_missing_is_got,
    ]))

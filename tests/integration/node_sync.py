# SPDX-License-Identifier: Apache-2.0
"""Nodes that speak with each other: what one has, the others get."""

import os
import signal
import socket
import subprocess
import sys
import threading

from nodes import (ASSAY, PATIENCE_S, add_claim, check, claims_of, document,
                   main, new_ledger, new_team, run, trust)


def two_nodes_sync_and_gossip(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    add_claim(a, "One.")
    trust(b, team)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address(), listen=("[::1]:0",))
    second.wait("peer-in-step")
    second.wait_for_records(2)
    # Written by the command line while both run.
    add_claim(a, "Two.")
    second.wait_for_records(3)
    check(claims_of(a) == claims_of(b), "they do not hold the same")
    second.end()
    first.end()


def three_nodes_converge(folder, start):
    """Each desk writes; the third reaches the first through the second."""
    ledgers = [new_ledger(folder, name) for name in "abc"]
    teams = [new_team(ledger, "Desk" + ledger[-1]) for ledger in ledgers]
    for ledger in ledgers:
        trust(ledger, *teams)
        add_claim(ledger, "From " + ledger[-1])
    first = start(ledgers[0], "--allow", "open")
    address = first.address()
    second = start(ledgers[1], "--allow", "open", "--peer", address)
    third = start(ledgers[2], "--allow", "open", "--peer", second.address())
    nodes = (first, second, third)
    for node in nodes:
        node.wait_for_records(6)
    for ledger in ledgers:
        add_claim(ledger, "More from " + ledger[-1])
    for node in nodes:
        node.wait_for_records(9)
    held = [claims_of(ledger) for ledger in ledgers]
    check(len(held[0]) == 6 and held[0] == held[1] == held[2],
          "they do not hold the same")
    for node in nodes:
        node.end()


def a_node_that_was_away_catches_up(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    first = start(a, "--allow", "open")
    address = first.address()
    second = start(b, "--peer", address)
    second.wait_for_records(1)
    second.end()
    first.wait("peer-closed")
    for number in range(20):
        add_claim(a, f"While it was away: {number}")
    second = start(b, "--peer", address)
    second.wait_for_records(21)
    # And the one that is dialled may be the one that was away.
    host_port = address.split("@")[1]
    first.end()
    add_claim(a, "While nobody was there.")
    first = start(a, "--allow", "open", listen=(host_port,))
    first.ready()
    second.wait_for_records(22)
    check(claims_of(a) == claims_of(b), "they do not hold the same")
    second.end()
    first.end()


def records_nobody_follows_stay_away(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    new_team(a, "Other")
    run("--ledger", a, "--as", "other", "claim", "add", "--text", "Theirs.",
        "--url", "https://a.example/")
    claim = run("--ledger", a, "--as", "desk", "claim", "add", "--text",
                "Ours.", "--url", "https://a.example/")
    trust(b, team)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait_for_records(2)
    second.wait("peer-in-step")
    check(claims_of(b) == [claim], "b took what it does not follow")
    second.end()
    first.end()


def records_come_once_their_team_is_trusted(folder, start):
    """Nodes compare what they hold once a minute at most, so this is slow."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait("peer-in-step")
    trust(b, team)
    second.wait_for_records(1)
    second.end()
    first.end()


def nodes_that_are_no_neighbours_sync(folder, start):
    """A node dials another for one sync, and parts with it afterwards."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    first = start(a, "--allow", "open")
    second = start(b)
    second.ready()
    for count in (1, 2):
        add_claim(a, f"Claim {count}.")
        said = run("--ledger", b, "sync", first.address())
        check("In step with node1" in said, said)
        check(len(claims_of(b)) == count, said)
        second.wait("peer-closed")
        check(run("--ledger", b, "peers", code=1) == "", "it stays connected")
    second.end()
    first.end()


def a_sync_that_is_asked_for_ends(folder, start):
    """The same holds for one that a person asks for."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait("peer-in-step")
    told = document(run("--ledger", b, "--json", "sync",
                        patience=2 * PATIENCE_S))
    check(told["format"] == "assay-sync/1" and told["node"] == first.id and
          told["is_synced"], told)
    second.end()
    first.end()


def what_a_followed_record_names_comes_too(folder, start):
    """A claim of a team that is not followed, since a verdict names it."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    new_team(a, "Other")
    claim = run("--ledger", a, "--as", "other", "claim", "add", "--text",
                "Theirs.", "--url", "https://a.example/")
    run("--ledger", a, "--as", "other", "claim", "add", "--text", "More.",
        "--url", "https://a.example/")
    team = new_team(a, "Desk")
    run("--ledger", a, "--as", "desk", "--team", team, "verdict", "add", claim,
        "--rating", "false", "--rationale", "No.")
    trust(b, team)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    # Two of the desk's, and the claim with the record that founds its team.
    second.wait_for_records(4)
    check(claims_of(b) == [claim], "the claim that the verdict names is not "
          "there, or more is")
    second.end()
    first.end()


def what_is_dropped_is_gone(folder, start):
    """Unfollowed while the node runs: its records go, and none comes."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    other = new_team(a, "Other")
    for name in ("desk", "other"):
        run("--ledger", a, "--as", name, "claim", "add", "--text", name,
            "--url", "https://a.example/")
    trust(b, team, other)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait_for_records(4)
    run("--ledger", b, "trust", "remove", team, "--drop")
    run("--ledger", b, "trust", "remove", team, "--drop", code=1)
    check(len(claims_of(b)) == 1, "the records did not go")
    while document(run("--ledger", b, "--json", "status"))["teams"] != 1:
        pass  # The node has not seen it yet.
    for name in ("desk", "other"):
        run("--ledger", a, "--as", name, "claim", "add", "--text", "More",
            "--url", "https://a.example/")
    second.wait_for_records(5)
    check(len(claims_of(b)) == 2, "records of who is not followed came")
    second.end()
    run("--ledger", b, "check")
    run("--ledger", a, "trust", "remove", team, "--drop", code=1)
    first.end()


def who_is_not_allowed_is_refused(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    first = start(a)
    second = start(b, "--peer", first.address())
    first.wait("peer-closed", reason="refused: not on the list")
    second.wait("peer-closed", reason="peer: refused: not on the list")
    second.end()
    first.end()


def another_key_than_expected_is_refused(folder, start):
    """Nobody speaks with who only has the address of somebody else."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    first = start(a, "--allow", "open")
    at = first.address().split("@")[1]
    third = start(new_ledger(folder, "c"), "--allow", "open")
    third.address()
    second = start(b, "--peer", f"{third.id}@{at}")
    closed = second.wait("peer-closed")
    check("channel" in closed["reason"], closed)
    for node in (second, first, third):
        node.end()


def a_peer_that_is_oneself_is_refused(folder, start):
    """By its key, and by who answers; an honest peer notices nothing."""
    ledger, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    trust(b, new_team(ledger, "Desk"))
    first = start(ledger, "--allow", "open")
    address = first.address()
    honest = start(b, "--peer", address)
    honest.wait_for_records(1)
    run("--ledger", ledger, "peer", "add", address, code=2)
    run("--ledger", ledger, "sync", address, code=1)
    closed = first.wait("peer-closed")
    check(closed["reason"] == "channel: a node does not speak with itself",
          closed)
    add_claim(ledger, "All the same.")
    honest.wait_for_records(2)
    honest.end()
    first.end()
    second = start(ledger, "--peer", address)
    check(second.wait("peer-not-kept")["reason"] == "it is this node", "")
    second.end()


def host_names_are_dialled(folder, start):
    """Also where only one of a name's addresses leads to the node."""
    first = start(new_ledger(folder, "a"), "--allow", "open")
    node, at = first.address().split("@")
    second = start(new_ledger(folder, "b"), "--allow", "open", "--peer",
                   f"{node}@localhost:{at.rsplit(':', 1)[1]}")
    second.wait("peer-in-step")
    second.end()
    first.end()


def names_that_resolve_to_nothing_are_named(folder, start):
    """With the reason; the peer that is there goes on as before."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    trust(b, new_team(a, "Desk"))
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait_for_records(1)
    nobody = start(new_ledger(folder, "c"))
    nobody.ready()
    name = "a" * 64 + ".example"
    run("--ledger", a, "peer", "add", f"{nobody.id}@{name}:7117")
    failed = first.wait("dial-failed")
    check(failed["peer"] == f"{nobody.id}@{name}:7117" and
          "unknown" in failed["reason"], failed)
    add_claim(a, "All the same.")
    second.wait_for_records(2)
    nobody.end()
    second.end()
    first.end()


def silence_ends_a_handshake(folder, start):
    """A byte now and then is no handshake, and costs others nothing."""
    ledger = new_ledger(folder, "a")
    path = os.path.join(folder, "assayd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[network]\nhandshake-seconds = 1\n")
    node = start(ledger, "--config", path)
    host, port = node.ready()["listen"][0].rsplit(":", 1)
    slow = socket.create_connection((host, int(port)))
    slow.sendall(b"\x00")
    closed = node.wait("peer-closed")
    check("handshake" in closed["reason"], closed)
    check(slow.recv(10) == b"", "it was not closed")
    slow.close()
    # What is no handshake at all.
    junk = socket.create_connection((host, int(port)))
    junk.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
    closed = node.wait("peer-closed")
    check("channel" in closed["reason"], closed)
    junk.close()
    node.end()


def connections_are_limited(folder, start):
    ledger = new_ledger(folder, "a")
    path = os.path.join(folder, "assayd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[network]\nconnections-per-address = 3\n")
    node = start(ledger, "--config", path)
    host, port = node.ready()["listen"][0].rsplit(":", 1)
    some = [socket.create_connection((host, int(port))) for _ in range(4)]
    refused = node.wait("connection-refused")
    check(refused["limit"] == "connections-per-address", refused)
    check(some[3].recv(10) == b"", "the fourth was not closed")
    for one in some:
        one.close()
    node.end()


def many_connections_harm_nobody(folder, start):
    """A thousand that say nothing, while two nodes go on."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    first = start(a, "--allow", "open")
    address = first.address()
    second = start(b, "--peer", address)
    second.wait_for_records(1)
    host, port = address.split("@")[1].rsplit(":", 1)
    for _ in range(1000):
        socket.create_connection((host, int(port))).close()
    add_claim(a, "All the same.")
    second.wait_for_records(2)
    second.end()
    first.end()


def a_node_that_is_killed_loses_nothing_it_told(folder, start):
    """What a follower has seen is there after a kill."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    for number in range(30):
        add_claim(a, f"Claim {number}")
    trust(b, team)
    first = start(a, "--allow", "open")
    second = start(b, "--peer", first.address())
    second.wait_for_records(10)
    second.end(signal.SIGKILL, code=-signal.SIGKILL)
    run("--ledger", b, "check")
    stats = document(run("--ledger", b, "--json", "stats"))
    check(stats["records"] >= 10, stats)
    first.end()


def ending_while_records_come_keeps_them(folder, start):
    """SIGTERM in the middle: what came is whole, and the rest comes later."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    for number in range(30):
        add_claim(a, f"Claim {number}")
    trust(b, team)
    first = start(a, "--allow", "open")
    address = first.address()
    second = start(b, "--peer", address)
    second.wait("peer-open")
    second.end()
    run("--ledger", b, "check")
    second = start(b, "--peer", address)
    second.wait_for_records(31)
    check(claims_of(a) == claims_of(b), "they do not hold the same")
    second.end()
    first.end()


def sync_works_without_a_node(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team_a, team_b = new_team(a, "Desk"), new_team(b, "Office")
    claim_a = add_claim(a, "From a.")
    claim_b = add_claim(b, "From b.")
    trust(a, team_b)
    trust(b, team_a)
    first = start(a, "--allow", "open")
    address = first.address()

    def sync(*args, code):
        done = subprocess.run([ASSAY, "--ledger", b, *args], text=True,
                              capture_output=True, timeout=PATIENCE_S,
                              check=False)
        check(done.returncode == code,
              f"exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    said = sync("sync", address, code=0)
    check("In step with node1" in said and ": 2 new" in said, said)
    wanted = sorted([claim_a, claim_b])
    check(claims_of(b) == wanted, "b lacks something")
    first.wait_for_records(4)
    check(claims_of(a) == wanted, "a lacks something")
    told = document(sync("--json", "sync", address, code=0))
    check(told["is_synced"] and told["records_in"] == 0, told)
    sync("sync", address.split("@")[0] + "@127.0.0.1:1", code=1)
    sync("sync", "nonsense", code=2)
    sync("sync", code=4)
    first.end()


def peers_are_added_and_removed(folder, start):
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    first = start(a, "--allow", "open")
    address = first.address()
    second = start(b)
    second.address()
    run("--ledger", b, "peers", code=1)
    run("--ledger", b, "peer", "add", address)
    run("--ledger", b, "peer", "add", address, code=1)
    run("--ledger", b, "peer", "add", "nonsense", code=2)
    second.wait("peer-in-step")
    second.wait_for_records(1)
    told = document(run("--ledger", b, "--json", "peers"))["peers"]
    check(len(told) == 1 and told[0]["node"] == first.id and
          told[0]["is_kept"] and told[0]["is_dialled"], told)
    status = document(run("--ledger", b, "--json", "status"))
    check(status["node"] == second.id and status["connections"] == 1 and
          status["records"] == 1 and status["teams"] == 1, status)
    run("--ledger", b, "peer", "remove", first.id)
    first.wait("peer-closed")
    second.wait("peer-closed")
    run("--ledger", b, "peer", "remove", first.id, code=1)
    run("--ledger", b, "peer", "remove", "node1", code=2)
    run("--ledger", b, "peers", code=1)
    second.end()
    run("--ledger", b, "status", code=4)
    first.end()


def who_follows_sees_records_as_they_come(folder, start):
    ledger = new_ledger(folder, "a")
    new_team(ledger, "Desk")
    node = start(ledger)
    node.ready()
    follower = subprocess.Popen(
        [ASSAY, "--ledger", ledger, "--json", "follow", "--after", "0"],
        stdout=subprocess.PIPE, text=True)
    timer = threading.Timer(PATIENCE_S, follower.kill)
    timer.start()
    seen = document(follower.stdout.readline())
    check(seen["lsn"] == 1 and seen["kind"] == "found", seen)
    claim = add_claim(ledger, "One.")
    seen = document(follower.stdout.readline())
    check(seen["lsn"] == 2 and seen["id"] == claim, seen)
    node.end()
    check(follower.wait(timeout=PATIENCE_S) == 4, "it goes on without a node")
    timer.cancel()
    follower.stdout.close()


SLOW = [
    records_come_once_their_team_is_trusted,
    a_sync_that_is_asked_for_ends,
]

if __name__ == "__main__":
    sys.exit(main(SLOW if sys.argv[1:] == ["slow"] else [
        two_nodes_sync_and_gossip,
        three_nodes_converge,
        a_node_that_was_away_catches_up,
        nodes_that_are_no_neighbours_sync,
        records_nobody_follows_stay_away,
        what_a_followed_record_names_comes_too,
        what_is_dropped_is_gone,
        who_is_not_allowed_is_refused,
        another_key_than_expected_is_refused,
        a_peer_that_is_oneself_is_refused,
        host_names_are_dialled,
        names_that_resolve_to_nothing_are_named,
        silence_ends_a_handshake,
        connections_are_limited,
        many_connections_harm_nobody,
        a_node_that_is_killed_loses_nothing_it_told,
        ending_while_records_come_keeps_them,
        sync_works_without_a_node,
        peers_are_added_and_removed,
        who_follows_sees_records_as_they_come,
    ]))

# SPDX-License-Identifier: Apache-2.0
"""Captured bytes between nodes: what one desk captured, the others keep."""

import hashlib
import os
import random
import signal
import sys
import urllib.request

from nodes import check, main, new_ledger, new_team, run, trust

SIZE = 300_000


def some_bytes(seed, size=SIZE):
    return random.Random(seed).randbytes(size)


def path_of(ledger, data):
    name = hashlib.sha256(data).hexdigest()
    return os.path.join(ledger, "captures", name[:2], name[2:])


def holds(ledger, data):
    try:
        with open(path_of(ledger, data), "rb") as file:
            return file.read() == data
    except FileNotFoundError:
        return False


def add_capture(folder, ledger, data, is_cited=True):
    """A capture, and a claim that cites it."""
    path = os.path.join(folder, "page.html")
    with open(path, "wb") as file:
        file.write(data)
    capture = run("--ledger", ledger, "capture", path)
    if is_cited:
        run("--ledger", ledger, "claim", "add", "--text", "It says so.",
            "--capture", capture)
    return capture


def configure(folder, name, *lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(("[node]", "log = debug", *lines)) + "\n")
    return "--config", path


def kept(node, data):
    """Waits until a node has the bytes."""
    node.wait("capture-kept", sha256=hashlib.sha256(data).hexdigest())
    check(holds(node.ledger, data), "they are not there, or others")


def measure(node, name):
    at = node.ready()["metrics"][0]
    with urllib.request.urlopen(f"http://{at}/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
    raise AssertionError(name)


def desks(folder, *names):
    """Ledgers that trust the first one's team."""
    ledgers = [new_ledger(folder, name) for name in names]
    team = new_team(ledgers[0], "Desk")
    for ledger in ledgers[1:]:
        trust(ledger, team)
    return ledgers


def bytes_follow_their_records(folder, start):
    """Over one node to the next, on IPv6 too, and those of no length."""
    a, b, c = desks(folder, "a", "b", "c")
    first, second, empty = some_bytes(1), some_bytes(2, 2_000_000), b""
    add_capture(folder, a, first)
    debug = configure(folder, "conf")
    one = start(a, "--allow", "open", *debug, listen=("[::1]:0",))
    two = start(b, "--allow", "open", "--peer", one.address(), *debug)
    three = start(c, "--peer", two.address(), *debug)
    kept(two, first)
    kept(three, first)
    # Captured while all run.
    for data in (second, empty):
        add_capture(folder, a, data)
        kept(two, data)
        kept(three, data)
    for node in (three, two, one):
        node.end()
    for ledger in (a, b, c):
        run("--ledger", ledger, "check")


def only_wanted_bytes_are_fetched(folder, start):
    """By the policy, and by another one after a SIGHUP."""
    a, b = desks(folder, "a", "b")
    cited, alone, long = some_bytes(1), some_bytes(2), some_bytes(3, SIZE + 1)
    add_capture(folder, a, alone, is_cited=False)
    add_capture(folder, a, long)
    add_capture(folder, a, cited)
    limit = ("[captures]", f"size-max = {SIZE}")
    conf = configure(folder, "conf", *limit, "keep = cited")
    one = start(a, "--allow", "open")
    two = start(b, "--peer", one.address(), *conf)
    kept(two, cited)
    check(not holds(b, alone) and not holds(b, long), "too much was fetched")
    configure(folder, "conf", *limit, "keep = all")
    two.process.send_signal(signal.SIGHUP)
    kept(two, alone)
    check(not holds(b, long), "too much was fetched")
    two.end()
    one.end()


def nothing_is_fetched_where_none_is_kept(folder, start):
    a, b = desks(folder, "a", "b")
    data = some_bytes(1)
    add_capture(folder, a, data)
    conf = configure(folder, "conf", "[captures]", "keep = none")
    one = start(a, "--allow", "open", "--metrics", "127.0.0.1:0")
    two = start(b, "--peer", one.address(), *conf)
    two.wait("peer-in-step")
    two.wait_for_records(3)
    two.end()
    check(measure(one, "assayd_captures_sent_bytes_total") == 0, "it was sent")
    check(not holds(b, data), "it was fetched")
    one.end()


def a_quota_is_kept(folder, start):
    a, b = desks(folder, "a", "b")
    first, second = some_bytes(1), some_bytes(2)
    conf = configure(folder, "conf", "[captures]", f"quota = {2 * SIZE - 1}")
    one = start(a, "--allow", "open")
    two = start(b, "--peer", one.address(), *conf)
    add_capture(folder, a, first)
    kept(two, first)
    add_capture(folder, a, second)
    two.wait("captures-quota-reached")
    check(not holds(b, second), "more than the quota was fetched")
    two.end()
    one.end()


def what_a_killed_node_had_is_not_fetched_again(folder, start):
    """Half of it lies there, as a kill leaves it."""
    a, b = desks(folder, "a", "b")
    data = some_bytes(1)
    add_capture(folder, a, data)
    os.mkdir(os.path.join(b, "incoming"), mode=0o700)
    partial = os.path.join(b, "incoming", hashlib.sha256(data).hexdigest())
    one = start(a, "--allow", "open", "--metrics", "127.0.0.1:0")
    # Records first: what nobody here knows of is cleared away.
    two = start(b, "--peer", one.address(),
                *configure(folder, "none", "[captures]", "keep = none"))
    two.wait("peer-in-step")
    two.wait_for_records(3)
    two.end()
    with open(partial, "wb") as file:
        file.write(data[:SIZE // 2])
    two = start(b, "--peer", one.address(), *configure(folder, "conf"))
    kept(two, data)
    check(not os.path.exists(partial), "it still lies there")
    two.end()
    sent = measure(one, "assayd_captures_sent_bytes_total")
    check(sent == SIZE - SIZE // 2, f"{sent} bytes were sent")
    one.end()


def a_break_costs_little(folder, start):
    """Killed in the middle, it goes on behind what it had."""
    a, b = desks(folder, "a", "b")
    data = some_bytes(1, 3_000_000)
    add_capture(folder, a, data)
    slow = configure(folder, "slow", "[captures]", "rate = 400K")
    one = start(a, "--allow", "open", "--metrics", "127.0.0.1:0", *slow)
    address = one.address()
    two = start(b, "--peer", address, *configure(folder, "conf"))
    incoming = os.path.join(b, "incoming", hashlib.sha256(data).hexdigest())
    two.wait("peer-open")
    while not os.path.exists(incoming) or os.path.getsize(incoming) == 0:
        measure(one, "assayd_uptime_seconds")  # It is still there.
    two.end(signal.SIGKILL, code=-signal.SIGKILL)
    had = os.path.getsize(incoming)
    two = start(b, "--peer", address, *configure(folder, "conf"))
    kept(two, data)
    two.end()
    sent = measure(one, "assayd_captures_sent_bytes_total")
    # What was on its way when the kill came, is sent again.
    check(sent <= 2 * len(data) - had, f"{sent} bytes, though {had} were there")
    one.end()


def false_bytes_are_never_kept(folder, start):
    """Who sent them is named; an honest peer is asked instead."""
    a, b, c = desks(folder, "a", "b", "c")
    data = some_bytes(1)
    add_capture(folder, a, data)
    one = start(a, "--allow", "open")
    two = start(b, "--peer", one.address(), *configure(folder, "conf"))
    kept(two, data)
    two.end()
    with open(path_of(b, data), "r+b") as file:
        file.write(b"other bytes")
    two = start(b, "--allow", "open")
    three = start(c, "--peer", two.address(), *configure(folder, "conf"))
    three.wait("capture-refused", sha256=hashlib.sha256(data).hexdigest())
    said = three.wait("peer-sent-false-bytes")
    check(said["node"] == two.id, said)
    check(not holds(c, data), "false bytes were kept")
    run("--ledger", c, "peer", "add", one.address())
    kept(three, data)
    for node in (three, two, one):
        node.end()


def a_sync_brings_bytes_too(folder, start):
    """Also without a running node."""
    a, b = desks(folder, "a", "b")
    data = some_bytes(1)
    add_capture(folder, a, data)
    one = start(a, "--allow", "open")
    run("--ledger", b, "sync", one.address())
    check(holds(b, data), "the bytes did not come")
    one.end()


if __name__ == "__main__":
    sys.exit(main([
        bytes_follow_their_records,
        only_wanted_bytes_are_fetched,
        nothing_is_fetched_where_none_is_kept,
        a_quota_is_kept,
        what_a_killed_node_had_is_not_fetched_again,
        a_break_costs_little,
        false_bytes_are_never_kept,
        a_sync_brings_bytes_too,
    ]))

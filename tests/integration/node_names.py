# SPDX-License-Identifier: Apache-2.0
"""Names that a name server never answers, and addresses of one link.

It runs in namespaces of its own, where /etc/resolv.conf names a server that
takes every question and is silent; skipped (77) where there are none to be
had. A lookup takes longer here than anything is waited for, so that whatever
waits for one fails.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

import hostile
from nodes import (ASSAY, PATIENCE_S, add_claim, check, main, new_ledger,
                   new_team, run, trust)

SKIPPED = 77
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1

SHUFFLE, SHUFFLE_REPLY = 40, 42

# As many lookups as a node has under way: NODE_LOOKUPS_MAX.
LOOKUPS_MAX = 32


class Silence:
    """A name server that says nothing, and the questions that came."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.socket.settimeout(PATIENCE_S)

    def wait_for(self, name):
        """Until somebody asks for that name."""
        labels = b"".join(bytes([len(label)]) + label.encode()
                          for label in name.split("."))
        while labels not in self.socket.recv(512):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def stranger_at(name):
    """An address of some node at that name."""
    return f"{hostile.node_id(os.urandom(32))}@{name}:7117"


def a_stop_waits_for_no_name(folder, start):
    for how in (signal.SIGTERM, signal.SIGINT):
        with Silence() as silence:
            node = start(new_ledger(folder, f"a{how}"), "--peer",
                         stranger_at("a.example"))
            node.ready()
            silence.wait_for("a.example")
            node.end(how)
            check("event=stopped" in node.seen[-1], "it said no goodbye")


def a_name_holds_up_no_other_peer(folder, start):
    """As many names as a pool of threads has room for, and one in numbers."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    team = new_team(a, "Desk")
    trust(b, team)
    with Silence() as silence:
        first = start(a, "--allow", "open")
        address = first.address()
        second = start(b)
        second.ready()
        for i in range(3):
            run("--ledger", b, "peer", "add", stranger_at(f"{i}.example"))
            silence.wait_for(f"{i}.example")
        run("--ledger", b, "peer", "add", address)
        second.wait("peer-in-step")
        second.wait_for_records(1)
        # Records are checked and written all the while.
        add_claim(a, "One.")
        second.wait_for_records(2)
        second.end()
        first.end()


def names_that_hang_are_bounded(folder, start):
    """Who asked is gone; its lookups are not, and count."""
    other = start(new_ledger(folder, "b"), "--allow", "open")
    address = other.address()
    node = start(new_ledger(folder, "a"))
    node.ready()
    with Silence() as silence:
        for i in range(LOOKUPS_MAX):
            client = subprocess.Popen(
                [ASSAY, "--ledger", node.ledger, "sync",
                 stranger_at(f"n{i}.example")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            silence.wait_for(f"n{i}.example")
            client.kill()
            client.wait()
        threads = len(os.listdir(f"/proc/{node.process.pid}/task"))
        check(threads >= LOOKUPS_MAX, f"only {threads} threads")
        run("--ledger", node.ledger, "sync",
            stranger_at("more.example"), code=4)
        check(len(os.listdir(f"/proc/{node.process.pid}/task")) <= threads,
              "one more thread")
        # What is no name is dialled all the same.
        said = run("--ledger", node.ledger, "sync", address)
        check("In step with node1" in said, said)
        node.end()
    other.end()


def addresses_of_one_link_are_told_to_nobody(folder, start):
    """With the interface they lead to a neighbour, from both sides; for others
    they mean nothing."""
    a, b = new_ledger(folder, "a"), new_ledger(folder, "b")
    trust(b, new_team(a, "Desk"))
    first = start(a, "--allow", "open", listen=("[fe80::1%lo]:0", "[::1]:0"))
    at, other_at = first.ready()["listen"]
    check(at.startswith("[fe80::1%lo]:"), at)
    path = os.path.join(folder, "assayd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[node]\nlog = debug\n[network]\nallow = open\n"
                   f"peers = {first.id}@{at}\n")
    second = start(b, "--config", path,
                   listen=("[fe80::1%lo]:0", "[::1]:0"))
    second.wait("neighbour-up", at=at)
    second.wait_for_records(1)
    joined = first.wait("peer-open")
    check(joined["at"].startswith("[fe80::1%lo]:"), joined)
    told = json.loads(run("--ledger", b, "--json", "peers"))["peers"]
    check([peer["at"] for peer in told] == [at], told)
    # Each is asked for others that one might turn to.
    for asked in (other_at, second.ready()["listen"][1]):
        stranger = hostile.neighbour(asked)
        stranger.send([SHUFFLE, 1, 0, [[os.urandom(32), "host.example", 9]]])
        others = stranger.wait(SHUFFLE_REPLY)[2]
        check(all(peer[1] == "host.example" for peer in others), others)
        stranger.close()
    # It is dialled again by what the configuration says.
    first.end()
    second.wait("peer-closed", side="dialled")
    first = start(a, "--allow", "open", listen=(at,))
    first.ready()
    second.wait("neighbour-up", at=at)
    second.end()
    first.end()


def set_up():
    """The loopback, and the name server; in namespaces of our own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"lo", IFF_UP))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFADDR, struct.pack(
            "16sIi", socket.inet_pton(socket.AF_INET6, "fe80::1"), 64,
            socket.if_nametoindex("lo")))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        file.flush()
        subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"],
                       check=True)


def enter():
    """Begins again inside; returns how it went."""
    command = ["unshare", "--mount", "--net"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    try:
        can = subprocess.run([*command, "true"], check=False,
                             capture_output=True).returncode == 0
    except FileNotFoundError:
        can = False
    if not can:
        print("no namespaces of our own: skipped")
        return SKIPPED
    return subprocess.run([*command, sys.executable, "-B", __file__, "inside"],
                          check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        sys.exit(enter())
    set_up()
    main([
        a_stop_waits_for_no_name,
        a_name_holds_up_no_other_peer,
        names_that_hang_are_bounded,
        addresses_of_one_link_are_told_to_nobody,
    ])

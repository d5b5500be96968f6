# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment of a rotation of a team's root key. No key is lost,
the ledger checks clean, and a rotation that is run again completes.

Usage: cli_rotate_kill.py [SEED [ROUNDS]]. Half of the rotations are killed at a moment
drawn from the time that one takes here, the others when the folder of keys has
changed so many times, so that each step between two files is met whatever the
speed. What is asserted holds wherever it falls."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ASSAY = os.environ["ASSAY_BIN"]
ROUNDS = 24
STEPS = 6  # Changes of the folder of keys in one rotation, and some.


class Desk:
    def __init__(self, folder):
        self.ledger = os.path.join(folder, "ledger")
        self.keys = os.path.join(self.ledger, "keys")

    def run(self, *words):
        return subprocess.run([ASSAY, "--ledger", self.ledger, *words],
                              check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)

    def done(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, (words, done)
        return done.stdout

    def names(self):
        return sorted(os.listdir(self.keys))

    def held(self):
        """Every key that is here, by its id."""
        listed = json.loads(self.done("key", "list", "--json"))
        return {key["key"]: key["name"] for key in listed["keys"]}

    def rotations(self):
        shown = json.loads(self.done("team", "show", "Desk", "--json"))
        return shown["rotation_count"]

    def start(self):
        return subprocess.Popen(
            [ASSAY, "--ledger", self.ledger, "team", "rotate"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)


def kill_in_time(rotation, moment):
    while rotation.poll() is None and time.monotonic() < moment:
        pass
    rotation.kill()


def kill_at_step(desk, rotation, steps):
    seen = desk.names()
    while rotation.poll() is None and steps > 0:
        now = desk.names()
        steps -= now != seen
        seen = now
    rotation.kill()


def check_round(desk, before, count, printed):
    desk.done("check")
    held = desk.held()
    assert before.keys() <= held.keys(), (before, held)
    rotated = desk.rotations()
    assert count <= rotated <= count + 1, (count, rotated)
    if printed.endswith("\n"):
        desk.done("show", printed.strip())
        assert rotated == count + 1, printed
    # Whoever signs, and whatever it is called now, the team can speak.
    desk.done("team", "profile", "--contact", f"desk{count}@a.example")
    desk.done("team", "rotate")
    assert desk.rotations() == rotated + 1
    assert held.keys() <= desk.held().keys(), (held, desk.held())
    left = [name for name in desk.names() if ".partial" in name]
    assert not left, left


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261125
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    draw = random.Random(seed)
    print("seed", seed)
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder)
        desk.done("init")
        desk.done("key", "new", "--name", "ann")
        desk.done("team", "found", "--name", "Desk")
        begin = time.monotonic()
        desk.done("team", "rotate")
        whole = time.monotonic() - begin
        killed = 0
        for number in range(rounds):
            before = desk.held()
            count = desk.rotations()
            rotation = desk.start()
            if number % 2 == 0:
                kill_at_step(desk, rotation, 1 + number // 2 % STEPS)
            else:
                kill_in_time(rotation,
                             time.monotonic() + draw.random() * whole * 1.2)
            printed, _ = rotation.communicate()
            assert rotation.returncode in (0, -signal.SIGKILL), rotation
            killed += rotation.returncode != 0
            check_round(desk, before, count, printed)
        print(killed, "of", rounds, "rotations killed")
        assert killed >= rounds / 10
    return 0


sys.exit(main())

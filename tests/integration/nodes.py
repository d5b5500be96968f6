# SPDX-License-Identifier: Apache-2.0
"""Starts nodes, reads what they log, and ends them; for the other scripts.

Nothing here sleeps: a test waits for a line of a log, and for nothing else.
"""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import json_form

ASSAY = os.environ["ASSAY_BIN"]
ASSAYD = os.environ["ASSAYD_BIN"]

# Where no node runs, assay sync starts one.
os.environ["PATH"] = os.path.dirname(ASSAYD) + ":" + os.environ["PATH"]

# What never comes is given up after this; sanitizers on a busy machine are
# slow, and nothing waits so long that goes well.
PATIENCE_S = 90


def fail(why):
    raise AssertionError(why)


def check(condition, why):
    if not condition:
        fail(why)


def parse_line(line):
    """key=value pairs of a line of a log."""
    pairs = re.findall(r'([a-z0-9_-]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
    return {
        key: value[1:-1] if value.startswith('"') else value
        for key, value in pairs
    }


def run(*args, stdin=None, code=0, patience=PATIENCE_S):
    """Runs assay; returns what it printed."""
    done = subprocess.run(
        [ASSAY, *args],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    check(
        done.returncode == code,
        f"exit {done.returncode}, not {code}: assay {' '.join(args)}: "
        f"{done.stderr}",
    )
    return done.stdout.strip()


def run_daemon(*args, code):
    """Runs assayd to its end; returns what it said on standard error."""
    done = subprocess.run(
        [ASSAYD, *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    check(
        done.returncode == code,
        f"exit {done.returncode}, not {code}: assayd {' '.join(args)}: "
        f"{done.stderr}",
    )
    return done.stderr


class Node:
    """A node that runs, and its log."""

    def __init__(self, ledger, *args, listen=("127.0.0.1:0",), program=None,
                 **popen):
        self.ledger = ledger
        self.ready_file = ledger + ".ready"
        command = [*(program or [ASSAYD]), "--ledger", ledger,
                   "--ready-file", self.ready_file]
        for at in listen:
            command += ["--listen", at]
        self.process = subprocess.Popen(
            [*command, *args],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            **popen,
        )
        self.lines = queue.Queue()
        self.found = None  # What its ready file said.
        self.seen = []
        self.untaken = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _take(self, line, event, values):
        """The pairs of a line, if it is the one that is waited for."""
        pairs = parse_line(line)
        if pairs.get("event") == event and all(
            pairs.get(key) == value for key, value in values.items()
        ):
            return pairs
        return None

    def wait(self, event, **values):
        """A line of that event with those values, as a dict: the first that
        was not given yet, whatever came in between."""
        for index, line in enumerate(self.untaken):
            pairs = self._take(line, event, values)
            if pairs is not None:
                del self.untaken[index]
                return pairs
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                fail(f"no {event} {values} in:\n" + "\n".join(self.seen))
            if line is None:
                fail(f"ended before {event} {values}:\n" +
                     "\n".join(self.seen))
            self.seen.append(line)
            pairs = self._take(line, event, values)
            if pairs is not None:
                return pairs
            self.untaken.append(line)

    def ready(self):
        """Waits until it is ready; returns what its ready file says."""
        if self.found is not None:
            return self.found
        self.wait("ready")
        found = {}
        with open(self.ready_file, encoding="utf-8") as file:
            for line in file:
                key, value = line.rstrip("\n").split("=", 1)
                found.setdefault(key, []).append(value)
        self.found = found
        self.id = found["node"][0]
        return found

    def address(self):
        """NODE@HOST:PORT, once it is ready."""
        return f"{self.ready()['node'][0]}@{self.found['listen'][0]}"

    def wait_for_records(self, count):
        """Until its ledger holds so many."""
        self.ready()
        follower = subprocess.Popen(
            [ASSAY, "--ledger", self.ledger, "follow", "--after",
             str(count - 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        timer = threading.Timer(PATIENCE_S, follower.kill)
        timer.start()
        line = follower.stdout.readline()
        timer.cancel()
        follower.kill()
        follower.wait()
        follower.stdout.close()
        check(line.split()[:1] == [str(count)],
              f"no record {count} at {self.ledger}, but {line!r}:\n" +
              "\n".join(self.drained()))

    def drained(self):
        """All lines so far."""
        while not self.lines.empty():
            line = self.lines.get()
            if line is not None:
                self.seen.append(line)
                self.untaken.append(line)
        return self.seen

    def end(self, how=signal.SIGTERM, code=0):
        """Ends it, and checks how it went."""
        self.process.send_signal(how)
        self.gone(code)

    def gone(self, code):
        self.process.wait(timeout=PATIENCE_S)
        self.reader.join(timeout=PATIENCE_S)
        self.drained()
        self.process.stderr.close()
        check(
            self.process.returncode == code,
            f"exit {self.process.returncode}, not {code}:\n" +
            "\n".join(self.seen),
        )

    def kill(self):
        """For what is left at the end of a test."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def document(text):
    """What assay --json printed, which has the form of docs/json.md."""
    page = os.path.join(os.environ["ASSAY_SOURCE_DIR"], "docs", "json.md")
    with open(page, encoding="utf-8") as file:
        try:
            return json_form.check(text, file.read())
        except ValueError as why:
            fail(f"{why}: {text}")


def new_ledger(folder, name):
    path = os.path.join(folder, name)
    run("--ledger", path, "init")
    return path


def new_team(ledger, name):
    """A key and a team with it; its id."""
    run("--ledger", ledger, "key", "new", "--name", name.lower(), stdin="")
    return run("--ledger", ledger, "--as", name.lower(), "team", "found",
               "--name", name)


def trust(ledger, *teams):
    for team in teams:
        run("--ledger", ledger, "trust", "add", team)


def add_claim(ledger, text):
    return run("--ledger", ledger, "claim", "add", "--text", text, "--url",
               "https://a.example/")


def claims_of(ledger):
    """The ids of all claims, sorted."""
    listing = json.loads(run("--ledger", ledger, "--json", "list", "claims"))
    return sorted(record["id"] for record in listing["records"])


def main(tests):
    """Runs each test in a folder of its own."""
    status = 0
    for test in tests:
        folder = tempfile.mkdtemp(prefix="assay-nodes.")
        nodes = []

        def start(*args, nodes=nodes, **kwargs):
            nodes.append(Node(*args, **kwargs))
            return nodes[-1]

        began = time.monotonic()
        try:
            test(folder, start)
            print(f"ok {test.__name__} {time.monotonic() - began:.1f} s")
        except (AssertionError, subprocess.TimeoutExpired) as why:
            print(f"FAILED {test.__name__}: {why}", file=sys.stderr)
            status = 1
        finally:
            for node in nodes:
                node.kill()
            shutil.rmtree(folder)
    sys.exit(status)

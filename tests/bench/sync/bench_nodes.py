#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What real nodes on one machine reach, speaking over the loopback.

    bench_nodes.py BUILD [--records N] [catchup|live|idle|equal]...

BUILD is a release build with benchmarks. Everything that is compared is
measured in the same run. The figures are told with what they are to be.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

# Longer than anything here may take.
PATIENCE_S = 1800

# Takes whatever there is.
OPEN = """
[network]
allow = open
[policy]
accept = open
team-quota = 100000000
"""


class Bench:
    """The programs of a build, and a folder for what they make."""

    def __init__(self, build):
        self.assay_bin = os.path.join(build, "cli", "assay")
        self.assayd_bin = os.path.join(build, "node", "assayd")
        self.feed_bin = os.path.join(build, "tests/bench/sync/bench_feed")
        self.folder = tempfile.mkdtemp(prefix="assay-bench-nodes.")
        self.nodes = []
        self.open = ["--config", os.path.join(self.folder, "open.conf")]
        with open(self.open[1], "w", encoding="utf-8") as file:
            file.write(OPEN)

    def assay(self, *args, ledger=None, stdin=""):
        at = ["--ledger", ledger] if ledger else []
        done = subprocess.run([self.assay_bin, *at, *args], check=True,
                              capture_output=True, text=True, input=stdin)
        return done.stdout.strip()

    def feed(self, *args):
        done = subprocess.run([self.feed_bin, *map(str, args)], check=True,
                              capture_output=True, text=True)
        return [[int(number) for number in line.split()]
                for line in done.stdout.splitlines()]

    def ledger(self, name):
        path = os.path.join(self.folder, name)
        self.assay("init", ledger=path)
        return path

    def team(self, ledger, name):
        self.assay("key", "new", "--name", name, ledger=ledger)
        return self.assay("--as", name, "team", "found", "--name", name,
                          ledger=ledger)

    def start(self, ledger, *args):
        node = Node(self, ledger, *args)
        self.nodes.append(node)
        return node

    def close(self):
        for node in self.nodes:
            node.end()
        shutil.rmtree(self.folder)


class Node:
    """A node that runs."""

    def __init__(self, bench, ledger, *args):
        self.bench = bench
        self.ledger = ledger
        ready = ledger + ".ready"
        self.log = open(ledger + ".log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [bench.assayd_bin, "--ledger", ledger, "--ready-file", ready,
             "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *args],
            stdin=subprocess.DEVNULL, stderr=self.log)
        poll(lambda: os.path.exists(ready))
        found = {}
        with open(ready, encoding="utf-8") as file:
            for line in file:
                key, value = line.rstrip("\n").split("=", 1)
                found[key] = value
        self.address = f"{found['node']}@{found['listen']}"
        self.metrics = f"http://{found['metrics']}/metrics"

    def records(self):
        """How many it holds, asked in the way that costs it least."""
        with urllib.request.urlopen(self.metrics) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("assayd_records "):
                    return int(line.split()[1])
        return None

    def peers(self):
        return json.loads(self.bench.assay("--json", "peers",
                                           ledger=self.ledger))["peers"]

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        """Resident memory beside mapped files."""
        with open(f"/proc/{self.process.pid}/status",
                  encoding="utf-8") as file:
            sizes = dict(line.split(":", 1) for line in file)
        return sum(int(sizes[name].split()[0])
                   for name in ("RssAnon", "RssShmem")) / 1024

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.log.close()


class Follower:
    """Reads when records become durable at a node."""

    def __init__(self, node, want):
        self.times = []
        self.process = subprocess.Popen(
            [node.bench.assay_bin, "--ledger", node.ledger, "follow"],
            stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self._read, args=(want,))
        self.thread.start()

    def _read(self, want):
        for _ in self.process.stdout:
            self.times.append(time.monotonic_ns())
            if len(self.times) == want:
                break

    def wait(self):
        self.thread.join(PATIENCE_S)
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        return self.times


def poll(condition, every_s=0.02):
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > limit:
            sys.exit("bench_nodes: what was waited for never came")
        time.sleep(every_s)


def tell(what, figure, wanted):
    print(f"  {what:<52} {figure:>14}   {wanted}", flush=True)


def filled(bench, name, records):
    """A ledger of generated records, how large they are, and how long their
    import took."""
    file = os.path.join(bench.folder, name + ".records")
    (count, size), = bench.feed("records", file, records)
    ledger = bench.ledger(name)
    began = time.monotonic()
    bench.assay("import", file, ledger=ledger)
    taken = time.monotonic() - began
    os.remove(file)
    return ledger, count, size, taken


def catchup(bench, records):
    """From empty to all of it, beside an import of the same records."""
    full, count, size, import_s = filled(bench, "full", records)
    first = bench.start(full, *bench.open)
    empty = bench.ledger("empty")
    began = time.monotonic()
    second = bench.start(empty, *bench.open, "--peer", first.address)
    poll(lambda: second.records() == count, 0.05)
    sync_s = time.monotonic() - began
    peer, = second.peers()
    print(f"catching up from empty, {count:,} records")
    tell("import from a file, records/s", f"{count / import_s:,.0f}", "")
    tell("sync over the loopback, records/s", f"{count / sync_s:,.0f}",
         "(another peer: 1,335 blocks/s)")
    tell("sync / import", f"{import_s / sync_s:.2f}", "0.8 or more")
    tell("bytes on the wire / bytes of records",
         f"{(peer['bytes_in'] + peer['bytes_out']) / size:.3f}",
         "1.05 or less")
    tell("memory beside the mapped file, MB: who gives",
         f"{first.memory_mb():.1f}", "")
    tell("memory beside the mapped file, MB: who takes",
         f"{second.memory_mb():.1f}", "")
    return first, second


def live(bench, _records):
    """A record that is written while three nodes run."""
    names = ["one", "two", "three"]
    ledgers = [bench.ledger("live-" + name) for name in names]
    team = bench.team(ledgers[0], "desk")
    for ledger in ledgers[1:]:
        bench.assay("trust", "add", team, ledger=ledger)
    first = bench.start(ledgers[0], "--allow", "open")
    others = [bench.start(ledger, "--allow", "open", "--peer", first.address)
              for ledger in ledgers[1:]]
    for node in others:
        poll(lambda node=node: node.records() == 1)

    count = 300
    followers = [Follower(node, count) for node in others]
    poll(lambda: all(os.path.exists(f"/proc/{follower.process.pid}/fd/3")
                     for follower in followers))
    time.sleep(0.5)
    written = bench.feed("write", ledgers[0], "desk", team, count, 1, 20)
    arrivals = [follower.wait() for follower in followers]
    print("three live nodes")
    from_begin = sorted((max(at[i] for at in arrivals) - written[i][0]) / 1e6
                        for i in range(count))
    from_durable = sorted((max(at[i] for at in arrivals) - written[i][1]) / 1e6
                          for i in range(count))
    commits = sorted((end - begin) / 1e6 for begin, end in written)
    tell("writing one record durably here, p50, ms",
         f"{statistics.median(commits):.1f}", "")
    tell("written here until durable at both others, p50, ms",
         f"{statistics.median(from_durable):.1f}", "15 or less")
    tell("the same, p99, ms", f"{from_durable[count * 99 // 100]:.1f}",
         "50 or less")
    tell("from the beginning of the write, p50, ms",
         f"{statistics.median(from_begin):.1f}", "")

    count, rate = 20000, 2000
    followers = [Follower(node, count) for node in others]
    time.sleep(0.5)
    written = bench.feed("write", ledgers[0], "desk", team, count, 20, rate)
    last = max(follower.wait()[-1] for follower in followers)
    seconds = (written[-1][1] - written[0][0]) / 1e9
    tell("records/s written at one", f"{count / seconds:,.0f}", "2,000")
    tell("all hold them after the last one, s",
         f"{(last - written[-1][1]) / 1e9:.2f}", "1 or less")


def idle(bench, records):
    """A node with many records and eight peers that say nothing."""
    full, count, _, _ = filled(bench, "idle", records)
    node = bench.start(full, *bench.open)
    copy = os.path.join(bench.folder, "idle.backup")
    bench.assay("backup", copy, ledger=full)
    for number in range(8):
        ledger = os.path.join(bench.folder, f"peer{number}")
        bench.assay("restore", copy, ledger=ledger)
        bench.start(ledger, *bench.open, "--peer", node.address)
    poll(lambda: sum(peer["is_synced"] for peer in node.peers()) == 8, 0.2)
    time.sleep(5)
    seconds = 60
    before = node.cpu_s()
    time.sleep(seconds)
    print(f"a node of {count:,} records with 8 idle peers")
    tell("memory beside the mapped file, MB", f"{node.memory_mb():.1f}",
         "under 64")
    tell("of a core, %",
         f"{(node.cpu_s() - before) / seconds * 100:.2f}", "under 0.5")


def equal(bench, records):
    """A sync, with its dial and handshake, of nodes that differ in nothing."""
    print("a sync between nodes that hold the same")
    for size in (10000, 100000, 1000000):
        if size > records:
            break
        full, count, _, _ = filled(bench, f"equal{size}", size)
        copy = os.path.join(bench.folder, "copy.backup")
        bench.assay("backup", copy, ledger=full)
        other = os.path.join(bench.folder, f"other{size}")
        bench.assay("restore", copy, ledger=other)
        os.remove(copy)
        first = bench.start(full, *bench.open)
        second = bench.start(other, *bench.open)
        began = time.monotonic()
        bench.assay("sync", first.address, ledger=other)
        tell(f"{count:,} records, ms until told",
             f"{(time.monotonic() - began) * 1e3:.1f}", "")
        first.end()
        second.end()


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    system = os.uname()
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    print(f"machine: {model}, {cores} cores, {system.sysname} "
          f"{system.release}, load {load:.1f}")


PARTS = {"catchup": catchup, "live": live, "idle": idle, "equal": equal}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    parser.add_argument("--records", type=int, default=1000000)
    args = parser.parse_args()
    machine()
    for part in args.parts or PARTS:
        bench = Bench(args.build)
        try:
            PARTS[part](bench, args.records)
        finally:
            bench.close()


if __name__ == "__main__":
    main()

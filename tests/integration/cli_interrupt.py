# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in the middle of every long command. The program ends by the signal,
so that the shell says 130 and a loop ends with it, it says what was kept and
what to do next, nothing that it wrote aside is left, and the ledger checks
clean.

Nothing here sleeps: a signal is sent once progress was seen, or once all input
there is was read. A command that is done before the signal comes proves
nothing and is run again."""
import array
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios

ASSAY = os.environ["ASSAY_BIN"]
CLAIMS = 6000
ATTEMPTS = 30


class Bench:
    """A folder with a ledger to read from, and one to write into."""

    def __init__(self, folder):
        self.folder = folder
        self.tmp = self.path("tmp")
        self.full = self.path("full")
        os.mkdir(self.tmp)
        self.environ = dict(os.environ, TMPDIR=self.tmp)
        self.environ.pop("ASSAY_LEDGER", None)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, code=0):
        done = subprocess.run([ASSAY, *words], env=self.environ, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == code, (words, done)
        return done.stdout

    def new_ledger(self, name, key="ann"):
        ledger = self.path(name)
        shutil.rmtree(ledger, ignore_errors=True)
        self.run("--ledger", ledger, "init")
        self.run("--ledger", ledger, "key", "new", "--name", key)
        self.run("--ledger", ledger, "team", "found", "--name", "Desk")
        return ledger

    def left_overs(self):
        return [os.path.join(at, name)
                for at, folders, files in os.walk(self.folder)
                for name in folders + files if "partial" in name or
                at == self.tmp]

    def records(self, ledger):
        stats = json.loads(self.run("--ledger", ledger, "stats", "--json"))
        return stats["records"]


def start(bench, words, stdin, stderr):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(stdin, 0)
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.dup2(stderr, 2)
        if os.isatty(stderr):
            fcntl.ioctl(stderr, termios.TIOCSCTTY, 0)
        os.closerange(3, 64)
        os.execve(ASSAY, [ASSAY, *words], bench.environ)
    return pid


def read_rest(fd):
    seen = b""
    while True:
        try:
            part = os.read(fd, 4096)
        except OSError:  # Nobody has the terminal any more.
            return seen
        if not part:
            return seen
        seen += part


def end_of(pid, main, seen):
    _, status = os.waitpid(pid, 0)
    seen += read_rest(main)
    os.close(main)
    return os.waitstatus_to_exitcode(status), seen.decode()


def interrupt_at_progress(bench, words, word, by_key):
    """Ctrl-C once progress was seen that has the word, or, where it has none,
    as soon as that ends the program no longer by itself."""
    main, side = pty.openpty()
    null = os.open("/dev/null", os.O_RDONLY)
    pid = start(bench, words, null, side)
    os.close(null)
    os.close(side)
    seen = b""
    while word is None and not catches(pid):
        os.sched_yield()
    while word is not None and word not in seen:
        try:
            seen += os.read(main, 4096)
        except OSError:
            break
    if word is None:
        os.kill(pid, signal.SIGINT)
    elif word in seen and by_key:
        os.write(main, b"\x03")
    elif word in seen:
        os.kill(pid, signal.SIGINT)
    return end_of(pid, main, seen)


def catches(pid):
    """Whether it is the program by now, and has its handlers; or is done."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        if file.read().rpartition(")")[2].split()[0] == "Z":
            return True
    if os.readlink(f"/proc/{pid}/exe") != os.path.realpath(ASSAY):
        return False
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        mask = re.search(r"^SigCgt:\s*([0-9a-f]+)", file.read(), re.M)
    return int(mask.group(1), 16) >> (signal.SIGINT - 1) & 1


def unread(fd):
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def interrupt_at_input(bench, words, given):
    """Ctrl-C once all that was given was read, and more is waited for."""
    stdin, feed = os.pipe()
    errors, stderr = os.pipe()
    pid = start(bench, words, stdin, stderr)
    os.close(stderr)
    # The pipe may not hold all of it at once.
    while given:
        select.select([], [feed], [])
        given = given[os.write(feed, given[:4096]):]
    while unread(stdin) or not catches(pid):
        os.sched_yield()
    os.kill(pid, signal.SIGINT)
    os.close(stdin)
    ended = end_of(pid, errors, b"")
    os.close(feed)
    return ended


def check_interrupted(bench, code, said, advice):
    assert code == -signal.SIGINT, (code, said)
    assert "interrupted" in said and advice in said, said
    assert not bench.left_overs(), bench.left_overs()


def at_progress(bench, words, progress, advice, ready=None):
    for attempt in range(ATTEMPTS):
        if ready is not None:
            ready()
        code, said = interrupt_at_progress(bench, words, progress,
                                           attempt % 2 == 0)
        if code != 0:
            check_interrupted(bench, code, said, advice)
            return said
    raise AssertionError(f"{words} was always done before the signal")


def write_manifest(bench):
    with open(bench.path("manifest"), "w", encoding="ascii") as file:
        json.dump({"format": "assay-manifest/1",
                   "claims": [{"text": f"Claim {number}."}
                              for number in range(CLAIMS)]}, file)


def test_load(bench):
    ledger = bench.new_ledger("load")
    before = bench.records(ledger)
    load = ["--ledger", ledger, "load", bench.path("manifest")]
    at_progress(bench, load, b"records signed", "load the file again")
    assert bench.records(ledger) == before
    bench.run("--ledger", ledger, "check")


def test_import(bench):
    ledger = bench.new_ledger("import")
    own = bench.records(ledger)
    words = ["--ledger", ledger, "import", "-"]
    with open(bench.path("all"), "rb") as file:
        everything = file.read()
    for part in (0, 20, len(everything) // 2, len(everything) - 1):
        code, said = interrupt_at_input(bench, words, everything[:part])
        check_interrupted(bench, code, said, "for the rest")
        kept = int(re.search(r"(\d+) records were added", said).group(1))
        own += kept
        assert bench.records(ledger) == own, (said, own)
        bench.run("--ledger", ledger, "check")
    assert own > 1000, own
    bench.run("--ledger", ledger, "import", bench.path("all"))

    def new_ledger():
        bench.new_ledger("import")

    at_progress(bench, ["--ledger", ledger, "import", bench.path("all")],
                None, "for the rest", new_ledger)
    bench.run("--ledger", ledger, "check")


def test_reading(bench):
    """What reads the ledger alone leaves it as it was."""
    out = bench.path("out")
    for words, progress, advice in (
            (["export", "--all", "-o", out], b"records exported",
             "was not written"),
            (["check"], b"records", "run it again"),
            (["check", "--repair"], b"records", "as they were"),
            (["backup", out], b"bytes copied", "was not written"),
            (["verify", "--all"], b"records verified", "again"),
            (["verify", bench.path("all")], b"records read", "again")):
        at_progress(bench, ["--ledger", bench.full, *words], progress, advice,
                    lambda: os.path.exists(out) and os.remove(out))
        assert not os.path.exists(out), words
    bench.run("--ledger", bench.full, "check")


def test_restore(bench):
    """Nothing half-restored is left: the next try finds the place free."""
    backup = bench.path("backup")
    bench.run("--ledger", bench.full, "backup", backup)
    ledger = bench.path("restored")
    words = ["--ledger", ledger, "restore", backup]
    at_progress(bench, words, b"bytes copied", "run it again",
                lambda: shutil.rmtree(ledger, ignore_errors=True))
    assert not os.path.exists(ledger)
    bench.run(*words)
    bench.run("--ledger", ledger, "check")


def test_capture(bench):
    ledger = bench.new_ledger("capture")
    before = bench.records(ledger)
    words = ["--ledger", ledger, "capture", "-"]
    for size in (0, 1, 3 * 1024 * 1024):
        code, said = interrupt_at_input(bench, words, b"x" * size)
        check_interrupted(bench, code, said, "capture it again")
    large = bench.path("large")
    with open(large, "wb") as file:
        file.truncate(48 * 1024 * 1024)
    at_progress(bench, ["--ledger", ledger, "capture", large], b"bytes stored",
                "capture it again")
    assert bench.records(ledger) >= before
    bench.run("--ledger", ledger, "check")


def test_load_of_captures(bench):
    """A manifest's captured bytes on their way leave nothing aside."""
    ledger = bench.new_ledger("captures")
    before = bench.records(ledger)
    captures = []
    for number in range(200):
        name = f"page{number}"
        with open(bench.path(name), "w", encoding="ascii") as file:
            file.write(name * 1000)
        captures.append({"key": name, "file": name})
    with open(bench.path("pages"), "w", encoding="ascii") as file:
        json.dump({"format": "assay-manifest/1", "captures": captures}, file)
    words = ["--ledger", ledger, "load", bench.path("pages")]
    at_progress(bench, words, b"captures stored", "load the file again")
    assert bench.records(ledger) == before
    bench.run("--ledger", ledger, "check")
    bench.run(*words)


def test_loop(bench):
    """A script's loop ends with the command in it."""
    fifo = bench.path("fifo")
    os.mkfifo(fifo)
    script = ('for i in 1 2 3; do "$0" --ledger "$1" import "$2"; '
              'echo "code $?"; done')
    loop = subprocess.Popen(
        ["bash", "-c", script, ASSAY, bench.full, fifo], env=bench.environ,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True)
    with open(fifo, "wb"):
        pids = []
        while not pids or not catches(pids[0]):
            with open(f"/proc/{loop.pid}/task/{loop.pid}/children",
                      encoding="ascii") as file:
                pids = [int(pid) for pid in file.read().split()]
        os.killpg(loop.pid, signal.SIGINT)
        out, _ = loop.communicate()
    assert (loop.returncode, out) == (-signal.SIGINT, b""), (loop, out)


def main():
    # A runner may have it ignored, and what it starts would leave it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        write_manifest(bench)
        bench.new_ledger("full", key="eve")
        bench.run("--ledger", bench.full, "load", bench.path("manifest"))
        bench.run("--ledger", bench.full, "export", "--all", "-o",
                  bench.path("all"))
        for test in (test_load, test_import, test_reading, test_restore,
                     test_capture, test_load_of_captures, test_loop):
            test(bench)
            print(test.__name__, flush=True)
    return 0


sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""What is done on a terminal alone. A passphrase is asked for without echo,
twice where it is new, once what it would sign has been looked at, and the echo
is back however the asking ends. Long work says how far it has come."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios

ASSAY = os.environ["ASSAY_BIN"]
COLUMNS = 80


def read_until(fd, word):
    seen = b""
    while word not in seen:
        try:
            part = os.read(fd, 1024)
        except OSError:  # The other side is gone.
            break
        if not part:
            break
        seen += part
    return seen


def has_echo(fd):
    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)


def run(ledger, words, answers, last=None):
    """Answers each prompt; last, where given, is done at the prompt behind
    them. The exit code, what was seen, and whether the echo is on."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.close(main)
        os.setsid()
        fcntl.ioctl(side, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(side, fd)
        os.execv(ASSAY, [ASSAY, "--ledger", ledger, *words])
    seen = b""
    for answer in answers:
        seen += read_until(main, b": ")
        assert not has_echo(side), "the echo is on while asking"
        os.write(main, answer + b"\n")
    if last is not None:
        seen += read_until(main, b": ")
        last(main, pid)
    _, status = os.waitpid(pid, 0)
    echo = has_echo(side)
    os.close(side)
    seen += read_until(main, b"\0")
    os.close(main)
    return os.waitstatus_to_exitcode(status), seen, echo


def fits(ledger, words, *ids):
    """What is listed keeps to the terminal's columns, with the ids whole; for
    programs an entry is one line."""
    code, seen, _ = run(ledger, words, [])
    assert code == 0, (words, code, seen)
    seen = re.sub(r"\033\[[0-9;]*m", "", seen.decode()).replace("\r", "")
    for line in seen.splitlines():
        assert len(line) <= COLUMNS, (len(line), line)
    lines = subprocess.run([ASSAY, "--ledger", ledger, *words], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(ids), lines
    for id in ids:
        assert id in seen.split(), (id, seen)
        assert any(id in line.split() for line in lines), (id, lines)
    assert seen.split() != [] and sorted(seen.split()) == sorted(
        word for line in lines for word in line.split()), (seen, lines)


def lists_fit(folder):
    """With the longest names that there may be."""
    ledger = os.path.join(folder, "names")

    def assay(*words):
        return subprocess.run([ASSAY, "--ledger", ledger, *words], check=True,
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout.strip()

    assay("init")
    name = "k" * 46  # What replaces a root is called by it, with more.
    key = assay("key", "new", "--name", name)
    fits(ledger, ["key", "list"], key)
    fits(ledger, ["key", "show"], key)
    long = assay("team", "found", "--as", name, "--name",
                 ("Harbor and Inland Desk " * 12).strip()[:256].strip())
    fits(ledger, ["team", "list"], long)
    short = assay("team", "found", "--as", name, "--name", "x" * 256)
    assay("trust", "add", long)
    fits(ledger, ["trust", "list"], long)
    keys = [line.split()[1] for line in assay("key", "list").splitlines()]
    assert len(keys) == 3, keys
    with open(os.path.join(ledger, "keys", "z" * 64 + ".key"), "w") as file:
        file.write("no key")
    seen = run(ledger, ["key", "list"], [])[1].decode()
    assert max(map(len, seen.splitlines())) <= COLUMNS, seen
    assert short in run(ledger, ["team", "list"], [])[1].decode(), short


class Editors:
    """Texts that are written in an editor: a small script that is told apart
    by its lines."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "editors")
        self.ledger = os.path.join(self.folder, "ledger")
        self.tmp = os.path.join(self.folder, "tmp")
        os.makedirs(self.tmp)
        self.assay("init")
        self.assay("key", "new", "--name", "ann")
        self.assay("team", "found", "--name", "Desk", "--as", "ann")
        ben = self.assay("key", "new", "--name", "ben")
        self.assay("team", "member", ben, "--name", "Ben", "--role", "editor",
                   "--as", "ann")
        self.claim = self.assay("claim", "add", "--text", "It rains.", "--url",
                                "https://a.example/", "--as", "ann")

    def assay(self, *words):
        return subprocess.run([ASSAY, "--ledger", self.ledger, *words],
                              check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout.strip()

    def run(self, variable, lines, *words):
        """The exit code, what was seen, and what is left of what was typed,
        as path and bytes."""
        editor = os.path.join(self.folder, "editor")
        with open(editor, "w") as file:
            file.write("#!/bin/sh\n" + lines)
        os.chmod(editor, 0o700)
        before = set(os.listdir(self.tmp))
        kept = {"TMPDIR": self.tmp, variable: editor + " with 'two words'"}
        saved = dict(os.environ)
        os.environ.update(kept)
        code, seen, _ = run(self.ledger, words, [])
        os.environ.clear()
        os.environ.update(saved)
        left = []
        for name in set(os.listdir(self.tmp)) - before:
            path = os.path.join(self.tmp, name)
            with open(path, "rb") as file:
                left.append((path, file.read()))
            assert os.stat(path).st_mode & 0o777 == 0o600, path
            assert path.encode() in seen, (path, seen)
        assert before <= set(os.listdir(self.tmp)), "a text was overwritten"
        return code, seen.decode(), left

    def texts(self):
        """What was signed."""
        listed = json.loads(self.assay("--json", "log", "--limit", "1000"))
        return [record["body"].get("rationale")
                for record in listed["records"]
                if record["kind"] == "verdict"]

    def test(self):
        verdict = ["verdict", "add", self.claim, "--rating", "true", "--as",
                   "ann"]
        write = 'test "$1 $2" = "with two words" || exit 9; shift 2\n'
        for name in ("VISUAL", "EDITOR"):
            os.environ.pop(name, None)

        # Written: the text without what is left out; nothing stays.
        code, seen, left = self.run(
            "EDITOR", write + 'grep -q "^# .*--rationale" "$1" || exit 8\n'
            "printf '\\n Seen.\\n# no\\nTwice.\\n\\n' >\"$1\"\n", *verdict)
        assert (code, left) == (0, []), (code, seen, left)
        assert self.texts() == ["Seen.\nTwice."], self.texts()

        # VISUAL goes before EDITOR.
        os.environ["EDITOR"] = "false"
        code, seen, left = self.run("VISUAL", write + 'echo By. >"$1"', *verdict)
        assert (code, left) == (0, []), (code, seen, left)
        assert self.texts() == ["By.", "Seen.\nTwice."], self.texts()
        os.environ.pop("EDITOR")

        # Left empty: nothing is written, and there is nothing to keep.
        for lines in ("", "shift 2; echo ' ' >\"$1\""):
            code, seen, left = self.run("EDITOR", lines, *verdict)
            assert (code, left) == (3, []), (code, seen, left)
            assert "empty" in seen, seen

        # The editor fails: what was typed until then is kept.
        code, seen, left = self.run("EDITOR", "exit 1", *verdict)
        assert (code, left) == (4, []), (code, seen, left)
        code, seen, left = self.run(
            "EDITOR", write + 'echo Typed. >"$1"; exit 1', *verdict)
        assert code == 4 and "failed" in seen, (code, seen)
        assert [text for _, text in left] == [b"Typed.\n"], left

        # What cannot be signed is kept, each in a file of its own.
        for typed, said in ((b"x" * 16385, "longer"), (b"x" * 40000, "longer"),
                            (b"a\0b", "zero byte"), (b"a\033b", "byte 1"),
                            (b"a\xff", "byte 1")):
            with open(os.path.join(self.folder, "typed"), "wb") as file:
                file.write(typed)
            code, seen, left = self.run(
                "EDITOR", write + f'cat "{self.folder}/typed" >"$1"', *verdict)
            assert code == 3 and said in seen, (code, seen)
            assert [text for _, text in left] == [typed], left

        # So is what nobody may sign any more once it is written.
        words = ["verdict", "add", self.claim, "--rating", "true", "--as",
                 "ben"]
        code, seen, left = self.run(
            "EDITOR", write + f'echo Late. >"$1"; "{ASSAY}" --ledger '
            f'"{self.ledger}" team revoke ben --nothing-good --as ann >'
            f'"{self.folder}/revoked"', *words)
        assert code == 3, (code, seen)
        assert [text for _, text in left] == [b"Late.\n"], left
        assert len(self.texts()) == 2, self.texts()

        # erase asks in the same way, and signs nothing.
        code, seen, left = self.run("EDITOR", write + 'echo Law. >"$1"',
                                    "erase", self.claim)
        assert (code, left) == (0, []), (code, seen, left)


def main():
    # A runner may have it ignored, and what it starts would leave it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    new = ["key", "new", "--name"]
    with tempfile.TemporaryDirectory() as folder:
        ledger = os.path.join(folder, "ledger")
        subprocess.run([ASSAY, "--ledger", ledger, "init"], check=True)

        code, seen, echo = run(ledger, new + ["ann"], [b"secret", b"secret"])
        assert (code, echo) == (0, True), (code, echo, seen)
        assert b"secret" not in seen, seen

        code, seen, echo = run(ledger, new + ["bob"], [b"secret", b"other"])
        assert (code, echo) == (3, True), (code, echo, seen)

        found = ["team", "found", "--name", "Desk", "--as", "ann"]
        code, seen, echo = run(ledger, found, [b"wrong"])
        assert (code, echo) == (4, True), (code, echo, seen)
        code, seen, echo = run(ledger, found, [b"secret", b""])
        assert (code, echo) == (0, True), (code, echo, seen)

        # Ctrl-C, at the first prompt and at the second; and from outside.
        def interrupt(fd, _):
            os.write(fd, b"\x03")

        def terminate(_, pid):
            os.kill(pid, signal.SIGTERM)

        # The program ends by the signal, which a shell shows as 128 and more.
        for answers, last, ended_by in (([], interrupt, signal.SIGINT),
                                        ([b"a"], interrupt, signal.SIGINT),
                                        ([], terminate, signal.SIGTERM)):
            code, seen, echo = run(ledger, new + ["cyd"], answers, last)
            assert (code, echo) == (-ended_by, True), (code, echo, seen)
            assert b"interrupted. Nothing was written." in seen, seen

        # What is too long for a passphrase is no interruption.
        code, seen, echo = run(ledger, new + ["cyd"], [b"x" * 2000])
        assert (code, echo) == (4, True), (code, echo, seen)
        assert b"at most 1024 bytes" in seen, seen

        # What cannot be signed is refused before anybody is asked.
        nobody = "claim1qqqqqqqqqqqq"
        for words in (["verdict", "add", nobody, "--rating", "false",
                       "--rationale", "No."],
                      ["source", "add", nobody, "--stance", "refutes",
                       "--url", "https://a.example/"],
                      ["endorse", "verdict1qqqqqqqqqqqq"],
                      ["challenge", nobody, "--reason", "No."],
                      ["retract", nobody, "--reason", "No."],
                      ["link", nobody, "repeats", nobody],
                      ["carry", nobody], ["capture", folder + "/nowhere"],
                      ["claim", "add", "--text", ""],
                      ["team", "profile", "--name", ""],
                      ["team", "found", "--name", "", "--as", "ann"]):
            code, seen, echo = run(ledger, words, [])
            refused = (4,) if words[0] == "capture" else (1, 2, 3)
            assert code in refused, (words, code, seen)
            assert b"Passphrase" not in seen, (words, seen)
        claim = ["claim", "add", "--text", "The sea is dry."]
        code, seen, echo = run(ledger, claim, [b"secret"])
        assert (code, echo) == (0, True), (code, echo, seen)

        lists_fit(folder)
        Editors(folder).test()

        # Many captures take time.
        # The team is meant in two ways, and asked for its passphrase once.
        manifest = {"format": "assay-manifest/1", "captures": [],
                    "claims": [{"text": "It rains.", "team": "Desk"}]}
        for name in ("one", "two"):
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
            manifest["captures"].append({"key": name, "file": name})
        with open(os.path.join(folder, "manifest"), "w") as file:
            json.dump(manifest, file)
        code, seen, _ = run(ledger, ["load", folder + "/manifest"], [b"secret"])
        assert code == 0, (code, seen)
        assert b"1 of 2 captures stored\r" in seen, seen
        assert b"3 of 3 records signed\r" in seen, seen
        shown = subprocess.run([ASSAY, "--ledger", ledger, "key", "list"],
                               check=True, capture_output=True).stdout
        assert b"bob" not in shown and b"cyd" not in shown, shown
    return 0


sys.exit(main())

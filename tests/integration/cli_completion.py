# SPDX-License-Identifier: Apache-2.0
"""What the shells complete: names, words behind them, options, the few values
that some have, the names of keys in the ledger that the line is about, and
after global options just as without. Both shells are asked as people ask them.
Without zsh, the test is skipped once bash has answered; CI has to have it."""
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile

ASSAY = os.environ["ASSAY_BIN"]
PATIENCE_S = 60
SKIPPED = 77  # To ctest.


def check_bash(folder, ledger):
    script = os.path.join(folder, "assay.bash")
    with open(script, "wb") as file:
        file.write(subprocess.run([ASSAY, "completion", "bash"], check=True,
                                  capture_output=True).stdout)
    ask = ('. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; '
           'printf "%s\\n" "${COMPREPLY[@]}"')

    def completes(*words):
        done = subprocess.run(["bash", "-c", ask, script, ASSAY, *words],
                              check=True, capture_output=True, text=True)
        assert not done.stderr, done.stderr
        return done.stdout.split()

    assert completes("cla") == ["claim"]
    assert {"claim", "list", "verify"} <= set(completes(""))
    assert completes("team", "ro") == ["rotate"]
    assert completes("--ledger", ledger, "team", "ro") == ["rotate"]
    assert completes("list", "") == ["claims", "verdicts", "sources",
                                     "captures", "teams"]
    assert completes("verdict", "add", "x", "--rating", "mo") == [
        "mostly-true", "mostly-false"]
    assert completes("verdict", "add", "x", "--rating", "=", "sat") == [
        "satire"]
    assert completes("source", "add", "--stance", "r") == ["refutes"]
    assert completes("team", "member", "x", "--role", "") == [
        "checker", "editor", "archivist"]
    assert completes("link", "x", "re") == ["repeats"]
    assert completes("--ledger", ledger, "key", "show", "") == ["ann", "ben"]
    assert completes("--ledger", ledger, "--as", "b") == ["ben"]
    assert completes("claim", "add", "--lan") == ["--lang"]
    assert completes("help", "key", "pa") == ["passphrase"]
    assert completes("claim", "add", "--text", "") == []
    assert completes("capture", folder + "/assay.") == [script]


class Zsh:
    """A shell that completes, as on somebody's terminal."""

    def __init__(self, folder):
        self.seen = b""
        pid, self.main = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"],
                       dict(os.environ, PS1="READY ", TERM="dumb",
                            PATH=folder + ":" + os.environ["PATH"]))
        self.pid = pid
        self.type("unsetopt zle_bracketed_paste beep; fpath=($PWD $fpath); "
                  "autoload -Uz compinit && compinit -u -D; "
                  "bindkey '^I' complete-word; PS1='GO''> '\n", b"GO> ")

    def type(self, text, word):
        os.write(self.main, text.encode())
        self.seen = b""
        while word not in self.seen:
            ready, _, _ = select.select([self.main], [], [], PATIENCE_S)
            assert ready, (text, word, self.seen)
            self.seen += os.read(self.main, 4096)

    def completes(self, line, whole):
        """The line, then the key; what it becomes, and the line is left."""
        self.type(line + "\t", whole.encode())
        self.type("\x15\n", b"GO> ")

    def close(self):
        os.write(self.main, b"exit\n")
        os.waitpid(self.pid, 0)
        os.close(self.main)


def check_zsh(folder, ledger):
    script = os.path.join(folder, "_assay")
    with open(script, "wb") as file:
        file.write(subprocess.run([ASSAY, "completion", "zsh"], check=True,
                                  capture_output=True).stdout)
    subprocess.run(["zsh", "-n", script], check=True)
    os.symlink(ASSAY, os.path.join(folder, "assay"))
    zsh = Zsh(folder)
    zsh.completes("assay cla", "assay claim ")
    zsh.completes("assay team rot", "assay team rotate ")
    zsh.completes(f"assay --ledger {ledger} team rot", " team rotate ")
    zsh.completes("assay list verd", "assay list verdicts ")
    zsh.completes("assay verdict add x --rating=sat", "--rating=satire")
    zsh.completes("assay link x rep", "assay link x repeats ")
    zsh.completes(f"assay --ledger {ledger} key show be", "key show ben ")
    zsh.completes("assay claim add --lan", "assay claim add --lang")
    zsh.completes("assay help verd", "assay help verdict ")
    zsh.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        ledger = os.path.join(folder, "ledger")
        for words in (["init"], ["key", "new", "--name", "ann"],
                      ["key", "new", "--name", "ben"]):
            subprocess.run([ASSAY, "--ledger", ledger, *words], check=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
        check_bash(folder, ledger)
        if shutil.which("zsh") is None:
            print("zsh is not installed; its completion was not asked")
            return 1 if os.environ.get("CI") == "true" else SKIPPED
        check_zsh(folder, ledger)
    return 0


sys.exit(main())

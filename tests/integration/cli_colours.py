# SPDX-License-Identifier: Apache-2.0
"""A terminal is shown colours; a pipe never, nor whoever sets NO_COLOR
(https://no-color.org). With or without, the words are the same."""
import os
import pty
import re
import subprocess
import sys
import tempfile

ASSAY = os.environ["ASSAY_BIN"]
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def environment(**more):
    plain = {name: value for name, value in os.environ.items()
             if name != "NO_COLOR"}
    return dict(plain, TERM="xterm-256color", **more)


def on_terminal(words, **more):
    main, side = pty.openpty()
    with subprocess.Popen([ASSAY, *words], stdin=side, stdout=side,
                          stderr=side, env=environment(**more)) as process:
        os.close(side)
        seen = b""
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:  # The other side is gone.
                break
            if not part:
                break
            seen += part
    os.close(main)
    assert process.returncode == 0, (words, seen)
    return seen.replace(b"\r\n", b"\n")


def into_pipe(words, **more):
    return subprocess.run([ASSAY, *words], check=True, capture_output=True,
                          stdin=subprocess.DEVNULL,
                          env=environment(**more)).stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        def assay(*words):
            return into_pipe(["--ledger", folder + "/ledger", *words]
                             ).decode().strip()

        assay("init")
        assay("key", "new", "--name", "ann", "--no-passphrase")
        assay("team", "found", "--name", "Desk")
        claim = assay("claim", "add", "--text", "The sea is dry.", "--url",
                      "https://a.example/")
        assay("verdict", "add", claim, "--rating", "false", "--rationale",
              "It is wet.")
        for words in (["chain", claim], ["show", claim], ["verify", claim]):
            words = ["--ledger", folder + "/ledger", *words]
            coloured = on_terminal(words)
            assert COLOUR.search(coloured), (words, coloured)
            plain = COLOUR.sub(b"", coloured)
            assert b"\x1b" not in plain, plain
            # An empty NO_COLOR is none.
            assert on_terminal(words, NO_COLOR="") == coloured, words
            assert on_terminal(words, NO_COLOR="1") == plain, words
            assert into_pipe(words) == plain, words
            assert into_pipe(words, NO_COLOR="1") == plain, words


if __name__ == "__main__":
    sys.exit(main())

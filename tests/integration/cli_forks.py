# SPDX-License-Identifier: Apache-2.0
"""A key that is used in two copies of a ledger forks its log. Where the two
meet, the fork is shown, and the next record heals it by naming both heads. A
log of as many heads as it may have is frozen: it takes no other. And of a file
of records that was cut, all that was whole is kept."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ASSAY = os.environ["ASSAY_BIN"]
HEADS_MAX = 64  # protocol/limits.h
PREV_MAX = 8

# Hundreds of commits, each of them flushed: in memory where there is some.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def assay(ledger, *words, code=0):
    """What it prints on both outputs."""
    done = subprocess.run([ASSAY, "--ledger", ledger, *words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8")
    assert done.returncode == code, (ledger, words, done)
    return done.stdout.strip() + done.stderr.strip()


def claim(ledger, text, code=0):
    return assay(ledger, "claim", "add", "--text", text, "--url",
                 "https://a.example/", code=code)


def shown(ledger, record):
    return json.loads(assay(ledger, "--json", "show", record))


def log_of(ledger):
    """The one log of the key, and what people see of it."""
    logs = json.loads(assay(ledger, "--json", "log", "ann"))["logs"]
    assert len(logs) == 1, logs
    return logs[0], " ".join(assay(ledger, "log", "ann").split())


def carry(source, target, scratch):
    path = os.path.join(scratch, "all.assay")
    assay(source, "export", "--all", "-o", path)
    assay(target, "import", path)
    os.remove(path)


def a_fork_is_shown_and_healed(scratch, first, second):
    heads = {claim(first, "One."), claim(second, "Two.")}
    carry(second, first, scratch)
    log, text = log_of(first)
    assert {head["id"] for head in log["heads"]} == heads, log
    assert "! forked: 2 heads" in text, text
    assert "! frozen" not in text, text
    for record in heads:
        assert shown(first, record)["state"]["is_log_forked"], record

    healing = claim(first, "Three.")
    assert set(shown(first, healing)["prev"]) == heads, healing
    log, text = log_of(first)
    assert [head["id"] for head in log["heads"]] == [healing], log
    assert "forked" not in text, text

    # So it is with the other one, once it has heard of it.
    carry(first, second, scratch)
    log, text = log_of(second)
    assert [head["id"] for head in log["heads"]] == [healing], log
    assert "forked" not in text, text
    assay(first, "check")


def fork(before, first, scratch, text, code=0):
    """One more head, which a copy of the ledger as it was before brings."""
    copy = os.path.join(scratch, "copy")
    path = os.path.join(scratch, "head.assay")
    shutil.copytree(before, copy)
    assay(copy, "export", claim(copy, text), "-o", path)
    said = assay(first, "import", path, code=code)
    shutil.rmtree(copy)
    os.remove(path)
    return said


def a_log_of_too_many_heads_is_frozen(scratch, first):
    before = os.path.join(scratch, "before")
    shutil.copytree(first, before)
    claim(first, "Head 1.")
    for number in range(2, HEADS_MAX):
        fork(before, first, scratch, f"Head {number}.")
    log, text = log_of(first)
    assert f"! forked: {HEADS_MAX - 1} heads" in text, text
    assert not log["is_frozen"] and "! frozen" not in text, text
    fork(before, first, scratch, "The last head.")
    log, text = log_of(first)
    assert len(log["heads"]) == HEADS_MAX and log["is_frozen"], log
    assert f"! forked: {HEADS_MAX} heads" in text and "! frozen" in text, text
    said = fork(before, first, scratch, "One too many.", code=3)
    assert "frozen" in said and "1 refused" in said, said

    # Whoever has the key joins as many as one record names, and so goes on.
    healing = claim(first, "Joined.")
    assert len(shown(first, healing)["prev"]) == PREV_MAX
    log, text = log_of(first)
    assert len(log["heads"]) == HEADS_MAX - PREV_MAX + 1, log
    assert not log["is_frozen"] and "! frozen" not in text, text
    assay(first, "check")


def what_was_whole_of_a_cut_file_is_kept(scratch, first):
    whole = os.path.join(scratch, "whole.assay")
    cut = os.path.join(scratch, "cut.assay")
    taker = os.path.join(scratch, "taker")
    assay(first, "export", "--all", "-o", whole)
    with open(whole, "rb") as file:
        data = file.read()
    with open(cut, "wb") as file:
        file.write(data[:len(data) * 2 // 3])
    assay(taker, "init")
    said = assay(taker, "import", cut, code=3)
    added = int(re.search(r"(\d+) added", said)[1])
    offset = int(re.search(r"is cut: it ends without its end mark\. What was "
                           r"whole, up to byte (\d+), is kept\.", said)[1])
    assert added > 1 and 0 < offset < len(data) * 2 // 3, said
    stats = json.loads(assay(taker, "--json", "stats"))
    assert stats["records"] == added, (stats, said)
    assay(taker, "check")
    with open(cut, "wb") as file:  # Just as long, it holds just as many.
        file.write(data[:offset])
    said = assay(taker, "import", cut, code=3)
    assert f"{added} held already" in said, said
    said = assay(taker, "import", whole)
    assert f"{added} held already" in said and "is cut" not in said, said


def main():
    with tempfile.TemporaryDirectory(dir=MEMORY) as scratch:
        first = os.path.join(scratch, "first")
        second = os.path.join(scratch, "second")
        assay(first, "init")
        assay(first, "key", "new", "--name", "ann", "--no-passphrase")
        assay(first, "team", "found", "--name", "Desk", "--as", "ann")
        shutil.copytree(first, second)
        a_fork_is_shown_and_healed(scratch, first, second)
        what_was_whole_of_a_cut_file_is_kept(scratch, first)
        a_log_of_too_many_heads_is_frozen(scratch, first)


if __name__ == "__main__":
    sys.exit(main())

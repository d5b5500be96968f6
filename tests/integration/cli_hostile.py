# SPDX-License-Identifier: Apache-2.0
"""Hostile text in every field that is printed: bidi overrides, invisible
characters, marks that bury what they stand on, names made to look like lines of
our own. It is taken, as it may be somebody's words, and whatever prints it
makes it harmless. Terminal escapes and bytes that are no UTF-8 are refused."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata

ASSAY = os.environ["ASSAY_BIN"]
MARKS = "\u0301"
# Overrides and isolates that are never ended, what is not seen, a line
# separator, and marks without end.
EVIL = "A\u202eB\u2066C\u200b\u200fD\ufeff\u2028E" + MARKS * 40
LONG = "F\u202e" + MARKS * ((16 * 1024 - 8) // 2)
NAME = "G\u2067\u202e\u034f" + MARKS * 120  # 256 bytes and no more.
LINES = "x\n\u2713 it is forged\n\tH\u202d"
REFUSED = ("a\033[2Jb", "a\033]0;title\007", "a\u009b2Jb", "a\x7fb", "a\rb",
           b"a\xffb", b"a\xc3", b"a\xed\xa0\x80b", b"a\xc0\x80b")


class Desk:
    def __init__(self, folder):
        self.folder = folder
        self.environ = dict(os.environ,
                            ASSAY_LEDGER=os.path.join(folder, "ledger"),
                            TMPDIR=folder)

    def run(self, *words, code=0):
        done = subprocess.run([ASSAY, *words], env=self.environ, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode in (
            code if isinstance(code, tuple) else (code,)), (words, done)
        check_harmless(words, done.stderr)
        return done.stdout

    def added(self, *words):
        return self.run(*words).decode("ascii").strip()


def check_harmless(words, output):
    """UTF-8 without controls and what turns or hides text, nothing buried."""
    marks = 0
    for char in output.decode("utf-8"):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        assert char == "\n" or kind not in ("Cc", "Cf", "Zl", "Zp"), (
            words, "U+%04X" % ord(char))
        assert char != "\u034f" and marks <= 8, (words, "marks")


def make_records(desk):
    """Every kind of record, hostile in every field that is free text."""
    ids = {}
    desk.run("init")
    desk.run("key", "new", "--name", "ann")
    desk.run("key", "new", "--name", "ben")
    desk.run("key", "new", "--name", "eve")
    ids["team"] = desk.added("team", "found", "--name", NAME, "--contact",
                             EVIL, "--as", "ann")
    ids["other"] = desk.added("team", "found", "--name", EVIL, "--as", "eve")
    mine = ["--team", ids["team"]]
    desk.run("team", "profile", "--word", "false=" + EVIL, *mine)
    ids["member"] = desk.added("team", "member", "ben", "--name", EVIL,
                               "--role", "editor", *mine)
    ids["vouch"] = desk.added("team", "vouch", ids["other"], "--note", EVIL,
                              *mine, "--as", "ann")
    page = os.path.join(desk.folder, "page.txt")
    with open(page, "w", encoding="utf-8") as file:
        file.write(EVIL + " The sea is dry. " + LINES)
    mine += ["--as", "ann"]
    ids["capture"] = desk.added("capture", page, "--title", NAME, "--author",
                                EVIL, *mine)
    ids["claim"] = desk.added("claim", "add", "--text", LONG, "--speaker",
                              EVIL, "--topic", EVIL, "--topic", NAME,
                              "--capture", ids["capture"], "--quote",
                              EVIL + " The sea", "--suffix", " is", *mine)
    ids["lines"] = desk.added("claim", "add", "--text", LINES, "--speaker",
                              LINES.replace("\n", " ").replace("\t", " "),
                              "--url", "https://a.example/", *mine)
    ids["source"] = desk.added("source", "add", ids["claim"], "--stance",
                               "refutes", "--capture", ids["capture"],
                               "--quote", "The sea is dry. " + LINES, "--note",
                               LONG, *mine)
    ids["verdict"] = desk.added("verdict", "add", ids["claim"], "--rating",
                                "false", "--label", EVIL, "--rationale", LONG,
                                "--cite", ids["source"], *mine)
    ids["endorse"] = desk.added("endorse", ids["verdict"], "--note", EVIL,
                                "--team", ids["team"], "--as", "ben")
    theirs = ["--team", ids["other"], "--as", "eve"]
    ids["challenge"] = desk.added("challenge", ids["verdict"], "--reason",
                                  LINES + LONG[:8000], *theirs)
    ids["link"] = desk.added("link", ids["claim"], "repeats", ids["lines"],
                             "--note", EVIL, *theirs)
    ids["carry"] = desk.added("carry", ids["challenge"], "--note", EVIL, *mine)
    ids["gone"] = desk.added("verdict", "add", ids["claim"], "--rating",
                             "true", "--rationale", EVIL, *theirs)
    ids["retract"] = desk.added("retract", ids["gone"], "--reason", LINES,
                                *theirs)
    desk.run("erase", ids["lines"], "--reason", EVIL)
    desk.run("trust", "add", ids["other"])
    return ids


def queries(ids, proof):
    for name in ids.values():
        yield ["show", name]
        yield ["show", name, "--diag"]
        yield ["verify", name]
    for words in (["chain", ids["claim"]], ["chain", ids["lines"]],
                  ["chain", ids["claim"], "--dot"], ["log"], ["log", "ann"],
                  ["log", ids["team"]], ["list", "claims"],
                  ["list", "claims", "--topic", EVIL], ["list", "verdicts"],
                  ["list", "sources"], ["list", "captures"], ["list", "teams"],
                  ["team", "list"], ["team", "show", ids["team"]],
                  ["team", "show", NAME], ["trust", "list"], ["key", "list"],
                  ["stats"], ["check"], ["verify", "--all"],
                  ["verify", proof]):
        yield words


def check_queries(desk, ids):
    proof = os.path.join(desk.folder, "proof")
    desk.run("export", ids["claim"], "-o", proof)
    for words in queries(ids, proof):
        output = desk.run(*words, code=(0, 1))
        assert output, words
        check_harmless(words, output)
        # A text's own lines are not taken for ours.
        assert not re.search(rb"^\xe2\x9c\x93 it is forged", output, re.M), words
        if "--dot" in words or "--diag" in words:
            continue
        output = desk.run(*words, "--json", code=(0, 1))
        assert output.isascii(), words
        json.loads(output)


def check_dot(desk, ids):
    """Labels stay labels: the graph is drawn, and has no node of theirs."""
    if shutil.which("dot") is None:
        return
    graph = desk.run("chain", ids["claim"], "--dot")
    done = subprocess.run(["dot", "-Tsvg"], input=graph, check=False,
                          capture_output=True)
    assert done.returncode == 0 and not done.stderr, done
    quoted = desk.added("claim", "add", "--text",
                        '"]; evil [label="\\" <b>&amp; \\N \\l {x|y}', "--url",
                        "https://a.example/", "--team", ids["team"], "--as",
                        "ann")
    graph = desk.run("chain", quoted, "--dot")
    done = subprocess.run(["dot", "-Tplain"], input=graph, check=False,
                          capture_output=True)
    assert done.returncode == 0 and not done.stderr, (done, graph)
    assert not re.search(rb"^node evil", done.stdout, re.M), done


def check_refused(desk, ids):
    """What is no text is refused in every field, and said harmlessly."""
    mine = ["--team", ids["team"], "--as", "ann"]
    fields = (["claim", "add", "--url", "https://a.example/", "--text"],
              ["claim", "add", "--text", "x", "--speaker"],
              ["claim", "add", "--text", "x", "--topic"],
              ["claim", "add", "--text", "x", "--url"],
              ["claim", "add", "--text", "x", "--lang"],
              ["source", "add", ids["claim"], "--stance", "context", "--url"],
              ["verdict", "add", ids["claim"], "--rating", "false",
               "--rationale", "x", "--review-url"],
              ["source", "add", ids["claim"], "--stance", "context", "--url",
               "https://a.example/", "--note"],
              ["verdict", "add", ids["claim"], "--rating", "false",
               "--rationale"],
              ["verdict", "add", ids["claim"], "--rating", "false",
               "--rationale", "x", "--label"],
              ["challenge", ids["verdict"], "--reason"],
              ["retract", ids["verdict"], "--reason"],
              ["link", ids["claim"], "repeats", ids["lines"], "--note"],
              ["endorse", ids["verdict"], "--note"],
              ["carry", ids["challenge"], "--note"],
              ["capture", os.path.join(desk.folder, "page.txt"), "--title"],
              ["erase", ids["capture"], "--reason"],
              ["team", "profile", "--name"], ["team", "profile", "--contact"],
              ["team", "vouch", ids["other"], "--note"])
    for number, field in enumerate(fields):
        for evil in (REFUSED[0], REFUSED[1 + number % (len(REFUSED) - 1)]):
            desk.run(*field, evil, *mine, code=(2, 3))
    for field in ("--url", "--lang"):
        desk.run("claim", "add", "--text", "x", field,
                 "https://a.example/" + EVIL, *mine, code=2)
    # What is not found is said as well.
    for words in (["show"], ["chain"], ["team", "show"], ["log"],
                  ["key", "show"], ["list"], ["help"], ["verify"],
                  ["capture"], ["load"], ["import"]):
        for evil in (REFUSED[0], REFUSED[-1], "?" + EVIL, LONG):
            desk.run(*words, evil, code=(1, 2, 3, 4))


def main():
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder)
        ids = make_records(desk)
        check_queries(desk, ids)
        check_dot(desk, ids)
        check_refused(desk, ids)
        desk.run("check")
    return 0


sys.exit(main())

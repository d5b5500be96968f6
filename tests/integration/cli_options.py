# SPDX-License-Identifier: Apache-2.0
"""Options that change what is signed or what is shown do so: each is given on
a command line, and its effect is looked up in what --json prints."""
import json
import os
import subprocess
import sys
import tempfile
import time

ASSAY = os.environ["ASSAY_BIN"]


class Desk:
    def __init__(self, folder):
        self.folder = folder
        self.ledger = os.path.join(folder, "ledger")

    def assay(self, *words, code=0):
        done = subprocess.run([ASSAY, "--ledger", self.ledger, *words],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8")
        assert done.returncode == code, (words, done)
        return done.stdout.strip()

    def json(self, *words):
        return json.loads(self.assay("--json", *words))

    def body(self, record):
        return self.json("show", record)["body"]


def a_capture_says_what_it_is_and_when(desk):
    path = os.path.join(desk.folder, "page")
    with open(path, "w", encoding="ascii") as file:
        file.write("The harbour closes.")
    body = desk.body(desk.assay("capture", path, "--as", "ann"))
    assert body["media_type"] != "application/x-harbour", body
    body = desk.body(desk.assay(
        "capture", path, "--as", "ann", "--media-type", "application/x-harbour",
        "--published", "2024-02-29", "--captured-at", "2024-03-01T10:20:30Z"))
    assert body["media_type"] == "application/x-harbour", body
    assert body["published"] == "2024-02-29", body
    assert body["captured_at"] == "2024-03-01T10:20:30Z", body


def a_verdict_names_its_article_and_language(desk, claim):
    body = desk.body(desk.assay(
        "verdict", "add", claim, "--as", "ann", "--rating", "false",
        "--rationale", "Nee.", "--review-url", "https://desk.example/1",
        "--lang", "nl"))
    assert body["review_url"] == "https://desk.example/1", body
    assert body["lang"] == "nl", body


def wait_for_next_second():
    """Receipt is noted in whole seconds, and the ledger's times only grow."""
    begin = int(time.time())
    while int(time.time()) == begin:
        time.sleep(0.02)


def source(desk, claim, number):
    return desk.assay("source", "add", claim, "--as", "ann", "--stance",
                      "refutes", "--url", f"https://b.example/{number}")


def a_chain_is_shown_as_of_a_time(desk, claim, before):
    """before: sources that were received already."""
    middle = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wait_for_next_second()
    late = source(desk, claim, "late")
    then = desk.json("chain", claim, "--as-of", middle)
    now = desk.json("chain", claim)
    assert then["as_of"] == middle and now["as_of"] is None, (then, now)
    assert then["sources_total"] == len(before), then
    assert now["sources_total"] == len(before) + 1, now

    def ids(chain):
        return {entry["record"]["id"] for entry in chain["sources"]}

    assert ids(then) == set(before), then
    assert ids(now) == set(before) | {late}, now
    assert then["verdicts"] == [] and now["verdicts"] == [], (then, now)
    return late


def a_chain_is_shown_in_pages(desk, claim, sources):
    seen = []
    words = ["chain", claim, "--limit", "2"]
    after = []
    while True:
        page = desk.json(*words, *after)
        entries = [entry["record"]["id"] for entry in page["sources"]]
        assert page["sources_total"] == len(sources), page
        assert 0 < len(entries) <= 2, page
        seen += entries
        if page["sources_next"] is None:
            break
        after = ["--after", str(page["sources_next"])]
    assert seen == sources, (seen, sources)


def nothing_good_fells_all_of_a_key(desk):
    def stands(record):
        return desk.json("show", record)["state"]["stands"]

    mine, his = [desk.assay("claim", "add", "--as", key, "--text", "It rains.",
                            "--url", "https://a.example/")
                 for key in ("ann", "ben")]
    assert stands(mine) and stands(his)
    desk.assay("team", "revoke", "ben", "--as", "ann", code=2)
    revocation = desk.assay("team", "revoke", "ben", "--as", "ann",
                            "--nothing-good")
    assert desk.json("show", revocation)["grant"]["last"] == []
    assert stands(mine) and not stands(his)


def main():
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder)
        desk.assay("init")
        for key in ("ann", "ben"):
            desk.assay("key", "new", "--name", key, "--no-passphrase")
        desk.assay("team", "found", "--name", "Desk", "--as", "ann")
        desk.assay("team", "member", "ben", "--as", "ann", "--name", "Ben",
                   "--role", "checker")
        claim = desk.assay("claim", "add", "--as", "ann", "--text",
                           "The sea is dry.", "--url", "https://a.example/")
        sources = [source(desk, claim, number) for number in range(4)]
        sources.append(a_chain_is_shown_as_of_a_time(desk, claim, sources))
        a_chain_is_shown_in_pages(desk, claim, sources)
        a_capture_says_what_it_is_and_when(desk)
        a_verdict_names_its_article_and_language(desk, claim)
        nothing_good_fells_all_of_a_key(desk)


if __name__ == "__main__":
    sys.exit(main())

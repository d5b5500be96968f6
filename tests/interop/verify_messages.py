# SPDX-License-Identifier: Apache-2.0
"""Holds docs/protocol.cddl and our codecs of messages against each other.

usage: verify_messages.py READ_MESSAGES

READ_MESSAGES is our program that reads messages and writes them again. For
every message of the page there are examples from its smallest to its largest:
each is what the CDDL describes, and our program reads it and writes the same
bytes. Each is then broken in many ways: what the CDDL does not describe our
program refuses, and little else.
"""
import pathlib
import subprocess
import sys

import cbor2

from cddl import Schema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Of the broken messages below one in so many at most may break a rule that
# CDDL cannot say: order and uniqueness, one field against another, lines and
# names of hosts.
BEYOND_CDDL = 20

ID, KEY, SHA = b"i" * 32, b"k" * 32, b"s" * 32
DIGEST, SHORT, NONCE = b"d" * 16, b"12345678", b"n" * 8
BIG = (1 << 64) - 1
NUMBER = (1 << 53) - 1
ITEM = [b"envelope", b"body"]
PEER = [KEY, "node.example.org", 4711]

EXAMPLES = {
    "hello": [
        [0, [1], 0, NONCE, DIGEST, DIGEST, 0, {}],
        [0, list(range(7)) + [(1 << 32) - 1], NUMBER, NONCE, DIGEST, DIGEST,
         NUMBER, {1: "a" * 64, 2: True}],
    ],
    "ping": [[1, 0], [1, BIG]],
    "pong": [[3, 0], [3, BIG]],
    "compare": [[5]],
    "close": [[2, 0, ""], [2, BIG, "x" * 256]],
    "follows": [
        [4, True, False, b""], [4, False, False, b""],
        [4, False, True, b"".join(n.to_bytes(8, "big") for n in range(4096))],
    ],
    "root": [[6, 0, DIGEST, DIGEST, 0, 0], [6, BIG, DIGEST, DIGEST, BIG, BIG]],
    "buckets": [[8, 0, 0, 0, 7, bytes(512)], [8, BIG, 8, 255, 13, bytes(32768)]],
    "frontier": [
        [10, 0, 0, 0, b"", b"", False],
        [10, BIG, 255, 0, b"\xff" * 1024, b"e" * 61440, True],
    ],
    "heads": [
        [12, 0, 0, SHORT, 1, 1, ID, b""],
        [12, BIG, 1, SHORT, BIG, 64, ID * 96, b"\xff" * 12],
        [12, 0, 2, SHORT, 0, 0, b"", b"\x01"],
    ],
    "done": [[22, 0, 0, 0, 0, 0], [22, 1, BIG, BIG, 2, BIG]],
    "records": [
        [14, 0, [ITEM]], [14, BIG, [[b"e", None]] * 512],
        [14, 1, [[b"e" * 32768, b""]]], [14, 1, [[b"e" * 768, b"b" * 32000]]],
    ],
    "range": [[16, 1, ID, 1, 1], [16, BIG, ID, 1, BIG]],
    "want": [[18, 1, [ID]], [18, BIG, [ID] * 32]],
    "lack": [[20, 1, [ID]], [20, BIG, [ID] * 32]],
    "gossip": [[24, 0, 0, ITEM], [24, 255, BIG, [b"e", None]]],
    "have": [[26, ID], [26, ID * 128]],
    "graft": [[28, ID, 0], [28, ID, 1], [28, bytes(32), 2]],
    "prune": [[30, ID]],
    "join": [[32, PEER], [32, [KEY, "", 0]], [32, [KEY, "h" * 253, 65535]]],
    "forward-join": [[34, PEER, 0], [34, PEER, 6]],
    "neighbor": [[36, 0, PEER], [36, 2, PEER]],
    "disconnect": [[38, 0, []], [38, 1, [PEER] * 8]],
    "shuffle": [[40, 0, 0, []], [40, BIG, 6, [PEER] * 8]],
    "shuffle-reply": [[42, 0, []], [42, BIG, [PEER] * 8]],
    "blob-want": [[44, SHA, 0, 1], [44, SHA, NUMBER, NUMBER]],
    "blob": [[46, SHA, 0, 0, b""], [46, SHA, 7, NUMBER, b"b" * 60000]],
    "blob-lack": [[48, SHA]],
}

# What stands in a field's place, by the type of what was there.
OTHERS = {
    int: [-1, "1", None, b"1", True, BIG, 0],
    str: [b"x", 1, None, "two\nlines", "x" * 300],
    bytes: ["x", 1, None, [], b"1", b""],
    bool: [0, 1, None, "true"],
    list: [{}, None, b"", [], 1],
    dict: [[], None, {1: 1}, {2: 0}, {"a": 1}, {-1: 0}],
    type(None): [1, "x", False],
}


def encode(value):
    return cbor2.dumps(value, canonical=True)


def variants(value):
    """The value with one thing in it replaced, taken away or doubled."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            for other in variants(each):
                yield value[:index] + [other] + value[index + 1:]
            yield value[:index] + value[index + 1:]
        if len(value) > 256:
            yield value + value[-1:]
    yield from OTHERS[type(value)]
    if isinstance(value, bytes):
        yield value + b"\0"
        yield value + bytes(60001)


def small(example):
    """Whether an example is worth being broken in every place."""
    return len(encode(example)) < 400


def shown(name, message):
    return f"{name} {str(message)[:200]}"


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def read_all(program, messages):
    answers = subprocess.run(
        [program],
        input="".join(each.hex() + "\n" for each in messages),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()
    check(len(answers) == len(messages), "an answer to each message")
    return answers


def check_examples(program, schema):
    named = [(n, each) for n, list_ in EXAMPLES.items() for each in list_]
    encoded = [encode(example) for _, example in named]
    answers = read_all(program, encoded)
    for (name, example), message, answer in zip(named, encoded, answers):
        check(schema.matches(name, example), f"{shown(name, example)} is described")
        check(schema.matches("message", example), f"{name} is a message")
        check(answer == message.hex(), f"{shown(name, example)}: {answer[:80]}")
    return len(named)


def broken():
    """Names and messages that are not what they were."""
    for name, list_ in EXAMPLES.items():
        for example in filter(small, list_):
            for field in range(1, len(example)):
                for other in variants(example[field]):
                    message = example[:field] + [other] + example[field + 1:]
                    if message != example and len(encode(message)) < 65520:
                        yield name, message
                yield name, example[:field]


def check_refusals(program, schema):
    messages = list(broken())
    answers = read_all(program, [encode(each) for _, each in messages])
    refused = beyond = 0
    for (name, message), answer in zip(messages, answers):
        is_refused = answer.startswith("refused: ")
        if not schema.matches(name, message):
            check(is_refused, f"{shown(name, message)} is refused")
        elif is_refused:
            beyond += 1
        refused += is_refused
    check(
        beyond * BEYOND_CDDL < refused,
        f"{beyond} of {refused} are beyond the CDDL",
    )
    return refused


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    text = (ROOT / "docs" / "protocol.cddl").read_text(encoding="utf-8")
    schema = Schema(text)
    check(set(EXAMPLES) <= set(schema.rules), "every example has a rule")
    try:
        print(check_examples(program, schema), "examples are as they say")
        print(check_refusals(program, schema), "that break a rule were refused")
    except AssertionError as error:
        sys.exit(f"not so: {error}")


if __name__ == "__main__":
    main()

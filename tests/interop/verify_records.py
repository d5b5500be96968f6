#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks our records against an implementation that shares no code with them.

    verify_records.py MAKE_RECORDS

Records that our library made are taken apart here with cbor2, encoded again by
this file's own deterministic encoder, hashed, verified with python-cryptography,
held against docs/records.cddl and compared field by field with what our readers
made of them. Then records are made and signed here, and our library must open
them to the same ids, and refuse those that break a rule.
"""
import hashlib
import json
import pathlib
import random
import subprocess
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cddl import Schema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "vectors" / "records"
VARIED = "20"
SEED = 20251009

# prev unsorted and twice, about twice, another's key, another's body.
BEYOND_CDDL = 5

KINDS = {
    1: "found", 2: "profile", 3: "member", 4: "revoke", 5: "rotate",
    6: "vouch", 16: "capture", 17: "claim", 18: "source", 19: "verdict",
    20: "endorse", 21: "link", 22: "challenge", 23: "carry", 24: "retract",
}
RELATIONS = {
    1: "on", 2: "capture", 3: "cites", 4: "supersedes", 5: "erases",
    16: "same-as", 17: "contradicts", 18: "part-of", 19: "translation-of",
    20: "repeats",
}
RATINGS = {
    1: "true", 2: "mostly-true", 3: "mixed", 4: "misleading",
    5: "mostly-false", 6: "false", 7: "unproven", 8: "satire", 9: "outdated",
}
STANCES = {1: "supports", 2: "refutes", 3: "context"}
ROLES = {1: "checker", 2: "editor", 3: "archivist"}
PREFIXES = {
    1: "team", 16: "capture", 17: "claim", 18: "source", 19: "verdict",
}

PLACE = {1: "url", 2: "capture", 3: "exact", 4: "prefix", 5: "suffix"}
PROFILE = {
    1: "name", 2: "url", 3: "langs", 4: "contact", 5: "words", 6: "signoffs",
}
NOTE = {1: "text"}
FIELDS = {
    1: PROFILE,
    2: PROFILE,
    3: {1: "name"},
    16: {
        1: "url", 2: "media-type", 3: "size", 4: "sha256", 5: "captured-at",
        6: "tool", 7: "title", 8: "author", 9: "published",
    },
    17: {
        1: "text", 2: "lang", 3: "speaker", 4: "said", 5: "topics",
        6: "places",
    },
    18: {**PLACE, 6: "stance", 7: "note"},
    19: {
        1: "rating", 2: "label", 3: "lang", 4: "rationale", 5: "review-url",
    },
}


def check(condition, what):
    if not condition:
        raise AssertionError(what)


# ------------------------------------------------- CBOR, as records.md says


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(number)


def encode(value):
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(each)) for key, each in value.items())
        return head(5, len(pairs)) + b"".join(key + each for key, each in pairs)
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + encode(value.value)
    raise TypeError(type(value))


def decode(data):
    """Decodes what is deterministic; anything else is an error."""
    value = cbor2.loads(data)
    check(encode(value) == data, "this is not the deterministic encoding")
    return value


# ------------------------------------------------------- bech32m (BIP 350)

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def checksum(prefix, values):
    register = 1
    expanded = [ord(letter) >> 5 for letter in prefix] + [0]
    expanded += [ord(letter) & 31 for letter in prefix]
    for value in expanded + values + [0] * 6:
        top = register >> 25
        register = (register & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate(GENERATOR):
            if top >> bit & 1:
                register ^= factor
    register ^= 0x2BC830A3
    return [register >> 5 * (5 - place) & 31 for place in range(6)]


def bech32m(prefix, data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    letters = values + checksum(prefix, values)
    return prefix + "1" + "".join(CHARSET[value] for value in letters)


# ------------------------------------------------------------ taking apart


def sig_structure(protected, payload):
    return encode(["Signature1", protected, b"assay/1", payload])


class Record:
    """A record taken apart; every layer is checked on the way."""

    def __init__(self, item):
        self.envelope, self.body = decode(item)
        cose = decode(self.envelope)
        check(cose.tag == 18, "the tag is 18")
        protected, unprotected, payload, self.signature = cose.value
        check(unprotected == {}, "no unprotected header")
        header = decode(protected)
        check(set(header) == {1, 4} and header[1] == -8, "EdDSA and a key")
        self.key = header[4]
        self.payload = decode(payload)
        message = sig_structure(protected, payload)
        self.id = hashlib.sha256(message).digest()
        Ed25519PublicKey.from_public_bytes(self.key).verify(
            self.signature, message
        )
        if self.body is not None:
            check(
                hashlib.sha256(self.body).digest() == self.payload[6],
                "the body has the hash that was signed",
            )


def hexed(value):
    return value.hex() if isinstance(value, bytes) else value


def place_fields(place):
    return {PLACE[key]: hexed(value) for key, value in place.items()}


def body_fields(kind, body):
    names = FIELDS.get(kind, NOTE)
    fields = {
        names[key]: hexed(value) for key, value in body.items() if key != 0
    }
    check(len(body[0]) == 16, "a salt of 16 bytes")
    if "words" in fields:
        fields["words"] = {
            RATINGS[rating]: word for rating, word in fields["words"].items()
        }
    if "places" in fields:
        fields["places"] = [place_fields(each) for each in fields["places"]]
    if "stance" in fields:
        fields["stance"] = STANCES[fields["stance"]]
    if "rating" in fields:
        fields["rating"] = RATINGS[fields["rating"]]
    return fields


def grant_fields(kind, grant):
    if kind == 3:
        key, role, signoffs = grant
        return {"key": key.hex(), "role": ROLES[role], "signoffs": signoffs}
    fields = {"grant" if kind == 4 else "next-key-hash": grant[0].hex()}
    if kind != 1:
        fields["last"] = [each.hex() for each in grant[1]]
    return fields


def fields_of(record, item):
    payload = record.payload
    kind = payload[1]
    fields = {
        "item": item.hex(),
        "id": record.id.hex(),
        "text": bech32m(PREFIXES.get(kind, "record"), record.id),
        "key": record.key.hex(),
        "kind": KINDS[kind],
        "auth": payload[2].hex(),
        "seq": payload[3],
        "prev": [each.hex() for each in payload[4]],
        "time": payload[5],
        "body-hash": payload[6].hex(),
        "body": body_fields(kind, decode(record.body)),
    }
    if 7 in payload:
        fields["grant"] = grant_fields(kind, payload[7])
    if 8 in payload:
        fields["about"] = [
            [RELATIONS[relation], each.hex()] for relation, each in payload[8]
        ]
    return fields


def check_theirs(expected, schema):
    item = bytes.fromhex(expected["item"])
    record = Record(item)
    check(fields_of(record, item) == expected, "the fields are the same")
    check(schema.matches("record", cbor2.loads(item)), "as in records.cddl")
    for name in KINDS.values():
        is_its_kind = name == expected["kind"]
        check(
            schema.matches(f"{name}-record", cbor2.loads(item)) == is_its_kind,
            f"{name}-record describes its own kind alone",
        )
    return record


def check_varied(program, schema):
    lines = subprocess.run(
        [program, "varied", VARIED], check=True, capture_output=True
    ).stdout.decode().splitlines()
    check(len(lines) == int(VARIED) * len(KINDS), "records of every kind")
    for line in lines:
        check_theirs(json.loads(line), schema)
    return len(lines)


def check_golden(schema):
    """Signs each golden record again: Ed25519 signatures are deterministic."""
    paths = sorted(GOLDEN.glob("*.json"))
    check(len(paths) == 2 * len(KINDS), "two golden records a kind")
    for path in paths:
        expected = json.loads(path.read_text(encoding="utf-8"))
        key = Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(expected.pop("seed"))
        )
        record = check_theirs(expected, schema)
        made = make(key, record.payload, record.body)
        check(made[0].hex() == expected["item"], f"{path.name}: made again")
    return len(paths)


# ----------------------------------------------------------------- making


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def make(key, payload, body, header=None):
    """Seals what it is given, in form or not; returns the item and its id."""
    header = {1: -8, 4: public(key)} if header is None else header
    protected = encode(header)
    signed = payload if isinstance(payload, bytes) else encode(payload)
    message = sig_structure(protected, signed)
    cose = cbor2.CBORTag(18, [protected, {}, signed, key.sign(message)])
    item = encode([encode(cose), body])
    return item, hashlib.sha256(message).digest()


class Author:
    """Draws records of every kind."""

    TEXTS = (
        "A claim.", "Ein Grund: „ja“", "出口管制", "tab\tand\nnewline", "é" * 90,
        "\u202e\u200d\U0001f9f2", "e\u0301" * 40,
    )
    URLS = ("https://example.org", "http://a.example:81/b?c=d#e", "HTTP://[::1]/")
    LANGS = ("en", "de-CH-1996", "zh-Hant")
    DATES = ("2024", "2024-02", "2024-02-29", "2024-02-29T23:59:59Z")
    TYPES = ("text/plain", 'text/html; charset="utf-8"', "application/x+json")

    def __init__(self, seed):
        self.random = random.Random(seed)

    def bytes(self, count):
        return self.random.randbytes(count)

    def key(self):
        return Ed25519PrivateKey.from_private_bytes(self.bytes(32))

    def text(self):
        return self.random.choice(self.TEXTS)

    def some(self, pairs):
        return {
            key: value for key, value in pairs.items() if self.random.random() < 0.6
        }

    def ids(self, most):
        count = self.random.randrange(most + 1)
        return sorted(self.bytes(32) for _ in range(count))

    def place(self, captures):
        pick = self.random.randrange(1, 4)
        place = {}
        if pick & 1:
            place[1] = self.random.choice(self.URLS)
        if pick & 2:
            place[2] = self.bytes(32)
            captures.append(place[2])
        if self.random.random() < 0.6:
            place[3] = self.text()
            place |= self.some({4: self.text(), 5: self.text()})
        return place

    def profile(self):
        words = self.some({rating: self.text() for rating in RATINGS})
        langs = [self.random.choice(self.LANGS) for _ in range(3)]
        return self.some({
            1: self.text(), 2: self.random.choice(self.URLS), 3: langs,
            4: self.text(), 5: words, 6: self.random.randrange(17),
        })

    def capture(self):
        return self.some({
            1: self.random.choice(self.URLS), 5: self.random.randrange(1 << 53),
            6: self.text(), 7: self.text(), 8: self.text(),
            9: self.random.choice(self.DATES),
        }) | {
            2: self.random.choice(self.TYPES), 4: self.bytes(32),
            3: self.random.randrange(1 << 53),
        }

    def claim(self, captures):
        topics = ["a", "b", "ab", "é"][: self.random.randrange(5)]
        places = [self.place(captures) for _ in range(self.random.randrange(4))]
        return {1: self.text()} | self.some({
            2: self.random.choice(self.LANGS), 3: self.text(),
            4: self.random.choice(self.DATES), 5: topics,
        }) | ({6: places} if places else {})

    def verdict(self):
        return {1: self.random.randrange(1, 10), 4: self.text()} | self.some({
            2: self.text(), 3: self.random.choice(self.LANGS),
            5: self.random.choice(self.URLS),
        })

    def body(self, kind, captures):
        if kind == 1:
            return self.profile() | {1: self.text()}
        if kind == 2:
            return self.profile()
        if kind == 16:
            return self.capture()
        if kind == 17:
            return self.claim(captures)
        if kind == 18:
            return self.place(captures) | {6: self.random.randrange(1, 4)}
        if kind == 19:
            return self.verdict()
        if kind in (3, 22, 24):
            return {1: self.text()}
        return self.some({1: self.text()})

    def grant(self, kind):
        if kind == 1:
            return [self.bytes(32)]
        if kind == 3:
            return [
                public(self.key()), self.random.randrange(1, 4),
                self.random.randrange(17),
            ]
        return [self.bytes(32), self.ids(64)]

    def about(self, kind, captures):
        on = self.bytes(32)
        about = [[2, capture] for capture in captures]
        if kind in (6, 18, 19, 20, 21, 22, 23, 24):
            about.append([1, on])
        if kind in (19, 22):
            about += [[3, each] for each in self.ids(5)]
        if kind == 19:
            about += [[4, each] for each in self.ids(2)]
        if kind == 21:
            about.append([self.random.randrange(16, 32), self.bytes(32)])
        if kind == 24 and self.random.random() < 0.5:
            about.append([5, on])
        if self.random.random() < 0.2:
            about.append([self.random.randrange(32, 1 << 64), self.bytes(32)])
        return sorted(about)

    def record(self, kind):
        captures = []
        body = {0: self.bytes(16)} | self.body(kind, captures)
        if self.random.random() < 0.2:
            body[self.random.randrange(100, 1 << 64)] = [None, {"x": b"y"}]
        encoded = encode(body)
        prev = [] if kind in (1, 5) else self.ids(8)
        payload = {
            1: kind,
            2: bytes(32) if kind == 1 else self.bytes(32),
            3: self.random.randrange(2, 1 << 64) if prev else 1,
            4: prev,
            5: self.random.randrange(1 << 53),
            6: hashlib.sha256(encoded).digest(),
        }
        if kind in (1, 3, 4, 5):
            payload[7] = self.grant(kind)
        about = self.about(kind, captures)
        if about:
            payload[8] = about
        return payload, encoded


def open_all(program, items):
    lines = "".join(item.hex() + "\n" for item in items)
    return subprocess.run(
        [program, "open"], input=lines.encode(), check=True, capture_output=True
    ).stdout.decode().splitlines()


def check_ours(program, schema):
    """Our library opens what is made here, to the same ids."""
    author = Author(SEED)
    made = []
    for kind in KINDS:
        for _ in range(15):
            payload, body = author.record(kind)
            made.append(make(author.key(), payload, body))
            payload, _ = author.record(kind)
            made.append(make(author.key(), payload, None))
    for item, _ in made:
        check(schema.matches("record", cbor2.loads(item)), "as in records.cddl")
    answers = open_all(program, [item for item, _ in made])
    check(answers == [each.hex() for _, each in made], "opened to the same ids")
    return len(made)


def without(payload, key):
    return {each: value for each, value in payload.items() if each != key}


def bad_payloads(payload):
    """Payloads of a claim that break a rule each, in form otherwise."""
    yield from (without(payload, key) for key in range(1, 7))
    yield from (
        payload | change
        for change in (
            {1: 0}, {1: -1}, {1: "claim"}, {2: bytes(32)}, {2: bytes(31)},
            {3: 0}, {3: 2, 4: []}, {3: 1, 4: [bytes(32)]}, {4: None},
            {3: 2, 4: [b"b" * 32, b"a" * 32]}, {3: 2, 4: [b"a" * 32] * 2},
            {3: 2, 4: [bytes([each] * 32) for each in range(9)]},
            {5: -1}, {5: 1 << 53}, {6: bytes(33)}, {7: [bytes(32)]},
            {8: []}, {8: [[2, bytes(32)]] * 2}, {8: [[0, bytes(32)]]},
            {8: [[2, bytes(32)], [1, bytes(32)]]}, {8: [[1, bytes(32)]]},
            {9: 0}, {0: 0},
        )
    )


def bad_bodies():
    """Bodies of a claim that break a rule each."""
    good = {0: bytes(16), 1: "A claim."}
    yield from (
        good | change
        for change in (
            {0: bytes(15)}, {1: ""}, {1: "x" * 16385}, {2: "e n"}, {3: ""},
            {3: "x" * 257}, {4: "2025-1"}, {5: "topic"}, {5: ["x"] * 65},
            {6: [{}]}, {6: [{1: "ftp://x"}]}, {6: [{4: "prefix"}]}, {-1: 0},
            {6: [{1: "http://x", 5: "suffix"}]},
        )
    )
    yield without(good, 0)
    yield without(good, 1)


def check_refusals(program, schema):
    """What breaks a rule is refused by our library, and by records.cddl
    where it can tell."""
    author = Author(SEED + 1)
    key = author.key()
    body = encode({0: bytes(16), 1: "A claim."})
    payload = {
        1: 17, 2: b"a" * 32, 3: 1, 4: [], 5: 1760000000,
        6: hashlib.sha256(body).digest(),
    }
    check(schema.matches("record", cbor2.loads(make(key, payload, body)[0])),
          "the record that is broken below is whole")
    items = []
    for bad in bad_payloads(payload):
        items.append(make(key, bad, body)[0])
    for bad in bad_bodies():
        encoded = encode(bad)
        hashed = payload | {6: hashlib.sha256(encoded).digest()}
        items.append(make(key, hashed, encoded)[0])
    items.append(make(key, payload, body, {1: -7, 4: public(key)})[0])
    items.append(make(key, payload, body, {1: -8})[0])
    items.append(make(key, payload, body, {1: -8, 4: public(key), 5: 0})[0])
    items.append(make(key, payload, body, {1: -8, 4: public(author.key())})[0])
    items.append(make(key, payload, encode({0: bytes(16), 1: "Other."}))[0])
    answers = open_all(program, items)
    check(len(answers) == len(items), "an answer to each")
    for item, answer in zip(items, answers):
        check(answer.startswith("refused: "), f"{item.hex()} is refused")
    # Order, uniqueness, keys and hashes are beyond CDDL.
    described = sum(schema.matches("record", cbor2.loads(each)) for each in items)
    check(described == BEYOND_CDDL, f"records.cddl lets {described} through")
    return len(items)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    schema = Schema(
        (ROOT / "docs" / "records.cddl").read_text(encoding="utf-8")
    )
    check(bech32m("a", b"") == "a1lqfn3a", "bech32m as BIP 350 has it")
    try:
        print(check_varied(program, schema), "of our records are as they say")
        print(check_golden(schema), "golden records were made again")
        print(check_ours(program, schema), "records made here were opened")
        print(check_refusals(program, schema), "that break a rule were refused")
    except (AssertionError, InvalidSignature, cbor2.CBORDecodeError) as error:
        sys.exit(f"verify_records: {error!r}")


if __name__ == "__main__":
    main()

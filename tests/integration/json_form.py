# SPDX-License-Identifier: Apache-2.0
"""json_form.py FILE JSON.MD EXPRESSION: a document has the form of docs/json.md
and the expression over it (d) is true.

Ids stand in both spellings, which name the same bytes; times are RFC 3339 or
a far number; and every member is one that the page names.
"""
import json
import re
import sys

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
TIMES = {"time", "received", "at", "made", "since", "captured_at", "as_of"}
COUNTS = {"kinds", "by_validity"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def fail(why):
    raise ValueError(why)


def hex_of(text):
    """The 32 bytes of a text form; its checksum is another test's matter."""
    data = text[text.rindex("1") + 1 : -6]
    bits = "".join(format(ALPHABET.index(c), "05b") for c in data)
    return "".join(format(int(bits[i : i + 8], 2), "02x")
                   for i in range(0, 256, 8))


def check_pair(name, text, digits):
    if isinstance(text, list) and isinstance(digits, list):
        if [hex_of(one) for one in text] != digits:
            fail("%s is not %s_hex" % (name, name))
    elif (text is None) != (digits is None):
        fail("one spelling of %s is null" % name)
    elif text is not None and hex_of(text) != digits:
        fail("%s is not %s_hex" % (name, name))


def check_member(name, value, owner, known, times):
    if name.endswith("_hex"):
        if name[:-4] not in owner:
            fail("%s stands alone" % name)
        check_pair(name[:-4], owner[name[:-4]], value)
        return
    if name not in known:
        fail("no member %s in docs/json.md" % name)
    is_id = isinstance(value, str) and re.fullmatch(
        "(record|claim|source|verdict|capture|team|key|node)1[%s]{58}" % ALPHABET,
        value)
    if is_id and name + "_hex" not in owner:
        fail("%s has no %s_hex" % (name, name))
    if name in times and isinstance(value, str) and not TIME.fullmatch(value):
        fail("%s is no time: %s" % (name, value))


def walk(value, known, times):
    if isinstance(value, dict):
        for name, member in value.items():
            check_member(name, member, value, known, times)
            # Words of our own name the members of kinds.
            walk(member, known | set(member) if name in COUNTS else known,
                 times)
    elif isinstance(value, list):
        for entry in value:
            walk(entry, known, times)


def check(text, page):
    """The document that text is; a ValueError where it has not the form that
    page, the text of docs/json.md, tells."""
    document = json.loads(text)
    if not text.isascii():
        fail("it is not ASCII")
    if document["format"] not in page:
        fail("no format %s in docs/json.md" % document["format"])
    # A peer is at an address.
    times = TIMES - {"at"} if document["format"] == "assay-peers/1" else TIMES
    walk(document, set(re.findall(r"`([a-z_0-9]+)`", page)), times)
    return document


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:
        page = file.read()
    try:
        document = check(text, page)
        if not eval("(%s)" % sys.argv[3], {"d": document}):
            fail("not so: %s" % sys.argv[3])
    except ValueError as why:
        sys.exit("%s: %s" % (sys.argv[1], why))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the code quotes our specifications literally.

A comment of the form

    /* RECORDS 4.1: "A decoder MUST reject a version it does not know." */

quotes section 4.1 of docs/records.md. The words between the quotation marks
must stand in that section's own text, up to its next heading. White space
counts as one blank, and Markdown's marks for code and emphasis count for
nothing. Prints each offence as file:line: why, and fails if there is one.

With --unquoted it lists, instead, the sentences with MUST that no code quotes.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = {
    name: ROOT / "docs" / (name.lower() + ".md")
    for name in ("HTTP", "PROTOCOL", "RECORDS", "STORE")
}
CODE_SUFFIXES = (".c", ".h")

HEADING = re.compile(r"^#{1,6}\s+(?P<number>\d+(?:\.\d+)*)?\.?\s*\S")
QUOTE = re.compile(
    r"\b(?P<document>" + "|".join(DOCUMENTS) + r")\s+"
    r'(?P<section>\d+(?:\.\d+)*):\s+"(?P<text>[^"]*)"'
)
# A reference that the strict form misses would be a quotation unchecked.
NEARLY_QUOTE = re.compile(
    r"\b(?P<document>" + "|".join(DOCUMENTS) + r")\s+"
    r'(?P<section>[\d.]+)[^"]{0,3}\s"'
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MARKS = str.maketrans("", "", "`*")


def folded(text):
    """The text as it is compared: marks gone, white space as one blank."""
    return " ".join(text.translate(MARKS).split())


def read_sections(path):
    """Maps each section's number to its own text."""
    sections = {}
    number = None
    is_code = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            is_code = not is_code
            continue
        heading = None if is_code else HEADING.match(line)
        if heading:
            number = heading["number"]
            if number in sections:
                sys.exit(f"{path.relative_to(ROOT)}: section {number} twice")
            if number:
                sections[number] = ""
        elif number:
            sections[number] += line + "\n"
    return {number: folded(text) for number, text in sections.items()}


def list_code():
    """The C files that git tracks or would track."""
    names = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    paths = {ROOT / name for name in names.split("\0") if name}
    return sorted(
        path
        for path in paths
        if path.suffix in CODE_SUFFIXES and path.is_file()
    )


def comment_text(comment):
    """A comment's words; the star that begins a line is decoration. Keeps
    each character's line."""
    return re.sub(r"(?m)^([ \t]*)\*(?=[ \t]|$)", r"\1 ", comment[2:-2])


def read_quotes(path):
    """Yields line, document, section and text of each quotation."""
    source = path.read_text(encoding="utf-8")
    for comment in COMMENT.finditer(source):
        text = comment_text(comment[0])
        first_line = source.count("\n", 0, comment.start()) + 1
        found = set()
        for quote in QUOTE.finditer(text):
            found.add(quote.start())
            line = first_line + text.count("\n", 0, quote.start())
            yield line, quote["document"], quote["section"], quote["text"]
        for nearly in NEARLY_QUOTE.finditer(text):
            if nearly.start() not in found:
                line = first_line + text.count("\n", 0, nearly.start())
                yield line, nearly["document"], nearly["section"], None


def check_quote(document, section, text, sections):
    """Why a quotation is wrong, or None."""
    if document not in sections:
        return f"docs/{document.lower()}.md is not there"
    if text is None:
        return f'not of the form {document} {section}: "..."'
    if section not in sections[document]:
        return f"{document} has no section {section}"
    if not folded(text):
        return "an empty quotation"
    if folded(text) not in sections[document][section]:
        elsewhere = [
            number
            for number, body in sections[document].items()
            if folded(text) in body
        ]
        if elsewhere:
            return f"this stands in {document} {elsewhere[0]}, not {section}"
        return f'{document} {section} does not say "{folded(text)}"'
    return None


def print_unquoted(sections, quotes):
    """Lists the sentences with MUST that no quotation touches."""
    for document, bodies in sections.items():
        quoted = [
            folded(text)
            for _, _, name, _, text in quotes
            if name == document and text
        ]
        for number, body in bodies.items():
            for sentence in re.split(r"(?<=[.:;])\s+", body):
                if "MUST" in sentence and not any(
                    text in sentence or sentence in text for text in quoted
                ):
                    print(f"{document} {number}: {sentence}")


def main():
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--unquoted",
        action="store_true",
        help="list what no code quotes; always succeeds",
    )
    arguments = parser.parse_args()

    sections = {
        name: read_sections(path)
        for name, path in DOCUMENTS.items()
        if path.is_file()
    }
    quotes = [
        (path.relative_to(ROOT), *quote)
        for path in list_code()
        for quote in read_quotes(path)
    ]
    if arguments.unquoted:
        print_unquoted(sections, quotes)
        return 0

    count = 0
    for path, line, document, section, text in quotes:
        why = check_quote(document, section, text, sections)
        if why:
            print(f"{path}:{line}: {why}")
            count += 1
    if count:
        print(f"{count} quotations are wrong", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

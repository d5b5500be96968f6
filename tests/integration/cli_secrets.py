# SPDX-License-Identifier: Apache-2.0
"""No secret is ever given away: of each key, neither the seed nor the whole
secret, in no spelling, is in what a command prints or in a file that it
writes; only the file of `key export` holds one. Nor is a passphrase."""
import base64
import os
import subprocess
import sys
import tempfile

import cbor2

ASSAY = os.environ["ASSAY_BIN"]
PASSPHRASES = (b"correct horse battery", b"a third staple to hold")
FIELD_NAME, FIELD_SEED, FIELD_PUBLIC = 4, 6, 3


def spellings(secret):
    """Base64's last character depends on what follows, so it is left out."""
    encoded = base64.b64encode(secret).rstrip(b"=")[:-1]
    return {
        "raw": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "base64": encoded,
        "base64url": encoded.replace(b"+", b"-").replace(b"/", b"_"),
    }


def secrets_of(keys):
    """What must not be seen, by what it is. The keys are all plain."""
    found = {}
    for name in os.listdir(keys):
        with open(os.path.join(keys, name), "rb") as file:
            fields = cbor2.load(file)
        seed, public = fields[FIELD_SEED], fields[FIELD_PUBLIC]
        for what, secret in (("seed", seed), ("secret", seed + public)):
            for form, spelt in spellings(secret).items():
                found[f"{fields[FIELD_NAME]}'s {what}, {form}"] = spelt
    return found


class Desk:
    def __init__(self, folder):
        self.folder = folder
        self.ledger = os.path.join(folder, "ledger")
        self.said = []  # (words, all that they printed)
        self.environment = dict(os.environ, ASSAY_LEDGER=self.ledger)

    def path(self, name):
        return os.path.join(self.folder, name)

    def assay(self, *words, code=0):
        done = subprocess.run([ASSAY, *words], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == code, (words, done)
        self.said.append((words, done.stdout + done.stderr))
        return done.stdout.decode().strip()

    def both(self, *words, code=0):
        """With and without --json."""
        self.assay("--json", *words, code=code)
        return self.assay(*words, code=code)

    def passphrase(self, variable, words):
        path = self.path(variable)
        with open(path, "wb") as file:
            file.write(words + b"\n")
        os.chmod(path, 0o600)
        self.environment[variable] = path


def use_keys(desk):
    """Every command on keys, in every outcome that reads a key's file."""
    desk.both("key", "list")
    for name in ("ann", "ben"):
        desk.both("key", "show", name)
        desk.assay("key", "export", name, "-o", desk.path(name + ".plain"))
    desk.assay("key", "import", desk.path("ben.plain"), code=3)
    desk.assay("key", "import", desk.path("ben.plain"), "--name", "ben2")
    desk.passphrase("ASSAY_PASSPHRASE_FILE", PASSPHRASES[0])
    desk.passphrase("ASSAY_NEW_PASSPHRASE_FILE", PASSPHRASES[0])
    desk.assay("key", "passphrase", "ben2")
    desk.passphrase("ASSAY_NEW_PASSPHRASE_FILE", PASSPHRASES[1])
    desk.assay("key", "passphrase", "ben2")
    desk.assay("key", "passphrase", "ben2", code=4)
    desk.both("key", "show", "ben2")
    desk.both("key", "list")
    desk.assay("key", "export", "ben2", "-o", desk.path("ben2.sealed"))
    with open(desk.path("ledger/keys/ann.key"), "r+b") as file:
        whole = file.read()
        file.seek(0)
        file.truncate(len(whole) - 1)
    desk.both("key", "list")
    desk.assay("key", "show", "ann", code=3)
    with open(desk.path("ledger/keys/ann.key"), "wb") as file:
        file.write(whole)


def use_records(desk):
    """A short thread, read and written out in every way."""
    with open(desk.path("page.html"), "w", encoding="ascii") as file:
        file.write("<p>The harbour closes.</p>")
    claim = desk.assay("claim", "add", "--as", "ben", "--text", "It closes.",
                       "--url", "https://a.example/")
    desk.assay("capture", "--as", "ben", desk.path("page.html"), "--url",
               "https://a.example/")
    verdict = desk.assay("verdict", "add", claim, "--as", "ann", "--rating",
                         "true", "--rationale", "So it does.")
    for record in (claim, verdict):
        desk.both("show", record)
        desk.both("verify", record)
    for words in (("chain", claim), ("log",), ("log", "ann"), ("list", "claims"),
                  ("team", "show", "Desk"), ("team", "list"), ("stats",),
                  ("check",)):
        desk.both(*words)
    desk.assay("chain", claim, "--dot")
    desk.assay("export", claim, "-o", desk.path("claim.assay"))
    desk.assay("export", "--all", "--captures", "-o", desk.path("all.assay"))
    desk.assay("backup", desk.path("backup"))


def files_written(desk):
    """All but the keys themselves and what was exported of them."""
    for folder, _, names in os.walk(desk.folder):
        for name in names:
            if folder != desk.path("ledger/keys") and \
                    not name.endswith((".plain", ".sealed")):
                yield os.path.join(folder, name)


def refuse(secrets, where, data):
    for what, secret in secrets.items():
        assert secret not in data, f"{where} gives away {what}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder)
        desk.assay("init")
        for name in ("ann", "ben"):
            desk.assay("key", "new", "--name", name, "--no-passphrase")
        desk.assay("team", "found", "--name", "Desk", "--as", "ann")
        desk.assay("team", "member", "ben", "--name", "Ben", "--role",
                   "checker", "--as", "ann")
        secrets = secrets_of(desk.path("ledger/keys"))
        assert len(secrets) == 3 * 2 * 5, secrets.keys()
        use_keys(desk)
        use_records(desk)

        # What is looked for can be found: where it may be, it is.
        with open(desk.path("ann.plain"), "rb") as file:
            assert secrets["ann's seed, raw"] in file.read()
        with open(desk.path("ben2.sealed"), "rb") as file:
            refuse(secrets, "the sealed file", file.read())

        for words in PASSPHRASES:
            secrets[f"the passphrase {words}"] = words
        for words, output in desk.said:
            refuse(secrets, " ".join(words), output)
        for path in files_written(desk):
            if os.path.basename(path).endswith("PASSPHRASE_FILE"):
                continue
            with open(path, "rb") as file:
                refuse(secrets, path, file.read())


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""A reader of CDDL (RFC 8610), as much of it as docs/records.cddl uses.

parse() turns a text into rules; Schema.matches() says whether a value decoded
by cbor2 is what a rule describes. A construct that is not known is an error,
never passed over.
"""
import re

import cbor2

TOKEN = re.compile(
    r"""
    (?P<blank>(?:\s|;[^\n]*)+)
  | (?P<text>"(?:[^"\\]|\\.)*")
  | (?P<bytes>h'[0-9a-fA-F\s]*')
  | (?P<tag>\#6\.\d+)
  | (?P<occur>\d*\*\d*|\?|\+)
  | (?P<number>-?\d+)
  | (?P<control>\.[a-z]+)
  | (?P<range>\.\.)
  | (?P<name>[A-Za-z@_$](?:[-.]*[A-Za-z0-9@_$])*)
  | (?P<mark>=>|//|[=/:,<>()\[\]{}])
    """,
    re.VERBOSE,
)


class CddlError(Exception):
    """The text is not CDDL that this reader knows."""


def tokens_of(text):
    pos, tokens = 0, []
    while pos < len(text):
        match = TOKEN.match(text, pos)
        if not match:
            raise CddlError(f"not understood: {text[pos:pos + 40]!r}")
        pos = match.end()
        if match.lastgroup != "blank":
            tokens.append((match.lastgroup, match.group()))
    tokens.append(("end", ""))
    return tokens


class Parser:
    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.pos = 0

    def peek(self, ahead=0):
        return self.tokens[min(self.pos + ahead, len(self.tokens) - 1)]

    def take(self, value=None):
        kind, found = self.tokens[self.pos]
        if value is not None and found != value:
            raise CddlError(f"{value!r} expected, not {found!r}")
        self.pos += 1
        return kind, found

    def accept(self, value):
        if self.peek()[1] == value and self.peek()[0] != "end":
            self.pos += 1
            return True
        return False

    def rules(self):
        rules = {}
        while self.peek()[0] != "end":
            name = self.take()[1]
            params = self.params()
            self.take("=")
            if name in rules:
                raise CddlError(f"{name} is defined twice")
            rules[name] = (params, self.rule_body())
        return rules

    def params(self):
        names = []
        if self.accept("<"):
            names.append(self.take()[1])
            while self.accept(","):
                names.append(self.take()[1])
            self.take(">")
        return names

    def rule_body(self):
        """A type, or a group in parentheses."""
        start = self.pos
        if self.accept("("):
            group = self.group(")")
            self.take(")")
            kind, value = self.peek()
            if kind not in ("control", "range") and value != "/":
                return ("group", group)
            self.pos = start
        return self.type()

    def type(self):
        choices = [self.type1()]
        while self.accept("/"):
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        left = self.type2()
        kind, value = self.peek()
        if kind == "range":
            self.take()
            right = self.type2()
            if left[0] != "literal" or right[0] != "literal":
                raise CddlError("a range is between two numbers")
            return ("range", left[1], right[1])
        if kind == "control":
            self.take()
            return ("control", value, left, self.type2())
        return left

    def type2(self):
        kind, value = self.take()
        if kind == "number":
            return ("literal", int(value))
        if kind == "text":
            return ("literal", value[1:-1])
        if kind == "bytes":
            return ("literal", bytes.fromhex(value[2:-1]))
        if kind == "tag":
            self.take("(")
            inner = self.type()
            self.take(")")
            return ("tag", int(value[3:]), inner)
        if kind == "name":
            return ("name", value, self.arguments())
        for opening, closing, form in (("[", "]", "array"), ("{", "}", "map")):
            if value == opening:
                group = self.group(closing)
                self.take(closing)
                return (form, group)
        if value == "(":
            inner = self.type()
            self.take(")")
            return inner
        raise CddlError(f"a type expected, not {value!r}")

    def arguments(self):
        arguments = []
        if self.accept("<"):
            arguments.append(self.type())
            while self.accept(","):
                arguments.append(self.type())
            self.take(">")
        return arguments

    def group(self, closing):
        """A list of alternatives, each a list of entries."""
        alternatives = [[]]
        while self.peek()[1] != closing:
            if self.accept("//"):
                alternatives.append([])
                continue
            alternatives[-1].append(self.entry())
            self.accept(",")
        return alternatives

    def entry(self):
        """(least, most, key, cut, type); key is None where there is none."""
        least, most = 1, 1
        if self.peek()[0] == "occur":
            least, most = self.occurrence(self.take()[1])
        kind, value = self.peek()
        if self.peek(1)[1] == ":" and kind in ("number", "name", "text"):
            self.pos += 2
            key = int(value) if kind == "number" else value.strip('"')
            return (least, most, ("literal", key), True, self.type())
        value = self.type()
        if self.accept("=>"):
            return (least, most, value, False, self.type())
        return (least, most, None, False, value)

    @staticmethod
    def occurrence(text):
        if text == "?":
            return 0, 1
        if text == "+":
            return 1, None
        least, most = text.split("*")
        return int(least or 0), int(most) if most else None


PRELUDE = {
    "any": lambda value: True,
    "uint": lambda value: is_int(value) and value >= 0,
    "nint": lambda value: is_int(value) and value < 0,
    "int": lambda value: is_int(value),
    "bstr": lambda value: isinstance(value, bytes),
    "tstr": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "nil": lambda value: value is None,
}


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def size_of(value):
    return len(value.encode() if isinstance(value, str) else value)


class Schema:
    def __init__(self, text):
        self.rules = Parser(text).rules()

    def matches(self, name, value):
        return self.is_type(("name", name, []), {}, value)

    def resolve(self, node, scope):
        """Follows a name to what it stands for, and the scope it has."""
        while node[0] == "name":
            _, name, arguments = node
            if name in scope:
                node, scope = scope[name]
                continue
            if name in PRELUDE:
                return node, scope
            if name not in self.rules:
                raise CddlError(f"{name} is not defined")
            params, body = self.rules[name]
            if len(params) != len(arguments):
                raise CddlError(f"{name} has {len(params)} parameters")
            inner = {
                param: (argument, scope)
                for param, argument in zip(params, arguments)
            }
            node, scope = body, inner
        return node, scope

    def is_type(self, node, scope, value):
        node, scope = self.resolve(node, scope)
        form = node[0]
        if form == "name":
            return PRELUDE[node[1]](value)
        if form == "literal":
            return type(value) is type(node[1]) and value == node[1]
        if form == "range":
            return is_int(value) and node[1] <= value <= node[2]
        if form == "choice":
            return any(self.is_type(each, scope, value) for each in node[1])
        if form == "tag":
            return (
                isinstance(value, cbor2.CBORTag)
                and value.tag == node[1]
                and self.is_type(node[2], scope, value.value)
            )
        if form == "control":
            return self.is_controlled(node, scope, value)
        if form == "array":
            return isinstance(value, (list, tuple)) and any(
                rest == len(value)
                for rest in self.walk_array(node[1], scope, value, 0)
            )
        if form == "map":
            return isinstance(value, dict) and any(
                not rest
                for rest in self.walk_map(node[1], scope, value, set(value))
            )
        raise CddlError(f"{form} is no type")

    def is_controlled(self, node, scope, value):
        _, operator, target, argument = node
        if not self.is_type(target, scope, value):
            return False
        if operator == ".size":
            return self.is_type(argument, scope, size_of(value))
        if operator == ".regexp":
            pattern = self.resolve(argument, scope)[0][1]
            return re.fullmatch(pattern, value) is not None
        if operator == ".ne":
            return not self.is_type(argument, scope, value)
        if operator == ".and":
            return self.is_type(argument, scope, value)
        if operator == ".cbor":
            try:
                inner = cbor2.loads(value)
            except (cbor2.CBORDecodeError, ValueError):
                return False
            return self.is_type(argument, scope, inner)
        raise CddlError(f"{operator} is not known here")

    def group_of(self, node, scope):
        """The alternatives of a name that stands for a group, else None."""
        node, scope = self.resolve(node, scope)
        return (node[1], scope) if node[0] == "group" else (None, scope)

    def walk_array(self, alternatives, scope, value, pos):
        for entries in alternatives:
            yield from self.walk_entries(entries, scope, value, pos)

    def walk_entries(self, entries, scope, value, pos):
        if not entries:
            yield pos
            return
        least, most, _, _, node = entries[0]
        for rest in self.repeat(node, scope, value, pos, least, most):
            yield from self.walk_entries(entries[1:], scope, value, rest)

    def repeat(self, node, scope, value, pos, least, most):
        """Each position at which so many occurrences can end."""
        ends = [pos]
        count = 0
        while ends:
            if count >= least:
                yield from ends
            if most is not None and count == most:
                return
            ends = [
                rest
                for end in ends
                for rest in self.once(node, scope, value, end)
                if rest > end
            ]
            count += 1

    def once(self, node, scope, value, pos):
        group, inner = self.group_of(node, scope)
        if group is not None:
            yield from self.walk_array(group, inner, value, pos)
        elif pos < len(value) and self.is_type(node, scope, value[pos]):
            yield pos + 1

    def walk_map(self, alternatives, scope, value, keys):
        """Each set of keys that can be left over."""
        for entries in alternatives:
            yield from self.walk_pairs(entries, scope, value, keys)

    def walk_pairs(self, entries, scope, value, keys):
        if not entries:
            yield keys
            return
        for rest in self.pair(entries[0], scope, value, keys):
            yield from self.walk_pairs(entries[1:], scope, value, rest)

    def pair(self, entry, scope, value, keys):
        least, most, key, is_cut, node = entry
        if key is None:
            group, inner = self.group_of(node, scope)
            if group is None:
                raise CddlError("an entry of a map has a key")
            yield from self.walk_map(group, inner, value, keys)
            if least == 0:
                yield keys
            return
        named = {each for each in keys if self.is_type(key, scope, each)}
        fitting = {
            each for each in named if self.is_type(node, scope, value[each])
        }
        if is_cut and named != fitting:
            return
        if len(fitting) >= least and (most is None or len(fitting) <= most):
            yield keys - fitting

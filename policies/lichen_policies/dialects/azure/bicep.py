"""Bicep, Azure's other language for templates, without its compiler.

A module in a file beside is entered with what it is given; one of a registry is mentioned.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import tree_sitter_bicep
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from lichen.document import InputError, did_you_mean
from lichen.parsing.bounds import too_deep, twice
from lichen_policies.dialects.azure.declared import WRITTEN, numbered, resource
from lichen_policies.dialects.azure.expressions import at
from lichen_policies.dialects.azure.functions import OPEN, called, id_of
from lichen_policies.dialects.azure.loaded import is_loader, loaded
from lichen_policies.dialects.azure_template import as_declared, unset
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.dialects.largest import BICEP
from lichen_policies.dialects.source_reading import SourceReading
from lichen_policies.dialects.tree_depth import tree_too_deep
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown, has_unknown, is_unknown, made_of
from lichen_policies.verdict import Skipped

_MOST_TURNS = 1000
_MOST_MODULES = 1_000
"""How many modules are read for one file, each as often as it is called."""
_JSON = ".json"
_LOOP: Any = Unknown("is made of itself")
_SECRET: Any = Unknown("is secret, so Lichen does not read it")


def read_bicep(file: Path, given: DeploymentInput, parsed: Callable[[Path], Node]) -> SourceReading:
    """What a file deploys; ``parsed`` is :func:`declarations_of`, which may remember.

    :class:`InputError` where it is no Bicep.
    """
    try:
        main = _File(
            file,
            dict(given.parameters),
            frozenset({file.resolve()}),
            parsed,
            count(),
            is_whole=given.whole,
        )
        names = main.declared["parameter_declaration"]
        for name in given.parameters if given.exact else ():
            if name not in names:
                raise InputError(
                    "is no parameter of the file", fix=did_you_mean(name, names), field=name
                )
        found = numbered(list(main.resources("")))
    except InputError as error:
        raise error.within(str(file)) from None
    except RecursionError:
        raise (tree_too_deep(parsed(file)) or too_deep()).within(str(file)) from None
    return SourceReading(tuple(found), tuple(main.skipped))


def called_by(file: Path, parsed: Callable[[Path], Node]) -> frozenset[Path]:
    """The files that a file calls as modules."""
    return frozenset(
        (file.parent / path).resolve()
        for node in parsed(file).children
        if node.type == "module_declaration" and (path := _literal(node)) and ":" not in path
    )


_PARAMETER = re.compile(r"^param(?=[ \t]+(\w+)[ \t]*=)", re.MULTILINE)
_EXTENDS = re.compile(r"^extends[ \t][^\n]*$", re.MULTILINE)


def parameters_of(file: Path) -> dict[str, Any]:
    """What a file of parameters (``.bicepparam``) gives to a deployment.

    :class:`InputError` where it is no Bicep.
    """
    text = BICEP.text(file)
    names = _PARAMETER.findall(text)
    # The parser knows declarations with a value as variables.
    root = _declarations(_PARAMETER.sub("var", _EXTENDS.sub("", text)), file)
    given = _File(
        file,
        {},
        frozenset(),
        lambda path: root if path == file else declarations_of(path),
        count(),
        is_whole=True,
    )
    return {name: given.value_of(name) for name in names}


@cache
def _language() -> Language:
    return Language(tree_sitter_bicep.language())


@cache
def _parser() -> Parser:
    return Parser(_language())


@cache
def _objects() -> Query:
    return Query(_language(), "(object) @object")


def _only_its_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


_IMPORTED = re.compile(r"(?<=\w)(?=[ \t]*(?://[^\n]*)?\r?\n\s*\w)")
"""Where one name of several ends, each in a line."""
_SPREAD = "spread__"
"""What is written for the spread of a list, and begins the name of a property that is one."""


def _with_commas(found: re.Match[str]) -> str:
    return _IMPORTED.sub(",", found[0])


_SIGN = re.compile(
    r"'''.*?'''|'(?:[^'\\\n]|\\.)*'|//[^\n]*|/\*.*?\*/|[\[{\]}]|(?<!\.)\.\.\.(?=[\w({\['])",
    re.DOTALL,
)


def _with_members(text: str) -> str:
    """A text whose spreads are members that the parser knows: of a list, or of an object."""
    parts: list[str] = []
    holders: list[str] = []
    end = 0
    for found in _SIGN.finditer(text):
        sign = found[0]
        if sign in "[{":
            holders.append(sign)
        elif sign in "]}" and holders:
            holders.pop()
        elif sign == "..." and holders:
            is_list = holders[-1] == "["
            member = f"{_SPREAD} ?? " if is_list else f"'{_SPREAD}{found.start()}': "
            parts += [text[end : found.start()], member]
            end = found.end()
    return "".join([*parts, text[end:]])


_BRACKETS = {")": "(", "]": "[", "}": "{"}
_WORDS = re.compile(
    rf"{_SIGN.pattern.rpartition('|[')[0]}|[()\[\]{{}}\n]|^type[ \t]+\w+[ \t]*=",
    re.DOTALL | re.MULTILINE,
)


def _not_as_a_comment(found: re.Match[str]) -> str:
    return found[0].replace("//", "/${'/'}")


def _in_lines_of_the_parser(text: str) -> str:
    """A text without types, which say nothing of what is deployed, and with what is in parentheses
    in one line; what follows stays in its line."""
    parts: list[str] = []
    holders: list[str] = []
    end = late = 0
    in_type = False
    for found in _WORDS.finditer(text):
        sign, before = found[0], text[end : found.start()]
        if not in_type:
            parts.append(before)
        end = found.end()
        if sign.startswith("type"):
            in_type = not holders
        if sign in _BRACKETS.values():
            holders.append(sign)
        elif sign in _BRACKETS and holders:
            holders.pop()
        if sign == "\n":
            ends = not holders and not re.match(r"\s*\|", text[end:])
            in_type = in_type and not ends
            if in_type or "(" in holders[-1:]:
                late += 1
                parts.append(" ")
                continue
            sign += "\n" * late
            late = 0
        if not in_type and not (sign.startswith("//") and "(" in holders[-1:]):
            # A text that begins as a comment does is one to the parser.
            parts.append(re.sub(r"^'/{2,}", _not_as_a_comment, sign))
    return "".join([*parts, text[end:]])


_NEWER: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # A type: it says nothing of what is deployed.
    (re.compile(r"\bresource(?:Input|Output)<'[^'\n]*'>"), "object"),
    (
        re.compile(
            r"^(param[ \t]+\w+)[ \t]+(?!(?:int|bool)\b)[^=\n{(]+?(?=[ \t]*(?:=|$))", re.MULTILINE
        ),
        r"\1 string",
    ),
    (re.compile(r"^(var[ \t]+\w+)[ \t]+[^=\n]+=(?!=)", re.MULTILINE), r"\1 ="),
    # The sign that a value is there.
    (re.compile(r"(?<=[\w)\]])!(?=[,\s)\].\[:}])"), ""),
    # Where other resources than Azure's come from.
    (
        re.compile(r"^(?:extension|provider)[ \t]+[^\n{]+(?:\{[^{}]*\}[^\n{]*)?$", re.MULTILINE),
        _only_its_lines,
    ),
    (re.compile(r"^import[ \t]*\{[^{}]*\}", re.MULTILINE), _with_commas),
)
"""What the parser does not know of the language yet, and what it reads instead."""


def declarations_of(file: Path) -> Node:
    """The declarations of a file; :class:`InputError` names the line that is none.

    The parser does not know the newest of the language: what says nothing of what is deployed is
    left out of it, and the rest is refused with what the compiler makes of it.
    """
    return _declarations(BICEP.text(file), file)


def _declarations(text: str, file: Path) -> Node:
    root = _parser().parse(text.encode()).root_node
    if root.has_error:
        for pattern, instead in _NEWER:
            text = pattern.sub(instead, text)
        text = _with_members(_in_lines_of_the_parser(text))
        root = _parser().parse(text.encode()).root_node
    if root.has_error:
        raise InputError(
            "is not Bicep that Lichen reads",
            fix="correct it until bicep build succeeds; if it does, check the JSON that it writes",
            field=f"line {_line(_first_error(root))}",
            document=str(file),
        )
    try:
        _check_once(root)
    except InputError as error:
        raise error.within(str(file)) from None
    return root


_NAMED = ("parameter", "variable", "resource", "module", "type")
"""Declarations that share their names; an output may be called as one of them."""


def _check_once(root: Node) -> None:
    """Of two values of one name only the last would count, without a word; Bicep refuses them."""
    kinds = [f"{kind}_declaration" for kind in _NAMED]
    _refuse_twice((_named(each), each) for each in root.children if each.type in kinds)
    for body in QueryCursor(_objects()).captures(root).get("object", ()):
        _refuse_twice(
            (_text(each.named_children[0]).strip("'"), each)
            for each in body.children
            if each.type == "object_property" and "${" not in _text(each.named_children[0])
        )


def _refuse_twice(named: Iterator[tuple[str, Node]]) -> None:
    first: dict[str, Node] = {}
    for name, node in named:
        if (before := first.setdefault(name, node)) is not node:
            raise twice(name, f", in line {_line(before)} and in line {_line(node)}")


def _line(node: Node) -> int:
    return node.start_point.row + 1


def _first_error(node: Node) -> Node:
    inner = next((each for each in node.children if each.has_error or each.is_missing), None)
    return node if inner is None else _first_error(inner)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _literal(node: Node) -> str:
    """The text of a declaration's first string: a resource's type, a module's path."""
    string = next((each for each in node.children if each.type == "string"), None)
    return (
        ""
        if string is None
        else "".join(_text(each) for each in string.children if each.type == "string_content")
    )


def _named(node: Node) -> str:
    return _text(next(each for each in node.children if each.type == "identifier"))


def _after_equals(node: Node) -> Node | None:
    """What a declaration says after its equals sign."""
    at_sign = next((index for index, each in enumerate(node.children) if each.type == "="), None)
    return None if at_sign is None else node.children[at_sign + 1]


class _One(NamedTuple):
    """One of what a declaration makes: its object, the names of a loop, and its condition."""

    body: Node
    own: Mapping[str, Any]
    only_if: str = ""


class _Outer(NamedTuple):
    """What a resource is declared inside of: its type and names, the names of its loop, and its
    condition."""

    type: str = ""
    names: tuple[Any, ...] = ()
    own: Mapping[str, Any] = {}
    only_if: str = ""


class _File:
    """A file as it is deployed once: what its names hold. What is ``is_whole`` is given no more, so
    that other parameters have their defaults."""

    def __init__(
        self,
        file: Path,
        given: Mapping[str, Any],
        inside: frozenset[Path],
        parsed: Callable[[Path], Node],
        called: Iterator[int],
        *,
        is_whole: bool,
    ) -> None:
        self._file = file
        self._is_whole = is_whole
        self._called = called
        self._parsed = parsed
        self._given = given
        self._inside = inside
        self.skipped: list[Skipped] = []
        self._known: dict[str, Any] = {}
        self._secret: set[str] = set()
        kinds = [f"{kind}_declaration" for kind in ("parameter", "variable", "resource", "module")]
        kinds.append("user_defined_function")
        self.declared: dict[str, dict[str, Node]] = {kind: {} for kind in kinds}
        self._imported: dict[str, tuple[str, str]] = {}
        secret = False
        for node in parsed(file).children:
            if node.type == "import_functionality":
                self._imported |= _imported(node)
            if node.type == "decorators":
                secret = b"@secure" in (node.text or b"")
                continue
            if node.type in self.declared:
                self.declared[node.type][_named(node)] = node
                if secret:
                    self._secret.add(_named(node))
            secret = False

    # What the names hold.

    def value_of(self, name: str) -> Any:
        """What a name of the file holds."""
        return _plain(self._name(name))

    def _name(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = _LOOP
            self._known[name] = self._held(name)
        return self._known[name]

    def _held(self, name: str) -> Any:
        if (node := self.declared["parameter_declaration"].get(name)) is not None:
            if name in self._secret:
                return _SECRET
            if name in self._given:
                kind = next((_text(each) for each in node.children if each.type == "type"), "")
                return as_declared(self._given[name], kind)
            written = _after_equals(node)
            if self._is_whole and written is not None:
                return self._value(written, {})
            return unset(name, has_default=written is not None)
        if (node := self.declared["variable_declaration"].get(name)) is not None:
            written = _after_equals(node)
            return OPEN if written is None else self._value(written, {})
        if (node := self.declared["resource_declaration"].get(name)) is not None:
            return self._of_resource(name, node)
        if name in self._imported:
            return self._import(*self._imported[name])
        return OPEN

    def _import(self, path: str, name: str) -> Any:
        """What a name of another file holds, or all of its variables."""
        file = Path(os.path.normpath(self._file.parent / path))
        if ":" in path or not file.is_file() or file.resolve() in self._inside:
            return OPEN
        inside = self._inside | {file.resolve()}
        other = _File(file, {}, inside, self._parsed, self._called, is_whole=True)
        if name:
            return other.value_of(name)
        return {each: other.value_of(each) for each in other.declared["variable_declaration"]}

    def _of_resource(self, symbol: str, node: Node) -> Any:
        """What others read of a resource: its name, its id, what it declares."""
        every = list(self._each(node))
        unknown = Unknown("is known only after deployment", (symbol,))
        if len(every) != 1 or every[0].body.type != "object":
            return unknown
        names = self._names(_type(node), every[0])
        whole = id_of(_type(node), names) if not has_unknown(list(names)) else unknown
        found = self._value(every[0].body, every[0].own)
        return _Declared(found if isinstance(found, Mapping) else {}, names[-1], whole, unknown)

    def _names(self, type_: str, one: _One, outer: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """A resource's name, behind those of what it is a part of: the ``outer`` ones of what it is
        declared inside of, or those of its parent."""
        fields = _fields(one.body)
        own = self._value(fields["name"], one.own) if "name" in fields else OPEN
        depth = type_.count("/")
        if "parent" in fields:
            parent = self.declared["resource_declaration"].get(_text(fields["parent"]))
            if parent is not None:
                first = next(iter(self._each(parent)), None)
                outer = () if first is None else self._names(_type(parent), first)
        parts = own.split("/") if isinstance(own, str) else [own]
        ways = (*outer, *parts)
        return (*[OPEN] * (depth - len(ways)), *ways)[-depth:] if depth else ways

    # What is made.

    def resources(self, only_if: str) -> Iterator[Resource]:
        """Every resource of the file and of the modules that it calls."""
        for node in self.declared["resource_declaration"].values():
            yield from self._made(node, _Outer(only_if=only_if))
        for symbol, node in self.declared["module_declaration"].items():
            yield from self._entered(symbol, node, only_if)

    def _made(self, node: Node, outer: _Outer) -> Iterator[Resource]:
        """What a declaration makes, with the resources that are declared inside of it."""
        written = _after_equals(node)
        if written is None:
            return
        type_ = f"{outer.type}/{_type(node)}" if outer.type else _type(node)
        is_made = not any(each.type == "existing" for each in node.children)
        for one in self._of(written, outer.own, ""):
            names = self._names(type_, one, outer.names)
            only_if = one.only_if or outer.only_if
            if is_made:
                found = self._value(one.body, one.own)
                yield resource(
                    type_,
                    names,
                    found if isinstance(found, Mapping) else dict.fromkeys(WRITTEN, OPEN),
                    file=str(self._file),
                    line=_line(node),
                    symbol=_named(node),
                    only_if=only_if,
                )
            for inner in _inside(one.body):
                yield from self._made(inner, _Outer(type_, names, one.own, only_if))

    def _entered(self, symbol: str, node: Node, only_if: str) -> Iterator[Resource]:
        path = _literal(node)
        # As Bicep does, to which it is part of a URI: `link/..` is `.`, wherever the link leads.
        file = Path(os.path.normpath(self._file.parent / path))
        if ":" in path or not file.is_file() or file.resolve() in self._inside:
            self.skipped.append(
                Skipped(
                    file=str(self._file),
                    because=f"calls the module {symbol}, which is not here",
                    fix="run bicep build, and check the JSON that it writes",
                    missing=True,
                )
            )
            return
        for one in self._each(node):
            if next(self._called) >= _MOST_MODULES:
                raise InputError(
                    f"calls more than {_MOST_MODULES:,} modules",
                    fix="run bicep build, and check the JSON that it writes",
                )
            given = (
                self._value(_fields(one.body)["params"], one.own)
                if ("params" in _fields(one.body))
                else {}
            )
            if file.suffix == _JSON:
                for each in self._of_template(file, given):
                    address = f"{symbol}.{each.address}"
                    made_if = one.only_if or only_if or each.only_if
                    yield msgspec.structs.replace(each, address=address, only_if=made_if)
                continue
            inner = _File(
                file,
                given if isinstance(given, Mapping) else {},
                self._inside | {file.resolve()},
                self._parsed,
                self._called,
                is_whole=isinstance(given, Mapping),
            )
            for each in inner.resources(one.only_if or only_if):
                yield msgspec.structs.replace(each, address=f"{symbol}.{each.address}")
            self.skipped += inner.skipped

    @staticmethod
    def _of_template(file: Path, given: Any) -> list[Resource]:
        """The resources of a module that is a template in JSON."""
        from lichen_policies.dialects import read  # few modules are

        is_whole = isinstance(given, Mapping)
        passed = DeploymentInput(parameters=given if is_whole else {}, whole=is_whole)
        return read(file, "azure-template", passed)

    def _each(self, node: Node) -> Iterator[_One]:
        """What a declaration makes: by its condition, and for each of its loop."""
        written = _after_equals(node)
        if written is not None:
            yield from self._of(written, {}, "")

    def _of(self, written: Node, own: Mapping[str, Any], only_if: str) -> Iterator[_One]:
        if written.type == "object":
            yield _One(written, own, only_if)
        elif written.type == "if_statement":
            asked, body = written.named_children[0], written.named_children[-1]
            made = self._value(asked, own)
            if made is not False:
                condition = "" if made is True else _text(asked).strip("()")
                yield from self._of(body, own, only_if or condition)
        elif written.type == "for_statement":
            yield from self._loop(written, own, only_if)

    def _loop(self, written: Node, own: Mapping[str, Any], only_if: str) -> Iterator[_One]:
        names, over, body = _parts_of_loop(written)
        found = self._value(over, own)
        if not isinstance(found, list) or len(found) > _MOST_TURNS:
            open_ = dict.fromkeys(names, OPEN)
            yield from self._of(body, {**own, **open_}, only_if or _text(over))
            return
        for index, each in enumerate(found):
            values = dict(zip(names, (each, index), strict=False))
            yield from self._of(body, {**own, **values}, only_if)

    # What an expression holds.

    def _value(self, node: Node, own: Mapping[str, Any]) -> Any:
        reader = _READERS.get(node.type)
        if reader is not None:
            return reader(node, lambda inner: self._value(inner, own))
        if node.type == "identifier":
            name = _text(node)
            return _plain(own[name] if name in own else self._name(name))
        if node.type in _ACCESS:
            return self._at(node, [], own)
        if node.type == "call_expression":
            return self._called_here(node, own)
        if node.type == "for_statement":
            names, over, body = _parts_of_loop(node)
            found = self._value(over, own)
            if not isinstance(found, list) or len(found) > _MOST_TURNS:
                return found if is_unknown(found) else OPEN
            return [
                self._value(body, {**own, **dict(zip(names, (each, index), strict=False))})
                for index, each in enumerate(found)
            ]
        return OPEN

    def _called_here(self, node: Node, own: Mapping[str, Any]) -> Any:
        """What a function gives: one of the file's own, one that reads a file, or one of Azure's,
        which may stand behind its namespace."""
        name, written = _text(node.named_children[0]), node.child_by_field_name("arguments")
        arguments = [self._value(each, own) for each in (written.named_children if written else ())]
        function = self.declared["user_defined_function"].get(name)
        if function is not None:
            parameters = function.named_children[1].named_children
            names = [_named(each) for each in parameters]
            return self._value(
                function.named_children[-1], dict(zip(names, arguments, strict=False))
            )
        name = name.removeprefix("sys.").removeprefix("az.")
        if is_loader(name):
            return loaded(name, arguments, self._file.parent)
        return called(name, arguments)

    def _at(self, node: Node, steps: list[Node], own: Mapping[str, Any]) -> Any:
        """What steps lead to from what an expression holds: from its last operand, where the parser
        takes ``(a == b).c`` for ``a == b.c``."""
        if node.type in _ACCESS:
            return self._at(node.named_children[0], [*node.named_children[1:2], *steps], own)
        if node.type in _OPERATIONS:
            last = node.children[-1]
            return _READERS[node.type](
                node,
                lambda inner: (
                    self._at(inner, steps, own) if inner == last else self._value(inner, own)
                ),
            )
        whole: Any
        if node.type == "identifier" and _text(node) not in own:
            whole = self._name(_text(node))
        else:
            whole = self._value(node, own)
        for each in steps:
            is_name = each.type == "property_identifier"
            step = _text(each) if is_name else self._value(each, own)
            whole = whole.read(step) if isinstance(whole, _Declared) else at(whole, step)
        return _plain(whole)


class _Declared(NamedTuple):
    """A resource as others read it."""

    written: Mapping[str, Any]
    name: Any
    id: Any
    unknown: Unknown

    def read(self, step: Any) -> Any:
        if step == "id":
            return self.id
        if step == "name":
            return self.name
        found = at(self.written, step)
        return self.unknown if found is OPEN else found


def _plain(found: Any) -> Any:
    """A value that an expression may hold; a resource as a whole is known by its address."""
    return found.unknown if isinstance(found, _Declared) else found


def _imported(node: Node) -> dict[str, tuple[str, str]]:
    """The names that an import brings: each with its file and its name there, or none for all."""
    signs = [each.type for each in node.children]
    names = [_text(each) for each in node.children if each.type == "identifier"]
    if "*" in signs:
        return {names[-1]: (_literal(node), "")}
    found: dict[str, tuple[str, str]] = {}
    words = [_text(each) for each in node.children if each.type in ("identifier", "as", ",")]
    for part in " ".join(words).split(","):
        own, _, here = part.partition(" as ")
        found[(here or own).strip()] = (_literal(node), own.strip())
    return found


def _type(node: Node) -> str:
    return _literal(node).partition("@")[0]


def _fields(body: Node) -> dict[str, Node]:
    """The properties of an object, as they are written."""
    found: dict[str, Node] = {}
    for each in body.children:
        if each.type == "object_property" and len(each.named_children) > 1:
            key = each.named_children[0]
            name = _text(key) if key.type == "identifier" else _text(key).strip("'")
            found[name] = each.named_children[-1]
    return found


def _inside(body: Node) -> Iterator[Node]:
    """The resources that are declared inside of one."""
    for each in body.children:
        if each.type == "object_property" and each.named_children[0].type == "resource_declaration":
            yield each.named_children[0]


def _parts_of_loop(node: Node) -> tuple[tuple[str, ...], Node, Node]:
    """The names of a loop, what it goes over, and what it makes."""
    inner = node.named_children
    body, over = inner[-1], inner[-2]
    names = tuple(
        _text(name)
        for each in inner[:-2]
        for name in (each.named_children if each.named_children else [each])
    )
    return names, over, body


_ACCESS = ("member_expression", "subscription_expression", "subscript_expression")
_OPERATIONS = ("binary_expression", "ternary_expression", "unary_expression")

Inner = Callable[[Node], Any]


def _string(node: Node, inner: Inner) -> Any:
    parts = [
        inner(each.named_children[0]) if each.type == "interpolation" else _unescaped(_text(each))
        for each in node.children
        if each.type in ("string_content", "interpolation", "escape_sequence")
    ]
    if len(parts) == 1:
        return parts[0]
    return called("concat", parts) if not has_unknown(parts) else made_of(parts, OPEN)


def _unescaped(text: str) -> str:
    for written, sign in (("\\'", "'"), ("\\n", "\n"), ("\\t", "\t"), ("\\$", "$"), ("\\\\", "\\")):
        text = text.replace(written, sign)
    return text


def _object(node: Node, inner: Inner) -> Any:
    found: dict[str, Any] = {}
    for name, each in _fields(node).items():
        part = inner(each)
        if not name.startswith(_SPREAD):
            found[name] = part
        elif isinstance(part, Mapping):
            found |= part
        else:  # it may hold anything
            return part if is_unknown(part) else OPEN
    return found


def _array(node: Node, inner: Inner) -> Any:
    found: list[Any] = []
    for each in node.named_children:
        part = inner(each)
        if not _text(each).startswith(_SPREAD):
            found.append(part)
        elif isinstance(part, list):
            found += part
        else:
            return part if is_unknown(part) else OPEN
    return found


def _ternary(node: Node, inner: Inner) -> Any:
    asked, yes, no = (inner(each) for each in node.named_children[:3])
    return called("if", [asked, yes, no])


_OPERATORS = {
    "==": "equals",
    "=~": "equals",
    "&&": "and",
    "||": "or",
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "%": "mod",
    "<": "less",
    "<=": "lessorequals",
    ">": "greater",
    ">=": "greaterorequals",
    "??": "coalesce",
}


def _binary(node: Node, inner: Inner) -> Any:
    if _text(node.children[0]) == _SPREAD:
        return inner(node.children[-1])
    left, right = (inner(each) for each in (node.children[0], node.children[-1]))
    sign = node.children[1].type
    if sign in ("=~", "!~"):  # no matter in which letters
        left, right = (called("toLower", [each]) for each in (left, right))
    if sign in ("!=", "!~"):
        return called("not", [called("equals", [left, right])])
    return called(_OPERATORS.get(sign, sign), [left, right])


def _unary(node: Node, inner: Inner) -> Any:
    found = inner(node.children[-1])
    if node.children[0].type == "!":
        return called("not", [found])
    return called("sub", [0, found])


def _parenthesized(node: Node, inner: Inner) -> Any:
    (whole,) = node.named_children[:1] or (None,)
    return OPEN if whole is None else inner(whole)


_READERS: Mapping[str, Callable[[Node, Inner], Any]] = {
    "array": _array,
    "binary_expression": _binary,
    "boolean": lambda node, _: _text(node) == "true",
    "null": lambda _, __: None,
    "number": lambda node, _: int(_text(node)),
    "object": _object,
    "parenthesized_expression": _parenthesized,
    "string": _string,
    "ternary_expression": _ternary,
    "unary_expression": _unary,
}

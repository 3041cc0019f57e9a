"""What is wrong in the text of an editor, and what is known of the word under the pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from lichen_policies import configuration
from lichen_policies.gate import Gate

from lichen.catalogue import Catalogue
from lichen.document import InputError, convert, json_schema, read_document
from lichen.parsing.json_text import from_json
from lichen.parsing.yaml_text import from_yaml
from lichen.placing.question import Question
from lichen.upwards import CONFIGURATION
from lichen.workload import Workload, as_workload, workload_schema
from lichen_doors.editors.fields import TOP, Field, Span, field_at, fields_of, span_of
from lichen_doors.editors.mistakes import as_numbered, mistakes, moved, without
from lichen_doors.report import explain, rule_pages, rules, terminal
from lichen_doors.report.lines import plain

Kind: TypeAlias = Literal["workload", "configuration"]

_WIDTH = 76
"""Characters in a line of what a pointer shows."""


class Problem(NamedTuple):
    """What is wrong, in one sentence, and where."""

    span: Span
    message: str


_MOST_MISTAKES = 20
"""How many mistakes of one text are marked."""
_KEYS = frozenset({"name", "model", "traffic"})


def kind_of(path: Path, text: str) -> Kind | None:
    """What an editor's text is; None where it is nothing that Lichen reads.

    A workload is known by its first keys, or by the address of its schema in a comment; where the
    text does not parse, by the words that its lines begin with.
    """
    if path.name == CONFIGURATION:
        return "configuration"
    if path.suffix not in (".yaml", ".yml", ".json"):
        return None
    if re.search(r"\$schema.*workload\.json", text):
        return "workload"
    keys = {field.steps[0] for field in fields_of(text) if len(field.steps) == 1}
    keys = keys or set(re.findall(r"(?m)^(\w+):", text))
    return "workload" if keys >= _KEYS else None


def problems(path: Path, text: str) -> list[Problem]:
    """What is wrong in a text, as the command says of the file, each where it is.

    What ``lichen.yaml`` names beside itself is read from the disk, and only where the file there
    names it too: a path that is being typed is none yet.
    """
    kind = kind_of(path, text)
    if kind is None:
        return []
    try:
        document = _mapping(path, text)
    except InputError as error:
        return [Problem(_span(error, path, text), _sentence(error, path))]
    found = _wrong(kind, path, document)
    return [Problem(_span(error, path, text), _sentence(error, path)) for error in found]


def _wrong(kind: Kind, path: Path, document: dict[str, Any]) -> list[InputError]:
    """The mistakes of a document: all against its type, else those of what its values mean, one
    after another as each is left out."""
    if kind == "configuration":
        found = mistakes(document, configuration.File)
    else:
        model = document.get("model")
        # A config.json stands for a card: only the whole shows what is missing in it.
        of_file = isinstance(model, dict) and "config" in model
        found = mistakes({**document, "model": ""} if of_file else document, Workload)
    fields = [error.field for error in found]
    left: dict[str, Any] | None = document
    for field in reversed(fields):  # the last entry of a list first: the others keep their numbers
        left = without(left, field)
    while left is not None and len(found) < _MOST_MISTAKES:
        try:
            _check(kind, path, left)
        except InputError as error:
            left = without(left, error.field)
            field = as_numbered(error.field, fields)
            # What is wrong only since a part of it was left out is no mistake of the text.
            if not any(
                each == field or each.startswith((f"{field}.", f"{field}[")) for each in fields
            ):
                fields.append(field)
                found.append(moved(error, field))
        else:
            break
    return found[:_MOST_MISTAKES]


def _check(kind: Kind, path: Path, document: dict[str, Any]) -> None:
    """Raises :class:`InputError` for the first mistake of a document."""
    if kind == "workload":
        Question.of(as_workload(document, path.parent), near=path)
        return
    file = convert(document, configuration.File)
    if not _beside(file) or _beside(file) == _beside(_saved(path)):
        configuration.read(path, instead=file)


def _beside(file: configuration.File) -> set[tuple[str, str]]:
    """The paths that a file names, each with its field."""
    named = {field: getattr(file, field) for field in ("extends", "catalogue", "rules")}
    return {(field, path) for field, path in named.items() if path is not None}


def _saved(path: Path) -> configuration.File:
    """A configuration as it is on the disk; an empty one where none can be read there."""
    try:
        return convert(read_document(path), configuration.File)
    except InputError:
        return configuration.File()


def _mapping(path: Path, text: str) -> dict[str, Any]:
    if path.suffix == ".json":
        document = from_json(text)
    else:
        documents = from_yaml(text)
        document = documents[0] if documents else {}
    if not isinstance(document, dict):
        raise InputError("this is no mapping", fix="begin with a key, such as name:")
    return document


def _span(error: InputError, path: Path, text: str) -> Span:
    fields = fields_of(text)
    if error.document and Path(error.document) != path:  # a file that the text names
        named = (each for each in fields if path.parent / each.written == Path(error.document))
        if field := next(named, None):
            return field.value
    if error.field:
        return span_of(error.field, fields, of_key=error.wrong.endswith("is not a field"))
    if line := re.search(r"\bline (\d+)", error.wrong):
        number = int(line[1]) - 1
        return Span(number, 0, number + 1, 0)
    return TOP


def _sentence(error: InputError, path: Path) -> str:
    """The message without the path of the text: the editor shows which file it is."""
    of_another = error.document if error.document and Path(error.document) != path else ""
    return str(type(error)(error.wrong, fix=error.fix, field=error.field, document=of_another))


def about(path: Path, text: str, line: int, character: int) -> str:
    """Markdown on the field or the name at a place of the text; empty where nothing is known."""
    kind = kind_of(path, text)
    field = field_at(line, character, fields_of(text)) if kind else None
    if kind is None or field is None:
        return ""
    word = field.written if field.value.has(line, character) else field.steps[-1]
    return _of_name(word, path) or _of_field(field, kind)


def _of_name(word: str, path: Path) -> str:
    """What ``lichen explain`` prints of a rule, a region, a machine or a model; empty where the
    folder's own lichen.yaml cannot be used, as where it names rules in Python."""
    try:
        gate = Gate.near(path)
    except InputError:
        return ""
    if word in gate.rules():
        return _printed(plain(rule_pages.page(rules.page_of(gate, gate.rules()[word])), _WIDTH))
    catalogue: Catalogue = gate.catalogue
    if explain.knows(catalogue, word):
        return _printed(terminal.as_text(explain.renderables(catalogue, word), width=_WIDTH))
    return ""


def _printed(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


@cache
def _schema(kind: Kind) -> Mapping[str, Any]:
    return workload_schema() if kind == "workload" else json_schema(configuration.File)


def _of_field(field: Field, kind: Kind) -> str:
    """A field's description, its values and what it is where it is left out, by the schema."""
    schema = _schema(kind)
    at: Mapping[str, Any] = schema
    holder: Mapping[str, Any] = {}
    for step in field.steps:
        holder, at = at, _within(at, step, schema)
    if not at:
        return ""
    resolved = _resolved(at, schema)
    lines = [f"**{'.'.join(field.steps).replace('.[', '[')}**"]
    said = [text for each in (at, resolved) if (text := each.get("description"))][:1]
    lines += map(_as_markdown, said or _of_holder(field.steps[-1], holder, schema))
    lines += filter(None, [_shape(resolved)])
    if values := resolved.get("enum"):
        lines.append("One of " + ", ".join(f"`{value}`" for value in values) + ".")
    if at.get("default") not in (None, {}, [], ()):
        lines.append(f"Default: `{at['default']}`.")
    return "\n\n".join(lines)


def _of_holder(step: str, holder: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """What the mapping that a field is in says of the field by name; else all that it says."""
    for each in _options(holder, schema):
        if step in each.get("properties", {}) and (text := each.get("description")):
            sentences = re.split(r"(?<=[.;]) ", text)
            named = [each.rstrip(".;") for each in sentences if f"``{step}``" in each]
            yield f"{'; '.join(named)}." if named else text
            return


def _as_markdown(text: str) -> str:
    """A docstring's marks in those of Markdown."""
    return re.sub(r":\w+:`\.?([^`]*)`", r"`\1`", text).replace("``", "`")


def _shape(resolved: Mapping[str, Any]) -> str:
    """What kind of value it is, and its bounds; empty where its values are named one by one."""
    kind = _KINDS.get(resolved.get("type", ""), "")
    if not kind or "enum" in resolved:
        return ""
    bounds = [
        f"{words} {_number(resolved[key])}" for key, words in _BOUNDS.items() if key in resolved
    ]
    return f"{kind}{', ' if bounds else ''}{' and '.join(bounds)}."


def _number(bound: float) -> str:
    return f"{int(bound) if bound == int(bound) else bound:,}"


_KINDS = {
    "number": "A number",
    "integer": "A whole number",
    "string": "A text",
    "array": "A list",
    "object": "A mapping",
    "boolean": "True or false",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
}


def _within(at: Mapping[str, Any], step: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of one step further in; empty where it says nothing of it."""
    for each in _options(at, schema):
        if step.startswith("["):
            found = each.get("items")
        else:
            found = each.get("properties", {}).get(step) or each.get("additionalProperties")
        if isinstance(found, dict):
            return found
    return {}


def _options(at: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    resolved = _resolved(at, schema)
    return [resolved, *(_resolved(each, schema) for each in resolved.get("anyOf", ()))]


def _resolved(at: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference of the schema is of; of a choice with nothing, the other."""
    others = [each for each in at.get("anyOf", ()) if each.get("type") != "null"]
    if len(others) == 1:
        return _resolved(others[0], schema)
    name = at.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = schema["$defs"][name] if name else at
    return found

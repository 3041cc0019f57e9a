"""Real documents changed at random, each given to `lichen check` whole.

The answer is a report, or a sentence that says what is wrong with the file: an exit code of 0 to 3,
no traceback, and an end. ``make mutations`` makes 2,000 of any seed, the tests as many.
"""

from __future__ import annotations

import copy
import json
import operator
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from xml.etree import ElementTree

import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.command.check import FORMS

from tests.doors.one_deployment import DOCUMENTS, document

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/corpus/stacks", "tests/dialects/manifests", "tests/cases")
ENDINGS = (".json", ".yaml", ".tf", ".bicep", ".template")
LIMIT_S = 60
"""Seconds for one file, after which it counts as one that does not end."""

Mutation = Callable[[bytes, random.Random], bytes]


class Hung(BaseException):
    """A file's check did not end in time."""


class Wrong(NamedTuple):
    """A changed file whose answer is not as it is to be, and why."""

    number: int
    origin: str
    mutation: str
    because: str


@cache
def originals() -> dict[str, bytes]:
    """Each document by its name: files, and the deployment that is written in every dialect."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in ENDINGS
    }
    return found | {"/".join(names): document(*names).encode() for names in DOCUMENTS}


def truncated(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randrange(len(text) + 1)]


def flipped(text: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    changed = bytearray(text)
    for _ in range(chance.choice((1, 2, 8, 64))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def swapped(text: bytes, chance: random.Random) -> bytes:
    """Two lines change places."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        middle = chance.randrange(len(text) + 1)
        return text[middle:] + text[:middle]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def deepened(text: bytes, chance: random.Random) -> bytes:
    """A place is nested deeply."""
    at = chance.randrange(len(text) + 1)
    depth = chance.choice((3, 60, 5_000))
    start, end = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b"${", b"}")))
    return text[:at] + start * depth + b"1" + end * depth + text[at:]


def doubled(text: bytes, chance: random.Random) -> bytes:
    """Lines, and so keys, are there twice."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    first = chance.randrange(len(lines))
    last = min(len(lines), first + chance.choice((1, 1, 2, 10)))
    return b"".join([*lines[:last], *lines[first:last], *lines[last:]])


def encoded(text: bytes, chance: random.Random) -> bytes:
    """The same text in another encoding, or one that is none."""
    plain = text.decode(errors="replace")
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32", "utf-7"))
    made = plain.encode(encoding, errors="replace")
    return chance.choice(
        (
            made,
            made[:-1],
            plain.replace("\n", "\r\n").encode(),
            plain.replace("\n", "\r").encode(),
            text + b"\x00",
            b"\xff" + text,
            text.replace(b"a", b"\xed\xa0\x80", 1),
            text.replace(b":", "\uff1a".encode(), 3),
        )
    )


REFUSED: tuple[Any, ...] = (10**400, float("nan"), float("inf"), "\x00", "\ud800")
"""Values that no document may have."""
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    10**15,
    1e308,
    "",
    "prod",
    "ml.p5.48xlarge",
    "\x1b[31m",
    "\u202e",
    "x" * 70_000,
    [],
    {},
    [[]],
    {"": None},
    {"Ref": "Nothing"},
    {"Fn::If": ["a"]},
    "${var.x[0].y}",
    "[parameters('x')]",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
)


def replaced(text: bytes, chance: random.Random) -> bytes:
    """Values of a document are others, of any type; where it does not parse, words of it are."""
    try:
        documents = [json.loads(text)]
        dump = json.dumps
    except (ValueError, RecursionError):
        try:
            documents = list(yaml.load_all(text, yaml.CSafeLoader))
            dump = yaml.safe_dump
        except (yaml.YAMLError, ValueError, RecursionError):
            documents = []
    if not any(isinstance(each, dict | list) for each in documents):
        return _with_other_words(text, chance)
    for _ in range(chance.choice((1, 1, 3, 12, 40))):
        # A document's outermost keys say what it is: seldom another.
        top = {id(documents), *map(id, documents)} if chance.random() < 0.95 else set()
        places = [place for place in _places(documents) if id(place[0]) not in top]
        if not places:
            continue
        holder, key = chance.choice(places)
        if chance.random() < 0.3 and holder is not documents:
            del holder[key]
        elif chance.random() < 0.3:  # what another place has
            holder[key] = copy.deepcopy(operator.getitem(*chance.choice(places)))
        else:
            values = REFUSED if chance.random() < 0.02 else VALUES
            holder[key] = copy.deepcopy(chance.choice(values))
    return "\n---\n".join(map(dump, documents)).encode(errors="surrogatepass")


def _with_other_words(text: bytes, chance: random.Random) -> bytes:
    words = text.split(b" ")
    for _ in range(chance.choice((1, 3))):
        value = json.dumps(chance.choice(VALUES)).encode()
        words[chance.randrange(len(words))] = value
    return b" ".join(words)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def spliced(text: bytes, chance: random.Random) -> bytes:
    """A piece of another document is in it."""
    other = chance.choice(list(originals().values()))
    at, first = chance.randrange(len(text) + 1), chance.randrange(len(other) + 1)
    return text[:at] + other[first : first + chance.choice((20, 200, 2_000))] + text[at:]


MUTATIONS: Mapping[str, Mutation] = {
    each.__name__: each
    for each in (truncated, flipped, swapped, deepened, doubled, encoded, replaced, spliced)
}


def tried(count: int, seed: str, folder: Path) -> Iterator[Wrong | None]:
    """Each changed file: None where its answer is right, else what is wrong."""
    chance = random.Random(seed)
    every = list(originals().items())
    for number in range(count):
        origin, text = chance.choice(every)
        # Most other changes are refused before anything is judged.
        kinds = [*MUTATIONS, *(["replaced"] * len(MUTATIONS))]
        names = [chance.choice(kinds) for _ in range(chance.choice((1, 1, 1, 2)))]
        for name in names:
            text = MUTATIONS[name](text, chance)
        path = folder / f"{number}{Path(origin).suffix}"
        path.write_bytes(text)
        because = wrong_with(path, FORMS[number % len(FORMS)])
        if because:
            yield Wrong(number, origin, "+".join(names), because)
        else:
            path.unlink()
            yield None


def wrong_with(path: Path, form: str) -> str:
    """What is wrong with the answer of `lichen check` on a file; empty where nothing is."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        run = CliRunner().invoke(main, ["check", str(path), "--format", form])
    except Hung:
        return f"does not end in {LIMIT_S} s"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return _mistake(run, form)


def _mistake(run: Result, form: str) -> str:
    if run.exception is not None and not isinstance(run.exception, SystemExit):
        return f"raised {run.exception!r}"
    if run.exit_code not in (0, 1, 2, 3):
        return f"ended with {run.exit_code}"
    if "Traceback" in run.output:
        return "printed a traceback"
    if run.exit_code == 2 and not _is_sentence(run.stderr):
        return f"ended with 2 and said {run.stderr!r}"
    if run.exit_code != 2 and not run.stdout.strip() and "suggestions" not in form:
        return "said nothing"
    if run.stdout and "broken" in run.stdout and "failed with" in run.stdout:
        return "a reader or a rule failed"
    try:
        if run.stdout and form in ("json", "sarif", "code-quality"):
            json.loads(run.stdout)
        if run.stdout and form == "junit":
            ElementTree.fromstring(run.stdout)
    except (ValueError, ElementTree.ParseError) as error:
        return f"the report does not parse: {error}"
    return ""


def _is_sentence(text: str) -> bool:
    lines = text.splitlines()
    return bool(lines) and lines[0].startswith("lichen: ") and text.replace("\n", "").isprintable()

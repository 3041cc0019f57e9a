"""Cases: a rule's examples, judged in every dialect that they are written in.

A case file is a list. A case has a ``name``, the ``verdict`` it expects (with its ``level``), what
the provider or stack states (``region``, ``environment``), and a resource for each dialect with the
``messages`` that its verdicts give, whole. ``!unknown`` is known only after deployment, and
``!reference a b`` too, though it is known to be made of the resources ``a`` and ``b``;
``!left-out`` is computed by Terraform's provider, since nobody gives it.

In place of one resource a dialect may have ``resources``: a whole deployment, judged together. Each
has a ``type``, ``properties`` and a ``name``, which is its address. Resources that the rule has
nothing to do with are left out of its verdicts.

A case may be judged under a ``lichen.yaml`` of its own, and on a day: ``today``.

An organisation's rules have such files beside them: ``lichen rules test`` judges them.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from lichen.catalogue import Catalogue
from lichen.document import InputError, convert, did_you_mean
from lichen.upwards import CONFIGURATION
from lichen_policies.configuration import Configuration, File, Layer
from lichen_policies.facts import UNKNOWN, Resource, Unknown
from lichen_policies.facts.unknown import LEFT_OUT
from lichen_policies.judging import judge_resource, judge_stack
from lichen_policies.rule import Rule
from lichen_policies.run import GateRun
from lichen_policies.verdict import REPORTED, Level, Outcome, Verdict

DIALECTS = ("pulumi", "terraform", "cloudformation", "kubernetes", "azure", "workload")
TODAY = datetime.date(2026, 11, 23)
"""The day on which a case is judged that names none."""


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """YAML with ``!unknown``, ``!left-out`` and ``!reference``."""


_Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN)
_Loader.add_constructor("!left-out", lambda _loader, _node: LEFT_OUT)
_Loader.add_constructor(
    "!reference",
    lambda _loader, node: Unknown(references=tuple(str(node.value).split())),
)


class Case(NamedTuple):
    """One example of a rule, in one dialect."""

    rule: str
    name: str
    dialect: str
    resources: tuple[Resource, ...]
    together: bool
    verdict: Outcome
    level: Level | None
    messages: tuple[str, ...]
    layers: tuple[Layer, ...] = ()
    today: datetime.date = TODAY

    def __str__(self) -> str:
        return f"{self.rule}: {self.name} ({self.dialect})"

    @property
    def resource(self) -> Resource:
        """The resource, of a case that has one."""
        (resource,) = self.resources
        return resource


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A case as its file has it, without the dialects."""

    name: str
    verdict: Outcome
    level: Level | None = None
    region: Any = None
    environment: Any = None
    today: datetime.date = TODAY
    configuration: dict[str, Any] = msgspec.field(name=CONFIGURATION, default_factory=dict)


def cases_of(path: Path) -> list[Case]:
    """The cases of a file, whose name is the rule's; :class:`InputError` where one is malformed."""
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())
        raise InputError(f"does not parse: {line}", document=str(path)) from None
    if not isinstance(entries, list):
        raise InputError(
            "is no list of cases", fix="begin each case with - name:", document=str(path)
        )
    cases = []
    for number, entry in enumerate(entries):
        try:
            cases += _of(path.stem, entry)
        except InputError as error:
            raise InputError(
                error.wrong, fix=error.fix, field=f"[{number}].{error.field}", document=str(path)
            ) from None
    return cases


def _of(rule: str, entry: Any) -> list[Case]:
    if not isinstance(entry, Mapping):
        raise InputError("is no mapping", fix="give it name:, verdict: and a dialect")
    own = {str(key): value for key, value in entry.items() if key not in DIALECTS}
    stated = {key: own.pop(key, None) for key in ("region", "environment")}
    written = convert(own, Written)
    layers = (
        (Layer(Path(CONFIGURATION), convert(written.configuration, File)),)
        if written.configuration
        else ()
    )
    dialects = [dialect for dialect in DIALECTS if dialect in entry]
    if not dialects:
        raise InputError("has no resource", fix=f"add one under {' or '.join(DIALECTS)}")
    return [
        Case(
            rule=rule,
            name=written.name,
            dialect=dialect,
            resources=tuple(
                _resource(each, dialect, stated)
                for each in entry[dialect].get("resources", [entry[dialect]])
            ),
            together="resources" in entry[dialect],
            verdict=written.verdict,
            level=written.level,
            messages=tuple(entry[dialect].get("messages", ())),
            layers=layers,
            today=written.today,
        )
        for dialect in dialects
    ]


def _resource(written: Any, dialect: Any, stated: Mapping[str, Any]) -> Resource:
    for field in ("type", "properties"):
        if field not in written:
            raise InputError("is required", fix=f"add {field}:", field=f"{dialect}.{field}")
    return Resource(
        type=written["type"],
        name=written.get("name", "chat"),
        address=written.get("name", "chat"),
        properties=written["properties"],
        dialect=dialect,
        **stated,
    )


def verdicts_of(case: Case, rules: Mapping[str, Rule], catalogue: Catalogue) -> list[Verdict]:
    """What a case's rule says of it: what fails or is unverified, else what passes."""
    if case.rule not in rules:
        raise InputError(
            f"{case.rule!r} is not a rule",
            fix=did_you_mean(case.rule, rules),
            document=f"{case.rule}.yaml",
        )
    over_runs = issubclass(rules[case.rule].judges, GateRun)
    # A rule over a run judges exemptions of any rule; of the others one alone says what it finds.
    judging = rules if over_runs else {case.rule: rules[case.rule]}
    configuration = Configuration(layers=case.layers, rules=judging, today=case.today)
    if not case.together and not over_runs:
        alone = judge_resource(case.resource, configuration, catalogue)
        return [verdict for verdict in alone or () if verdict.rule == case.rule]
    together = [
        *(
            verdict
            for resource in case.resources
            for verdict in judge_resource(resource, configuration, catalogue, stack_follows=True)
            or ()
        ),
        *judge_stack(case.resources, configuration, catalogue),
    ]
    mine = [verdict for verdict in together if verdict.rule == case.rule]
    others = [v for v in mine if v.verdict in REPORTED] or [v for v in mine if v.verdict == "pass"]
    return others or mine[:1]


class Tested(msgspec.Struct, frozen=True):
    """A case, and what it does not give as its file says; nothing where it is right."""

    case: str
    mistakes: tuple[str, ...]


def messages_of(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """What the verdicts say, of those that say anything."""
    return tuple(verdict.message for verdict in verdicts if verdict.message)


def tested(case: Case, verdicts: Sequence[Verdict], *, with_messages: bool) -> Tested:
    """A case against its verdicts. Messages are compared where the file has some."""
    mistakes = []
    outcomes = sorted({verdict.verdict for verdict in verdicts})
    if outcomes != [case.verdict]:
        mistakes.append(f"expected {case.verdict}, and it is {' and '.join(outcomes) or 'nothing'}")
    levels = sorted({verdict.level for verdict in verdicts})
    if case.level is not None and levels != [case.level]:
        mistakes.append(f"expected the level {case.level}, and it is {' and '.join(levels)}")
    messages = messages_of(verdicts)
    if mistakes or (with_messages and case.messages and messages != case.messages):
        mistakes += [f"it says: {message}" for message in messages]
        if with_messages:
            mistakes += [f"expected: {each}" for each in case.messages if each not in messages]
    return Tested(str(case), tuple(mistakes))


def renew(path: Path, messages: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
    """Write the messages of a rule's cases, by the case's name and the dialect, into its file."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    root = yaml.compose(text, _Loader)
    for case in reversed([] if root is None else root.value):
        starts = {key.value: key.start_mark.line for key, _value in case.value}
        name = next(value.value for key, value in case.value if key.value == "name")
        for dialect in sorted(set(DIALECTS) & set(starts), key=lambda each: -starts[each]):
            start = end = starts[dialect] + 1
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            old = [line for line in range(start, end) if lines[line] == "    messages:\n"]
            del lines[(at := old[0] if old else end) : end]
            if written := messages.get((name, dialect), ()):
                rows = [f"      - {json.dumps(row, ensure_ascii=False)}\n" for row in written]
                lines[at:at] = ["    messages:\n", *rows]
    path.write_text("".join(lines), encoding="utf-8")

"""A decision record: inputs by their hashes, versions, configuration, and what was decided.

It has no content of any input, so no secret of one: names of files and resources, hashes, options
and verdicts. A value that the command line gives to a template is not among the options.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from lichen_policies.dialects.folders import read_all
from lichen_policies.dialects.given_by_command import deployment_input
from lichen_policies.gate import Gate
from lichen_policies.verdict import Level, Outcome, Report
from msgspec.structs import replace

from lichen import __version__
from lichen.day import present_time
from lichen.document import InputError, convert, read_document
from lichen.interval import Interval
from lichen.placing.allowed import restricted
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.whole_file import write_asked
from lichen.words import Environment, Objective
from lichen.workload import Workload, read_workload
from lichen_practices.catalogue_hash import catalogue_hash

VERSION = 1


class HashedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read: its path as it was typed or found, and the SHA-256 of its content."""

    path: str
    sha256: str


class RecordedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on a resource that is no *pass*: ``finding`` is its fingerprint in a report."""

    rule: str
    verdict: Outcome
    level: Level
    resource: str
    property: str
    finding: str
    exempted: bool


class CheckDecision(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="check"):
    """What ``lichen check`` judged and found."""

    paths: tuple[str, ...]
    source: str
    region: str | None
    environment: Environment | None
    parameters_file: str | None
    judged: int
    passed: int
    verdicts: tuple[RecordedVerdict, ...]


class PlaceDecision(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag="place"):
    """What ``lichen place`` chose; ``machine`` and what follows are None where nothing fits."""

    workload: str
    clouds: tuple[str, ...]
    regions: tuple[str, ...]
    objective: Objective
    cost_tolerance_pct: float
    confidence: float | None
    take_any: bool
    copied_images: bool
    machine: str | None = None
    region: str | None = None
    hosting: str | None = None
    precision: str | None = None
    replicas_peak: int | None = None
    usd_month: float | None = None
    gco2e_month: Interval | None = None


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that ``--record`` writes and ``lichen verify`` reads.

    ``day`` is the day that exemptions and ages were judged by. ``catalogue`` is the hash of all
    tables, own rows included. ``configured`` are the lichen.yaml files and own rules that count.
    """

    version: int = VERSION
    lichen: str
    recorded_at: datetime.datetime
    day: datetime.date
    catalogue: str
    configuration_file: str | None
    configured: tuple[HashedFile, ...]
    inputs: tuple[HashedFile, ...]
    decision: CheckDecision | PlaceDecision


def hashed(path: Path) -> HashedFile:
    """A file with its hash. :class:`InputError` where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", fix="check the path", document=str(path)
        ) from None
    return HashedFile(path=str(path), sha256=hashlib.sha256(content).hexdigest())


def record_check(
    paths: Sequence[Path],
    files: Iterable[Path],
    gate: Gate,
    report: Report,
    *,
    source: str,
    region: str | None,
    environment: Environment | None,
    parameters_file: Path | None,
    configuration_file: Path | None,
) -> DecisionRecord:
    """The record of a check of ``paths``, for which ``files`` were read. :class:`InputError` for
    what cannot be read a second time: a pipe."""
    if any(str(path) == "-" for path in paths):
        raise InputError(
            "a pipe cannot be read again",
            fix="write it to a file, and check that",
            field="--record",
        )
    read = [*files, *(() if parameters_file is None else (parameters_file,))]
    return _record(
        gate,
        configuration_file,
        map(hashed, {Path(os.path.normpath(path)): None for path in read}),
        CheckDecision(
            paths=tuple(map(str, paths)),
            source=source,
            region=region,
            environment=environment,
            parameters_file=None if parameters_file is None else str(parameters_file),
            judged=report.judged,
            passed=report.passed,
            verdicts=_verdicts(report),
        ),
    )


def record_place(
    file: Path,
    workload: Workload,
    gate: Gate,
    asked: PlaceDecision,
    answer: Placement | NoPlacement,
) -> DecisionRecord:
    """The record of a placement of a workload's file."""
    files = [file, *(file.parent / name for name in workload.evidence)]
    document = read_document(file)
    model = document.get("model") if isinstance(document, dict) else None
    if isinstance(model, dict) and isinstance(model.get("config"), str):
        files.append(file.parent / model["config"])
    files += (file.parent / each.file for each in workload.prompts.templates if each.file)
    return _record(gate, None, [hashed(path) for path in files], _chosen(asked, answer))


def _record(
    gate: Gate,
    configuration_file: Path | None,
    inputs: Iterable[HashedFile],
    decision: CheckDecision | PlaceDecision,
) -> DecisionRecord:
    return DecisionRecord(
        lichen=__version__,
        recorded_at=present_time(),
        day=gate.configuration.today,
        catalogue=catalogue_hash(gate.catalogue),
        configuration_file=None if configuration_file is None else str(configuration_file),
        configured=tuple(_configured(gate)),
        inputs=tuple(inputs),
        decision=decision,
    )


def _configured(gate: Gate) -> Iterator[HashedFile]:
    for layer in gate.configuration.layers:
        yield hashed(layer.path)
        rules = layer.directory("rules")
        for path in sorted(rules.glob("*.py")) if rules is not None else ():
            yield hashed(path)


def _verdicts(report: Report) -> tuple[RecordedVerdict, ...]:
    every = (*report.findings, *report.unverified, *report.exempted)
    return tuple(
        sorted(
            (
                RecordedVerdict(
                    rule=verdict.rule,
                    verdict=verdict.verdict,
                    level=verdict.level,
                    resource=verdict.resource,
                    property=verdict.path,
                    finding=verdict.fingerprint,
                    exempted=verdict.exemption is not None,
                )
                for verdict in every
            ),
            key=lambda each: (each.resource, each.rule, each.property, each.finding),
        )
    )


def _chosen(asked: PlaceDecision, answer: Placement | NoPlacement) -> PlaceDecision:
    if isinstance(answer, NoPlacement):
        return asked
    option = answer.chosen
    return replace(
        asked,
        machine=option.machine,
        region=option.region,
        hosting=option.hosting,
        precision=option.precision,
        replicas_peak=option.replicas_peak,
        usd_month=option.usd_month,
        gco2e_month=option.gco2e_month,
    )


def write_record(record: DecisionRecord, path: Path) -> None:
    """The record as JSON, written whole or not at all."""
    write_asked(path, msgspec.json.format(msgspec.json.encode(record)) + b"\n")


def is_decision(path: Path) -> bool:
    """Whether a file is a decision record, of any version."""
    try:
        document = read_document(path)
    except InputError:
        return False
    return isinstance(document, dict) and "decision" in document


def read_decision(path: Path) -> DecisionRecord:
    """A record. :class:`InputError` where it is none, or one of a newer version."""
    document = read_document(path)
    if not isinstance(document, dict) or "decision" not in document:
        raise InputError(
            "is no decision record",
            fix="name a file that lichen check --record or lichen place --record wrote",
            document=str(path),
        )
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise InputError(
            f"is of version {version}, which a newer Lichen wrote",
            fix="upgrade Lichen",
            document=str(path),
        )
    try:
        return convert(document, DecisionRecord)
    except InputError as error:
        raise error.within(str(path)) from None


def judge_again(record: DecisionRecord) -> DecisionRecord:
    """The same question by today's tables and files, on the day of the record."""
    decision = record.decision
    config = None if record.configuration_file is None else Path(record.configuration_file)
    if isinstance(decision, CheckDecision):
        paths = [Path(path) for path in decision.paths]
        variables = None if decision.parameters_file is None else Path(decision.parameters_file)
        gate = Gate.near(
            paths[0], config=config, trusted=Path.cwd(), region=decision.region,
            environment=decision.environment, today=record.day,
        )  # fmt: skip
        given = deployment_input(decision.region, variables, exact=len(paths) == 1)
        reading = read_all(paths, decision.source, given)
        report = gate.report(reading.resources, reading.skipped, reading.others)
        return record_check(
            paths, reading.files, gate, report, source=decision.source, region=decision.region,
            environment=decision.environment, parameters_file=variables,
            configuration_file=config,
        )  # fmt: skip
    file = Path(decision.workload)
    gate = Gate.near(file, trusted=Path.cwd(), today=record.day)
    workload = narrowed(read_workload(file), decision)
    question = Question.of(
        workload, near=file, catalogue=gate.catalogue, objective=decision.objective,
        cost_tolerance_pct=decision.cost_tolerance_pct, own_registry=decision.copied_images,
        today=record.day,
    )  # fmt: skip
    if decision.take_any:
        question = replace(question, makes=None)
    return record_place(file, workload, gate, without_answer(decision), place(question))


def narrowed(workload: Workload, asked: PlaceDecision) -> Workload:
    """A workload as the options of the command line leave it."""
    workload = restricted(workload, asked.clouds, asked.regions)
    return workload if asked.confidence is None else replace(workload, confidence=asked.confidence)


def without_answer(decision: PlaceDecision) -> PlaceDecision:
    """The options alone."""
    return replace(
        decision, machine=None, region=None, hosting=None, precision=None, replicas_peak=None,
        usd_month=None, gco2e_month=None,
    )  # fmt: skip

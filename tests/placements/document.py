"""docs/placements.md, and the table on the screen: from the panel and recorded answers alone."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import yaml

from lichen.catalogue import DIRECTORY
from lichen.document import convert, read_document
from tests.placements.panel import (
    FEW_VCPU,
    GRADES,
    HERE,
    SLACK,
    Answer,
    Band,
    Case,
    Choice,
    Judgement,
    judge,
    never,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "placements.md"

Answers = Mapping[str, Answer]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a figure of the panel comes from: an address, or a place in a package."""

    title: str
    url: str = ""

    @property
    def linked(self) -> bool:
        return self.url.startswith("http")


def sources() -> dict[str, Source]:
    """The panel's own sources, and those of the catalogue."""
    of_catalogue = tomllib.loads((DIRECTORY / "sources.toml").read_text(encoding="utf-8"))
    found = {
        name: Source(str(row["title"]), str(row["where"])) for name, row in of_catalogue.items()
    }
    return found | convert(read_document(HERE / "sources.yaml"), dict[str, Source])


def table(cases: tuple[Case, ...], answers: Answers) -> str:
    """One line a workload for a terminal, and a line for each reason that it is not right."""
    judged = _judged(cases, answers)
    lines = []
    for case in cases:
        answer, judgement = answers[case.name], judged[case.name]
        lines.append(f"{judgement.grade:8}  {case.name:30}  {'  '.join(_cells(answer))}")
        lines.extend(f"{'':12}{reason}" for reason in judgement.reasons)
    return "\n".join([*lines, "", _counts(judged)])


def written(cases: tuple[Case, ...], answers: Answers) -> str:
    """The document."""
    judged = _judged(cases, answers)
    return "\n".join(
        [
            *_introduction(cases, judged),
            *_overview(cases, answers, judged),
            *_rules(),
            *_workloads(cases, answers, judged),
            *_sources(cases),
        ]
    )


def _judged(cases: tuple[Case, ...], answers: Answers) -> dict[str, Judgement]:
    barred = never()
    return {case.name: judge(answers[case.name], case, barred) for case in cases}


def _counts(judged: Mapping[str, Judgement]) -> str:
    counts = Counter(judgement.grade for judgement in judged.values())
    return ", ".join(f"{counts[grade]} {grade}" for grade in GRADES)


def _cells(answer: Answer) -> list[str]:
    if answer.answer != "placement":
        return [answer.answer.replace("-", " "), "", "", ""]
    assert answer.kgco2e_month is not None
    low, likely, high = answer.kgco2e_month
    return [
        f"{answer.machine} in {answer.region}, {answer.precision}",
        str(answer.replicas_peak),
        f"${answer.usd_month:,.0f}",
        f"{likely:,.4g} ({low:,.4g} to {high:,.4g})",
    ]


def _introduction(cases: tuple[Case, ...], judged: Mapping[str, Judgement]) -> Iterator[str]:
    yield "# A panel of workloads"
    yield ""
    yield (
        "Written by `make placements`; do not edit. "
        f"{len(cases)} realistic workloads over every class of model, cloud and mode. For each, "
        "`tests/placements/workloads/` has what an expert would accept, written from list prices, "
        "published benchmarks and vendors' sizing guides before the product was asked. The answers "
        "are those of the catalogue on the day of the last `make placements`."
    )
    yield ""
    yield f"Now: **{_counts(judged)}**."
    yield ""


def _overview(
    cases: tuple[Case, ...], answers: Answers, judged: Mapping[str, Judgement]
) -> Iterator[str]:
    yield "| workload | answer | replicas at the peak | USD a month | kg CO2e a month | verdict |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for case in cases:
        link = f"[{case.name}](#{case.name})"
        cells = [link, *_cells(answers[case.name]), judged[case.name].grade]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _rules() -> Iterator[str]:
    yield "## How an answer is judged"
    yield ""
    yield (
        "An answer is as good as the worst of its parts. The machine, the region and the "
        "precision are right, doubtful (one can argue for it) or wrong (neither). A number of "
        f"replicas, a cost or a first token outside its band is doubtful up to {SLACK:g} times (a "
        "number of replicas also if it is off by one), and wrong beyond. Where the answer asks "
        "for a benchmark that would bring a number of replicas or a cost into the band, it is "
        "doubtful: production is planned with 80 % confidence in what nobody has measured, which "
        "costs more than an expert's guess. An answer that does not say what it must is doubtful; "
        "one that fits where nothing should fit, or the reverse, is wrong. A single machine below "
        f"{FEW_VCPU} vCPU is doubtful in production. For every workload these are wrong, unless "
        "it asks for a way in which they are sold:"
    )
    yield ""
    known = sources()
    for bar in never():
        except_in = f", except in {', '.join(bar.except_in)}" if bar.except_in else ""
        yield f"- {_patterns(bar.machines)}{except_in}: {bar.because} ({_link(bar.source, known)})."
    yield ""


def _workloads(
    cases: tuple[Case, ...], answers: Answers, judged: Mapping[str, Judgement]
) -> Iterator[str]:
    known = sources()
    yield "## Workload by workload"
    yield ""
    for case in cases:
        expected, answer, judgement = case.expected, answers[case.name], judged[case.name]
        yield f"### {case.name}"
        yield ""
        yield f"{case.topic}." + (" Asked with `--any`." if case.asked.any else "")
        yield ""
        yield "```yaml"
        yield yaml.safe_dump(
            case.workload, sort_keys=False, default_flow_style=None, width=98
        ).rstrip()
        yield "```"
        yield ""
        if expected.answer == "placement":
            yield f"- machine: {_choice(expected.machines)}"
            if expected.regions.right != ("*",):
                yield f"- region: {_choice(expected.regions)}"
            if expected.precisions.right != ("*",):
                yield f"- precision: {_choice(expected.precisions)}"
            yield f"- replicas at the peak: {_band(expected.replicas)}"
            yield f"- USD a month: {_band(expected.usd_month)}"
            if expected.first_token_ms:
                yield f"- first token in ms: {_band(expected.first_token_ms)}"
        else:
            yield f"- {expected.answer.replace('-', ' ')}"
        for says in expected.says:
            on = "" if says.machines == ("*",) else f" on {_patterns(says.machines)}"
            yield f"- says{on}: {' or '.join(says.any_of)}"
        yield ""
        yield expected.why.strip()
        yield ""
        yield f"Sources: {'; '.join(_link(name, known) for name in expected.sources)}."
        yield ""
        what, peak, usd, kg = _cells(answer)
        if answer.answer == "placement":
            what = f"{what} on {answer.stack}; {peak} at the peak, {usd} and {kg} kg CO2e a month"
        reasons = "".join(f"; {reason}" for reason in judgement.reasons)
        yield f"Answer: {what}. **{judgement.grade.capitalize()}**{reasons}."
        yield ""


def _sources(cases: tuple[Case, ...]) -> Iterator[str]:
    known = sources()
    yield "## Sources"
    yield ""
    named = {name for case in cases for name in case.expected.sources}
    for name in sorted(named | {bar.source for bar in never()}):
        source = known[name]
        where = f" <{source.url}>" if source.linked else f" {source.url}." if source.url else ""
        yield f"- {name}: {source.title}.{where}"
    yield ""


def _choice(choice: Choice) -> str:
    doubtful = f"; doubtful: {_patterns(choice.doubtful)}" if choice.doubtful else ""
    return f"{_patterns(choice.right)}{doubtful}"


def _patterns(patterns: tuple[str, ...]) -> str:
    return ", ".join(f"`{pattern}`" for pattern in patterns)


def _band(band: Band) -> str:
    return f"{band[0]:,.0f} to {band[1]:,.0f}"


def _link(name: str, known: Mapping[str, Source]) -> str:
    return f"[{name}]({known[name].url})" if known[name].linked else name

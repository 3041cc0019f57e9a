"""The panel: realistic workloads, what an expert would accept for each, and the judge of answers.

A file of ``workloads/`` has a workload as a user writes it, and beside it what is expected: written
from list prices, published benchmarks and vendors' sizing guides, before the product was asked.
``never.yaml`` says what no placement may choose, for any workload. An :class:`Answer` is what the
product said, reduced to what is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lichen.document import convert, read_document
from lichen.words import Objective

HERE = Path(__file__).parent
WORKLOADS = HERE / "workloads"

SLACK = 1.5
"""A figure outside its band by no more than this factor is doubtful, and beyond it wrong; so is a
count that is off by more than one."""
FEW_VCPU = 4
"""A machine with fewer has no room beside the model; alone it is no production endpoint."""

Grade = Literal["right", "doubtful", "wrong"]
GRADES: tuple[Grade, ...] = ("right", "doubtful", "wrong")
Band = Annotated[tuple[float, float], Meta(description="the lowest and the highest accepted")]
Patterns = tuple[str, ...]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names as patterns: those an expert would take, and those that can be argued for.

    A pattern of two capital letters is a country. What matches neither is wrong.
    """

    right: Patterns
    doubtful: Patterns = ()

    def grade(self, *names: str) -> Grade:
        """The grade of something by any of its names."""
        if _matches(self.right, names):
            return "right"
        return "doubtful" if _matches(self.doubtful, names) else "wrong"


class Says(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words, one of which the answer's text must have where one of these machines is chosen."""

    any_of: Annotated[Patterns, Meta(min_length=1)]
    machines: Patterns = ("*",)


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an expert would accept, and why.

    ``replicas`` are those at the peak; ``usd_month`` counts idle hours. ``first_token_ms`` is what
    is physically credible for the first token of the chosen machine. ``sources`` are names in
    sources.yaml or in the catalogue's sources.toml.
    """

    answer: Literal["placement", "nothing-fits", "input-error"] = "placement"
    machines: Choice = Choice(("*",))
    regions: Choice = Choice(("*",))
    precisions: Choice = Choice(("*",))
    replicas: Band = (0, float("inf"))
    usd_month: Band = (0, float("inf"))
    first_token_ms: Band | None = None
    says: tuple[Says, ...] = ()
    why: Annotated[str, Meta(min_length=80)]
    sources: Annotated[tuple[str, ...], Meta(min_length=1)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of ``lichen place``: ``--objective`` and ``--any``."""

    objective: Objective = "carbon"
    any: bool = False


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: ``workload`` as a user writes it; ``topic`` says what for."""

    topic: Annotated[str, Meta(min_length=10)]
    workload: dict[str, Any]
    asked: Asked = Asked()
    expected: Expected

    @property
    def name(self) -> str:
        return str(self.workload["name"])


class Barred(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Machines that no answer may choose, or only in some regions, and why.

    ``sold`` are ways of buying for which a workload may have them all the same.
    """

    machines: Patterns
    except_in: Patterns = ()
    sold: Patterns = ()
    because: str
    source: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the product said of a workload, reduced to what is judged and shown.

    ``text`` is every sentence of it: reasons and notes, or the misses, or the mistake.
    ``measured_*`` are what the answer says would be left after the benchmark that it asks for.
    """

    workload: str
    answer: Literal["placement", "nothing-fits", "input-error"]
    text: tuple[str, ...]
    machine: str = ""
    vcpu: int = 0
    region: str = ""
    country: str = ""
    cloud: str = ""
    hosting: str = ""
    precision: str = ""
    stack: str = ""
    replicas_minimum: int = 0
    replicas_peak: int = 0
    replicas_mean: float = 0.0
    usd_month: float = 0.0
    measured_replicas_peak: int | None = None
    measured_usd_month: float | None = None
    kgco2e_month: tuple[float, float, float] | None = None
    first_token_ms: float | None = None
    token_ms: float | None = None
    request_ms: float | None = None


class Judgement(msgspec.Struct, frozen=True):
    """The grade of an answer, with each reason that it is not right."""

    grade: Grade
    reasons: tuple[str, ...] = ()


def read_case(path: Path) -> Case:
    """A file of the panel; ``InputError`` has the field and the fix."""
    return convert(read_document(path), Case)


def panel() -> tuple[Case, ...]:
    """Every workload of the panel, in the order of its files."""
    return tuple(read_case(path) for path in sorted(WORKLOADS.glob("*.yaml")))


def never() -> tuple[Barred, ...]:
    """What no answer may choose."""
    return convert(read_document(HERE / "never.yaml"), tuple[Barred, ...])


def judge(answer: Answer, case: Case, barred: tuple[Barred, ...]) -> Judgement:
    """The worst grade of all that is wrong with an answer, and each reason."""
    found = list(_found(answer, case.expected, barred, case.workload))
    grades: list[Grade] = ["right", *(grade for grade, _ in found)]
    worst = max(grades, key=GRADES.index)
    return Judgement(worst, tuple(reason for _, reason in found))


def _found(
    answer: Answer, expected: Expected, barred: tuple[Barred, ...], workload: dict[str, Any]
) -> Iterator[tuple[Grade, str]]:
    if answer.answer != expected.answer:
        yield "wrong", f"{answer.answer}, where {expected.answer} is expected"
        return
    text = " ".join(answer.text).lower()
    for says in expected.says:
        spoken = any(words.lower() in text for words in says.any_of)
        of_any = says.machines == ("*",)  # a refusal names no machine
        if (of_any or _matches(says.machines, (answer.machine,))) and not spoken:
            yield "doubtful", f"does not say {' or '.join(says.any_of)}"
    if answer.answer != "placement":
        return
    sold = workload.get("where", {}).get("sold", ())
    for bar in barred:
        if set(bar.sold) & set([sold] if isinstance(sold, str) else sold):
            continue
        where = (answer.region, answer.country)
        if _matches(bar.machines, (answer.machine,)) and not _matches(bar.except_in, where):
            yield "wrong", f"{answer.machine} in {answer.region}: {bar.because}"
    for what, choice, names in (
        ("machine", expected.machines, (answer.machine,)),
        ("region", expected.regions, (answer.region, answer.country)),
        ("precision", expected.precisions, (answer.precision,)),
    ):
        if (grade := choice.grade(*names)) != "right":
            verdict = "can be argued for" if grade == "doubtful" else "is not accepted"
            yield grade, f"{what} {names[0]} {verdict}"
    alone = answer.replicas_minimum <= 1 and answer.vcpu < FEW_VCPU
    if workload.get("environment") == "prod" and alone:
        yield "doubtful", f"one {answer.machine} with {answer.vcpu} vCPU is all that production has"
    for what, value, measured, band, unit in (
        (
            "replicas at the peak",
            answer.replicas_peak,
            answer.measured_replicas_peak,
            expected.replicas,
            "",
        ),
        ("cost", answer.usd_month, answer.measured_usd_month, expected.usd_month, " USD/month"),
        ("first token", answer.first_token_ms, None, expected.first_token_ms, " ms"),
    ):
        if band is None or value is None or (grade := _grade_of(value, band)) == "right":
            continue
        benchmark = ""
        if not unit and band[0] - 1 <= value <= band[1] + 1:
            grade = "doubtful"  # a count that is off by one
        elif grade == "wrong" and measured is not None and _grade_of(measured, band) != "wrong":
            grade, benchmark = "doubtful", f"; {measured:,.0f} after the benchmark that it asks for"
        yield grade, f"{what} {value:,.0f}{unit}, where {_band(band)}{unit} is expected{benchmark}"


def _grade_of(value: float, band: Band) -> Grade:
    low, high = band
    if low <= value <= high:
        return "right"
    return "doubtful" if low / SLACK <= value <= high * SLACK else "wrong"


def _band(band: Band) -> str:
    return f"{band[0]:,.0f} to {band[1]:,.0f}"


def _matches(patterns: Patterns, names: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names if name)

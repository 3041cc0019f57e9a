"""The product's answers to the panel: asked of the live catalogue, or as last recorded."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue, load
from lichen.document import InputError
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.placing.reasons import about_measuring
from lichen.workload import as_workload
from tests.placements.panel import HERE, Answer, Case

RECORDED = HERE / "answers.json"


def ask(case: Case, catalogue: Catalogue | None = None) -> Answer:
    """What the product says of a workload; without the warnings that depend on the day."""
    name, catalogue = case.name, catalogue or load()
    try:
        question = Question.of(
            as_workload(case.workload), catalogue=catalogue, objective=case.asked.objective
        )
        question = replace(question, today=None, makes=None if case.asked.any else question.makes)
        answer = place(question)
    except InputError as error:
        return Answer(workload=name, answer="input-error", text=(str(error),))
    if isinstance(answer, NoPlacement):
        misses = tuple(f"{miss.machine}: {miss.reason}; {miss.relax}" for miss in answer.nearest)
        return Answer(workload=name, answer="nothing-fits", text=misses)
    return _of_placement(answer, catalogue)


def _of_placement(answer: Placement, catalogue: Catalogue) -> Answer:
    chosen, sizing = answer.chosen, answer.sizing
    prediction, grams = sizing.prediction, chosen.gco2e_month
    first, token = prediction.time_to_first_token_ms, prediction.time_per_output_token_ms
    # What is measured first: the chosen machine, else the one that would then be chosen.
    worth = next(iter(answer.worth_measuring), None)
    return Answer(
        workload=answer.workload,
        answer="placement",
        text=(*answer.because, *answer.notes, *map(about_measuring, answer.worth_measuring)),
        machine=chosen.machine,
        vcpu=int(catalogue.machine(chosen.machine).vcpu),
        region=chosen.region,
        country=catalogue.region(chosen.region).country or "",
        cloud=chosen.cloud,
        hosting=chosen.hosting,
        precision=chosen.precision,
        stack=chosen.stack,
        replicas_minimum=chosen.replicas_minimum,
        replicas_peak=chosen.replicas_peak,
        replicas_mean=_short(chosen.replicas_mean),
        usd_month=_short(chosen.usd_month),
        measured_replicas_peak=(
            None if worth is None else chosen.replicas_peak - worth.replicas_peak
        ),
        measured_usd_month=(None if worth is None else _short(chosen.usd_month - worth.usd_month)),
        kgco2e_month=(
            _short(grams.low / 1e3),
            _short(grams.likely / 1e3),
            _short(grams.high / 1e3),
        ),
        first_token_ms=None if first is None else _short(first.likely),
        token_ms=None if token is None else _short(token.likely),
        request_ms=_short(prediction.request_ms.likely),
    )


def recorded(path: Path = RECORDED) -> dict[str, Answer]:
    """The answers that ``make placements`` last wrote, by workload."""
    answers = msgspec.json.decode(path.read_bytes(), type=tuple[Answer, ...])
    return {answer.workload: answer for answer in answers}


def record(answers: tuple[Answer, ...], path: Path = RECORDED) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(answers), indent=1) + b"\n")


def _short(value: float) -> float:
    """Three significant digits: what is shown, and steady in a file."""
    return float(f"{value:.3g}")

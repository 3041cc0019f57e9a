"""What every door asks of placing: one workload with all that the answer depends on.

The command, the component and the refresh make a :class:`Question` by :meth:`Question.of`, so that
the same workload file gets the same placement from each of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import Made
from lichen.day import present_day
from lichen.defaults import COST_TOLERANCE_PCT
from lichen.document import InputError, did_you_mean, named_by, read_document
from lichen.evaluation import RATES, Evaluation
from lichen.evidence import Record, read_record
from lichen.parsing.content import text_in
from lichen.placing.allowed import check_where
from lichen.placing.buying import check_sold
from lichen.prompt_tokens import estimated_tokens, fixed_part, prefixes_of
from lichen.upwards import CONFIGURATION, find_upwards
from lichen.visible import visible
from lichen.words import Objective, Precision
from lichen.workload import ModelCard, Workload


class Pin(msgspec.Struct, frozen=True):
    """The one offer that is asked about: a machine in a region."""

    machine: str
    region: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A workload, and everything else that decides its placement.

    ``evidence`` narrows what is predicted where it was measured. ``makes`` are the rows that say
    what a component can make; None places the workload without asking that. ``own_images``: the
    user gives the serving image, or a registry with copies of the published ones, so that it does
    not matter where those are published. ``today`` is used to warn about stale figures; without it
    there are no warnings. ``pin`` leaves one offer alone. The workload has the evaluations
    of its own records too. ``prefix_tokens`` are the likely tokens of a request's prompts before
    anything that varies; None where it names no prompts.
    """

    workload: Workload
    card: ModelCard
    catalogue: Catalogue
    evidence: tuple[Record, ...] = ()
    makes: tuple[Made, ...] | None = None
    own_images: bool = False
    objective: Objective = "carbon"
    cost_tolerance_pct: float = COST_TOLERANCE_PCT
    today: datetime.date | None = None
    pin: Pin | None = None
    prefix_tokens: float | None = None

    @classmethod
    def of(
        cls,
        workload: Workload,
        *,
        near: Path | None = None,
        catalogue: Catalogue | None = None,
        objective: Objective = "carbon",
        cost_tolerance_pct: float = COST_TOLERANCE_PCT,
        any_image: bool = False,
        own_registry: bool = False,
        today: datetime.date | None = None,
        keep_budget: bool = True,
    ) -> Question:
        """The question that a workload asks where it is: ``near`` is its file, or a folder.

        The catalogue is the one of the lichen.yaml above ``near`` unless it is given; the records
        of ``evidence`` are read relative to ``near``. ``any_image``: the user gives a serving
        image, so that no published one is needed; ``own_registry``: a registry with copies of the
        published ones. ``today`` left out is the present day. Prompts over their budget are refused
        unless ``keep_budget`` is False, for who counts them.
        :class:`InputError` where the workload or a file that it names is wrong.
        """
        if catalogue is None:
            catalogue = catalogue_near(near)
        card = model_card(workload, catalogue)
        check_where(workload.where, catalogue)
        check_sold(workload)
        _check_tokens(workload, card)
        _check_floor(workload)
        folder = Path() if near is None else near if near.is_dir() else near.parent
        texts = [text for _, text in prompt_texts(workload, folder)]
        if keep_budget:
            _check_prompts(workload, texts)
        records = tuple(_records(workload.evidence, folder))
        _check_evaluations(workload.evaluations, catalogue)
        for file, record in zip(workload.evidence, records, strict=True):
            try:
                _check_evaluations(record.evaluations, catalogue)
            except InputError as error:
                raise error.within(str(folder / file)) from None
        return cls(
            workload=msgspec.structs.replace(
                workload,
                evaluations=(
                    *workload.evaluations,
                    *_evaluations_of(records, card, catalogue),
                ),
            ),
            card=card,
            catalogue=catalogue,
            evidence=records,
            makes=makes_of(catalogue, any_image=any_image),
            own_images=any_image or own_registry,
            objective=objective,
            cost_tolerance_pct=cost_tolerance_pct,
            today=today or present_day(),
            prefix_tokens=sum(estimated_tokens(part).likely for part in prefixes_of(texts))
            if texts
            else None,
        )


def catalogue_near(near: Path | None) -> Catalogue:
    """The installed catalogue, or with the own rows that the lichen.yaml above ``near`` names.

    Only the key ``catalogue`` is read: the rest of the file is the rules' to check.
    """
    found = None if near is None else find_upwards(CONFIGURATION, near)
    if found is None:
        return load()
    document = read_document(found)
    folder = document.get("catalogue") if isinstance(document, dict) else None
    if folder is None:
        return load()
    if not isinstance(folder, str):
        raise InputError(
            "is not a directory",
            fix="name the directory of your own rows",
            field="catalogue",
            document=str(found),
        )
    return load(overlay=found.parent / folder)


def makes_of(catalogue: Catalogue, *, any_image: bool = False) -> tuple[Made, ...]:
    """The rows of what components make; of any kind of model where the user gives the image."""
    rows = catalogue.table("makes", Made)
    if not any_image:
        return rows
    return tuple(msgspec.structs.replace(row, kinds=()) for row in rows)


def model_card(workload: Workload, catalogue: Catalogue) -> ModelCard:
    """The workload's model: its own card, or the catalogue's of that name."""
    if isinstance(workload.model, ModelCard):
        return workload.model
    try:
        return catalogue.model(workload.model)
    except InputError as error:
        if error.document:  # a table that cannot be read, not the workload's name
            raise
        raise InputError(error.wrong, fix=error.fix, field="model") from None


def _check_tokens(workload: Workload, card: ModelCard) -> None:
    """A language model is sized by its tokens: without them nothing can be predicted."""
    if not card.generates:
        return
    for field in ("input_tokens", "output_tokens"):
        if getattr(workload.traffic, field) is None:
            raise InputError(
                f"is required, since {card.name} is a language model",
                fix=f"add {field}: of a typical request",
                field=f"traffic.{field}",
            )


def _check_floor(workload: Workload) -> None:
    if workload.environment == "prod" and workload.availability.minimum_replicas == 0:
        raise InputError(
            "production at zero replicas answers nobody until one has started",
            fix="set minimum_replicas to 1 or leave it out, or environment: dev",
            field="availability.minimum_replicas",
        )


def _records(named: Sequence[str], folder: Path) -> Iterator[Record]:
    """The records of ``evidence``; one that is not there is the workload's mistake."""
    for index, name in enumerate(named):
        with named_by(f"evidence[{index}]", folder / name, name):
            yield read_record(folder / name)


def prompt_texts(workload: Workload, folder: Path) -> tuple[tuple[str, str], ...]:
    """The workload's prompts, each a name and its text; files are looked for in ``folder``.

    :class:`InputError` where a prompt has no text, or its file cannot be read.
    """
    found = []
    for index, prompt in enumerate(workload.prompts.templates):
        if (prompt.text is None) == (prompt.file is None):
            raise InputError(
                "needs a text or a file, not both",
                fix="give text: or file:",
                field=f"prompts.templates[{index}]",
            )
        text = prompt.text
        if text is None:
            file = folder / str(prompt.file)
            with named_by(f"prompts.templates[{index}].file", file, str(prompt.file)):
                text = text_in(file, _MOST_PROMPT_MIB)
        found.append((prompt.name, text))
    return tuple(found)


_MOST_PROMPT_MIB = 16


def _check_evaluations(evaluations: Sequence[Evaluation], catalogue: Catalogue) -> None:
    """Refuse a variant that is no precision, no model of the catalogue, and neither of RATES."""
    known = (*get_args(Precision), *RATES)
    for index, each in enumerate(evaluations):
        if each.variant not in known and each.variant not in catalogue.models:
            raise InputError(
                f"{visible(each.variant)!r} is no precision and no known model",
                fix=did_you_mean(
                    each.variant,
                    (*known, *catalogue.models),
                    otherwise=f"name a precision such as fp8, a model of `lichen catalogue models`,"
                    f" or {' or '.join(RATES)}",
                ),
                field=f"evaluations[{index}].variant",
            )


def _evaluations_of(
    records: Sequence[Record], card: ModelCard, catalogue: Catalogue
) -> Iterator[Evaluation]:
    """Those of the model's own records; of another model's, only what names a model itself: how
    well another model answers in 8 bits says nothing of this one."""
    for record in records:
        for each in record.evaluations:
            if record.model == card.name or each.variant in catalogue.models:
                yield each


def _check_prompts(workload: Workload, texts: Sequence[str]) -> None:
    """A budget that the prompts are surely over refuses the workload."""
    budget = workload.prompts.budget_tokens
    if budget is None or not texts:
        return
    least = sum(estimated_tokens(fixed_part(text)).low for text in texts)
    if least > budget:
        raise InputError(
            f"is {budget:,}, and the prompts take at least {least:,.0f} tokens",
            fix="shorten them (`lichen prompts` says where), or raise the budget",
            field="prompts.budget_tokens",
        )

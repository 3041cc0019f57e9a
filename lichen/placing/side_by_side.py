"""The best of each cloud side by side, what moving there costs, and what is given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

import msgspec
from msgspec.structs import replace

from lichen.catalogue.schema import EgressWaiver, Hosting, HostingStart
from lichen.clouds import REGIONAL
from lichen.egress import egress_usd
from lichen.figures import grams, many, usd
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Option, Placement
from lichen.placing.question import Question
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import GIB, weights_gib
from lichen.workload import Where

CLUSTER = "kubernetes"
"""The group of hostings that is a place of its own: a cluster moves between clouds."""

_ELSEWHERE = ("cloud", "where")
"""Kinds of reasons that say that an offer is in another cloud, or where the workload may not be."""

COPY_GB_S = 0.1
"""How fast files are copied from cloud to cloud (design choice: a link of 1 Gbit/s, not filled)."""


class Relocation(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to move a workload from one place to another, once.

    ``egress_usd`` is what the cloud that is left asks for the model's files and the data; 0 within
    a region, None where its prices are not known. ``waivers`` are clauses that say who pays less.
    ``hours`` are the least: copying, starting a replica and loading; None where no start is known.
    ``work`` is what somebody has to do, as clauses: its hours are not in ``hours``.
    """

    files_gb: float
    data_gb: float
    egress_usd: float | None
    waivers: tuple[str, ...]
    hours: float | None
    work: tuple[str, ...]


class InCloud(msgspec.Struct, frozen=True, kw_only=True):
    """The best of one cloud, or of the clusters of all.

    ``option`` is None where nothing does the work there, and ``why_none`` says why. ``moving`` is
    None for the place that the workload is moved from. ``given_up`` are clauses.
    """

    place: str
    option: Option | None
    why_none: str = ""
    moving: Relocation | None = None
    given_up: tuple[str, ...] = ()


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """A workload in every cloud, and what moving from the first place would take.

    ``lifted`` are the fields of ``where`` that name clouds, hostings or regions and that were left
    out of account, so that each cloud has an answer; countries, residency and distance hold.
    ``nowhere`` is why nothing does the work where these fields allow it, "" where something does:
    the workload is then moved from the place with the least carbon.
    """

    workload: str
    model: str
    moved_from: str
    lifted: tuple[str, ...]
    beside: tuple[InCloud, ...]
    nowhere: str = ""


def side_by_side(question: Question, data_gb: float = 0.0) -> SideBySide:
    """The best of each cloud and of the clusters, moved from where the workload would go today.

    ``data_gb`` is the data beside the model that moves with it.
    """
    where = question.workload.where
    lifted = tuple(name for name in ("clouds", "hosting", "regions") if getattr(where, name))
    clusters = tuple(
        row.name for row in question.catalogue.hostings.values() if row.kind == CLUSTER
    )
    found: dict[str, Placement | NoPlacement] = {}
    for name in (*REGIONAL, CLUSTER):
        anywhere = replace(where, clouds=(), hosting=(), regions=())
        narrowed: Where = (
            replace(anywhere, hosting=clusters)
            if name == CLUSTER
            else replace(anywhere, clouds=(name,))
        )
        asked = replace(question, workload=replace(question.workload, where=narrowed))
        found[name] = place(asked, runners_up=0)
    today = place(question, runners_up=0)
    here = today.chosen if isinstance(today, Placement) else _best(found)
    beside = [_beside(question, name, answer, here, data_gb) for name, answer in found.items()]
    if here is not None and lifted:
        # What the workload itself allows need not be the best of its cloud.
        beside = [
            InCloud(place=here.cloud, option=here) if each.place == here.cloud else each
            for each in beside
        ]
    return SideBySide(
        workload=question.workload.name,
        model=question.card.name,
        moved_from="" if here is None else here.cloud,
        lifted=lifted,
        beside=tuple(sorted(beside, key=lambda each: each.moving is not None)),
        # A hosting that the file leaves out is not why: it says so itself.
        nowhere=(
            _why_none(today, (*_ELSEWHERE, "hosting")) if isinstance(today, NoPlacement) else ""
        ),
    )


def _best(found: dict[str, Placement | NoPlacement]) -> Option | None:
    """The option with the least carbon, where the workload itself allows none."""
    options = [it.chosen for it in found.values() if isinstance(it, Placement)]
    return min(options, key=lambda option: option.gco2e_month.likely, default=None)


def _beside(
    question: Question,
    name: str,
    answer: Placement | NoPlacement,
    here: Option | None,
    data_gb: float,
) -> InCloud:
    if isinstance(answer, NoPlacement):
        return InCloud(place=name, option=None, why_none=_why_none(answer))
    option = answer.chosen
    if here is None or (name == here.cloud and name != CLUSTER):
        return InCloud(place=name, option=option)
    return InCloud(
        place=name,
        option=option,
        moving=_moving(question, here, answer, data_gb),
        given_up=tuple(_given_up(question, here, option)),
    )


def _why_none(answer: NoPlacement, elsewhere: Collection[str] = _ELSEWHERE) -> str:
    """The reason that most offers lost for, of those that may be there at all."""
    reasons = Counter(loser.reason for loser in answer.rejected if loser.kind not in elsewhere)
    if not reasons:
        return "no offer is where the workload may be"
    reason, offers = reasons.most_common(1)[0]
    return f"{reason} ({many(offers, 'offer')} of {reasons.total():,})"


def _moving(question: Question, here: Option, answer: Placement, data_gb: float) -> Relocation:
    there = answer.chosen
    files_gb = model_files_gb(question, there)
    catalogue = question.catalogue
    left, reached = catalogue.regions[here.region], catalogue.regions[there.region]
    copied_gb = 0.0 if left is reached else files_gb + data_gb
    return Relocation(
        files_gb=files_gb,
        data_gb=data_gb,
        egress_usd=egress_usd(left, reached, copied_gb, catalogue),
        waivers=() if here.cloud == there.cloud else tuple(_waivers(question, here.cloud)),
        hours=_hours(question, there, files_gb, copied_gb),
        work=tuple(_work(question, here, answer)),
    )


def model_files_gb(question: Question, option: Option) -> float:
    """The model's files at an option's precision, in GB."""
    known = knowledge(question.catalogue)
    chip = known.chips.of_machine(question.catalogue.machine(option.machine))
    kind = "gpu" if chip is None else chip.kind
    return (weights_gib(question.card, option.precision, known.formats, kind) or 0.0) * GIB / 1e9


def _waivers(question: Question, cloud: str) -> Iterator[str]:
    for row in question.catalogue.table("egress_waivers", EgressWaiver):
        if row.cloud == cloud:
            yield f"{row.who}, since {row.since}"


def _hours(question: Question, there: Option, files_gb: float, copied_gb: float) -> float | None:
    starts = {row.hosting: row for row in question.catalogue.table("starts", HostingStart)}
    start = starts.get(there.hosting)
    if start is None:
        return None
    load_s = start.boot_s + files_gb / start.load_gb_s
    return (copied_gb / COPY_GB_S + load_s) / 3600


def _work(question: Question, here: Option, answer: Placement) -> Iterator[str]:
    """What somebody has to do before the workload runs there."""
    there, catalogue = answer.chosen, question.catalogue
    was, will = (catalogue.machine(option.machine).architecture for option in (here, there))
    if was != will:
        yield f"an image for {will} instead of {was}"
    if answer.compile_command is not None:
        yield f"compile the model: {answer.compile_command}"
    elif there.stack != here.stack:
        yield f"files that {there.stack} reads, instead of {here.stack}"
    if there.precision != here.precision:
        yield f"files in {there.precision} instead of {here.precision}, and a look at the answers"
    if there.unmade is not None:
        yield f"provision it by hand: {there.unmade}"


def _given_up(question: Question, here: Option, there: Option) -> Iterator[str]:
    """What the present place has and the other has not."""
    hostings = question.catalogue.hostings
    was, will = hostings[here.hosting], hostings[there.hosting]
    if was.kind in _LOOKED_AFTER and will.kind not in _LOOKED_AFTER:
        yield f"a managed hosting: {was.title} looks after its {was.unit}, on {will.title} you do"
    if _wakes(was) and not _wakes(will):
        yield "replicas that go to zero by themselves and wake for a request"
    if there.price_known != "published" and here.price_known == "published":
        yield f"a published price: this one is {there.price_known}"
    dearer, dirtier = there.usd_month - here.usd_month, _more_grams(here, there)
    if dearer > 0:
        yield f"{usd(dearer)} a month, which it costs more"
    if dirtier > 0:
        yield f"{grams(dirtier)} CO2e a month, which it emits more"


_LOOKED_AFTER = ("managed", "serverless")
"""Kinds of hosting whose machines the cloud looks after."""


def _wakes(hosting: Hosting) -> bool:
    return hosting.reaches_zero == "yes"


def _more_grams(here: Option, there: Option) -> float:
    return there.gco2e_month.likely - here.gco2e_month.likely

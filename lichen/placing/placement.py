"""The answers of placing: the offer to take, or why none fits."""

from __future__ import annotations

from typing import Literal

import msgspec

from lichen.catalogue.schema import Basis
from lichen.emissions import Footprint
from lichen.evaluation import Evaluation
from lichen.interval import Interval
from lichen.sizing import Origin, Saving, Sizing, Step
from lichen.words import Objective, Precision, WayOfBuying


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer that lost, with the one reason.

    ``shortfall`` is the need over what is available, above 1; None where it cannot be given.
    """

    machine: str
    region: str
    kind: str
    reason: str
    shortfall: float | None = None


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """How near a machine came to doing the work, and what to relax so that it does."""

    machine: str
    reason: str
    relax: str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that does the work, at one precision.

    ``replicas_needed`` and ``usd_month_needed`` are intervals: what the peak and the day take if
    the machine is at the fast or the slow end of its predicted speed, with what is planned between
    them. The intervals of grams count that too, beside the watts' and the making's.
    ``usd_*`` and ``gco2e_*`` count the replicas over a day, idle hours included; ``*_unit`` is for
    one functional unit (see Placement.functional_unit), None where there is no traffic.
    ``hosting`` is the name of a row of hostings.csv, ``sold`` the way of buying that the price is
    of. ``price_basis`` says whether the price is a managed hosting's or the bare machine's,
    ``price_known`` how it is known: published, derived from other regions, or assumed. ``unmade``
    is the reason why no component can make it: such an option is chosen only where no component
    can make any offer that does the work.
    """

    machine: str
    region: str
    cloud: str
    hosting: str
    hosting_title: str
    precision: Precision
    stack: str
    replicas_minimum: int
    replicas_peak: int
    replicas_maximum: int
    replicas_mean: float
    replicas_needed: Interval
    usd_hour: float
    usd_month: float
    usd_month_needed: Interval
    usd_unit: float | None
    price_basis: Literal["hosting", "machine"]
    price_known: Basis
    sold: WayOfBuying
    gco2e_hour: Interval
    gco2e_month: Interval
    gco2e_unit: Interval | None
    unmade: str | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Another option beside the chosen one.

    ``usd_tonne`` are the dollars for each tonne of CO2e that the cleaner of the two avoids; None
    where that one costs no more, or where neither is cleaner.
    """

    option: Option
    usd_tonne: float | None


class Hinge(msgspec.Struct, frozen=True, kw_only=True):
    """An assumed figure that the choice hangs on: within its interval another offer wins.

    ``figure`` is in ``unit``, assumed for ``machine``. ``flips_at`` is the value beyond which
    ``then_machine`` in ``then_region`` would be chosen: above it, or below where it is less than
    the likely one.
    """

    figure: Literal["embodied carbon", "power", "price"]
    machine: str
    unit: str
    assumed: Interval
    flips_at: float
    then_machine: str
    then_region: str


class WorthMeasuring(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark of a machine would likely save, if it finds the predicted speed.

    A measured speed has a narrow interval, so that fewer replicas hold with the same confidence.
    ``replicas_peak`` are those fewer at the peak; dollars and grams are less than those of the
    chosen placement, negative where they are more. ``chosen`` says whether the machine is the one
    that is chosen already; another would be chosen once it is measured.
    """

    machine: str
    region: str
    chosen: bool
    replicas_peak: int
    usd_month: float
    gco2e_month: float


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """The same workload served another way, in the chosen region and on the chosen hosting.

    ``name`` is a precision, a model, or what is done, with what drafts tokens. ``then`` is the
    option that it would take; None where nothing there serves it, or where no figure is known.
    ``usd_month_less`` and ``gco2e_month_less`` are what it costs and emits less than the choice,
    likely; negative where they are more. ``assumes`` is a clause that says what the figures rest
    on, ``breaks_even`` from where on it saves anything; empty without any. ``needs`` is the
    evidence that it needs, ``evaluations`` what there is of it. ``is_shown`` says whether that
    shows that it is good enough; None where there is none, or nobody says which score is.
    """

    kind: Literal["precision", "smaller-model", "prefix-caching", "speculative-decoding"]
    name: str
    then: Option | None
    usd_month_less: float | None
    gco2e_month_less: float | None
    assumes: str
    breaks_even: str
    needs: str
    evaluations: tuple[Evaluation, ...] = ()
    is_shown: bool | None = None


class Placement(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="placement"):
    """The offer to take, and every reason for it.

    ``steps`` are the receipt: the arithmetic from the model's size to grams and dollars.
    ``savings`` are other ways to run the same machine, ``variants`` other ways to serve the model:
    None where they were not asked for. ``notes`` say which of the rows behind it
    are stale, which are the organisation's own, and what its benchmark records changed.
    ``chosen_by`` says what the choice has least of. ``cheapest`` and ``greenest`` are of the offers
    that could have been chosen, with what a tonne avoided costs; None where that is the choice.
    ``origin`` says what the predicted speed rests on. ``compile_command`` makes the model's files
    where the stack runs compiled ones; None where it runs others.
    """

    workload: str
    model: str
    objective: Objective
    cost_tolerance_pct: float
    chosen_by: str
    functional_unit: str
    chosen: Option
    cheapest: Compared | None
    greenest: Compared | None
    sizing: Sizing
    origin: Origin
    footprint: Footprint
    because: tuple[str, ...]
    hinges: tuple[Hinge, ...]
    worth_measuring: tuple[WorthMeasuring, ...]
    notes: tuple[str, ...]
    compile_command: str | None
    steps: tuple[Step, ...]
    savings: tuple[Saving, ...]
    variants: tuple[Variant, ...] | None
    runners_up: tuple[Option, ...]
    front: tuple[Option, ...]
    by_cloud: tuple[Option, ...]
    rejected: tuple[Rejected, ...]


class NoPlacement(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="nothing-fits"
):
    """Nothing fits: the nearest misses with what to relax, and every offer's reason.

    ``likely`` is what would be chosen if every machine were as fast as is likely: it lacks the
    ``confidence`` that is wanted, not the speed, so that a benchmark of it may be all that is
    missing. None where nothing would do even so. ``compile_command`` compiles the model's files for
    a shape that serves the workload, where they are compiled for one that does not.
    """

    workload: str
    model: str
    confidence: float
    likely: Option | None
    compile_command: str | None
    nearest: tuple[Miss, ...]
    rejected: tuple[Rejected, ...]

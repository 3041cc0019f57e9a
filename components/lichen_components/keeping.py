"""Where an endpoint stays: on its machine and in its region, unless moving is worth it."""

from __future__ import annotations

import msgspec

from lichen.catalogue import Catalogue
from lichen.document import InputError, did_you_mean
from lichen.figures import percent
from lichen.placing.choose import place
from lichen.placing.objective import AIMS
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Pin, Question
from lichen_components.args import EndpointArgs


class Kept(msgspec.Struct, frozen=True):
    """A placement, and why it is kept where another would be chosen; "" where it is the choice."""

    placement: Placement | NoPlacement
    why: str = ""


def pin_of(args: EndpointArgs, catalogue: Catalogue) -> Pin | None:
    """The pin that was asked for; :class:`InputError` where the catalogue does not have it."""
    asked = args.get("pin")
    if asked is None:
        return None
    for field, names in (("machine", catalogue.machines), ("region", catalogue.regions)):
        name = dict(asked).get(field)
        if name is None:
            raise InputError(
                "is required: a pin is a machine in a region",
                fix=f"add {field}, or leave pin out",
                field=f"pin.{field}",
            )
        if bare(str(name)) not in names:
            raise InputError(
                f"{name!r} is not a known {field}",
                fix=did_you_mean(str(name), list(names)),
                field=f"pin.{field}",
            )
    return Pin(bare(asked["machine"]), asked["region"])


def bare(machine: str) -> str:
    """A machine type without a hosting's prefix: ``ml.inf2.xlarge`` is ``inf2.xlarge``."""
    return machine.removeprefix("ml.")


def kept(question: Question, pin: Pin | None, current: Pin | None) -> Kept:
    """The placement of a pin; else the current one, unless another gains more than the tolerance;
    else the best. Where the pinned offer cannot serve the workload, that is the answer."""
    best = place(question)
    only = pin or current
    if only is None or (isinstance(best, Placement) and _offer(best) == only):
        return Kept(best)
    stays = place(msgspec.structs.replace(question, pin=only))
    if pin is not None:
        return Kept(stays, f"it is pinned{_gain(stays, best)}")
    if not isinstance(stays, Placement) or stays.chosen.unmade is not None:
        return Kept(best)
    if isinstance(best, Placement) and _gain_pct(stays, best, question) > (
        question.cost_tolerance_pct
    ):
        return Kept(best)
    return Kept(stays, f"it is there already{_gain(stays, best)}")


def _offer(placement: Placement) -> Pin:
    return Pin(placement.chosen.machine, placement.chosen.region)


def _gain_pct(stays: Placement, best: Placement, question: Question) -> float:
    """By how much the best is less of what the objective makes least."""
    least = AIMS[question.objective].least
    now, then = (
        least(one.chosen.gco2e_month.likely, one.chosen.usd_month) for one in (stays, best)
    )
    return 100 * (1 - then / now) if now else 0.0


def _gain(stays: Placement | NoPlacement, best: Placement | NoPlacement) -> str:
    """What moving would give, in words."""
    if not isinstance(stays, Placement) or not isinstance(best, Placement):
        return ""
    there, here = best.chosen, stays.chosen
    emit = _less(here.gco2e_month.likely, there.gco2e_month.likely)
    cost = _less(here.usd_month, there.usd_month)
    return f"; moving to {there.machine} in {there.region} would emit {emit} and cost {cost}"


def _less(now: float, then: float) -> str:
    return (
        f"{percent(abs(1 - then / now))} {'less' if then <= now else 'more'}" if now else "the same"
    )

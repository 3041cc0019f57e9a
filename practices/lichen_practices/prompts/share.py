"""What prompts take of a workload's machines, money and grams in a month."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from lichen.interval import Interval
from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Pin, Question


class PromptShare(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a placement that prompts' fixed tokens are the reason of.

    ``of_input`` is their share of the input tokens; ``of_time`` of the machine's time for a
    request, which money and grams follow, idle hours included. ``cached`` is what of that time a
    cache of the prefix saves at most. ``usd_month`` and ``gco2e_month`` are that share of the
    placement's. ``replicas_less`` and ``usd_less`` are what would be needed less without them:
    often nothing where few replicas run.
    """

    machine: str
    region: str
    of_input: float
    of_time: float
    cached: float
    usd_month: float
    gco2e_month: Interval
    replicas_less: int
    usd_less: float


def share_of(question: Question, fixed: float, prefix: float) -> PromptShare | None:
    """What ``fixed`` tokens of a request take, ``prefix`` of them before anything that varies.

    None where nothing fits, or the workload has no tokens.
    """
    read = question.workload.traffic.input_tokens
    whole = place(question, runners_up=0)
    if not read or not isinstance(whole, Placement):
        return None
    less, kept = (_shorter(question, whole, min(float(read), tokens)) for tokens in (fixed, prefix))
    if less is None or kept is None:
        return None
    of_time, cached = _time_share(whole, less), _time_share(whole, kept)
    return PromptShare(
        machine=whole.chosen.machine,
        region=whole.chosen.region,
        of_input=min(1.0, fixed / read),
        of_time=of_time,
        cached=cached,
        usd_month=of_time * whole.chosen.usd_month,
        gco2e_month=whole.chosen.gco2e_month * of_time,
        replicas_less=max(0, whole.chosen.replicas_peak - less.chosen.replicas_peak),
        usd_less=max(0.0, whole.chosen.usd_month - less.chosen.usd_month),
    )


def _shorter(question: Question, whole: Placement, tokens: float) -> Placement | None:
    """The same offer for prompts that are so many tokens shorter."""
    traffic = question.workload.traffic
    # What must be served at the longest is the same: only the typical request is shorter.
    longest = traffic.longest_tokens or traffic.longest_request(question.card)
    shorter = replace(
        traffic,
        input_tokens=max(1, round((traffic.input_tokens or 0) - tokens)),
        longest_tokens=longest,
    )
    answer = place(
        replace(
            question,
            workload=replace(question.workload, traffic=shorter),
            pin=Pin(machine=whole.chosen.machine, region=whole.chosen.region),
        ),
        runners_up=0,
    )
    return answer if isinstance(answer, Placement) else None


def _time_share(whole: Placement, less: Placement) -> float:
    """The share of a request's machine time that is gone with fewer tokens."""
    now, then = whole.sizing.rps_per_replica.likely, less.sizing.rps_per_replica.likely
    return max(0.0, 1.0 - now / then) if then > 0 else 0.0

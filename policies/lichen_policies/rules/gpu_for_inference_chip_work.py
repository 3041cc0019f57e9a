"""GPU for work that an inference chip does with less power.

Why: Chips made for inference, such as AWS Inferentia and Google's TPU, do the same work for less
power and money than a GPU made for training, where a model is one that they run.

Fix: Measure the model on the machine that the message names, then move the endpoint there. The
model must be compiled for the chip.

Exceptions: It only advises: it predicts and does not measure, and a model may have an operator that
the chip does not run. The chip must run this kind of model by the catalogue's table of servers,
serve the declared peak within the declared times, draw less by the limit ``less_pct``, and cost no
more where both prices are known. Serverless endpoints are not judged.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, and finds nothing without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen_policies.facts import Serving
from lichen_policies.fleets import deployed
from lichen_policies.rule import Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``less_pct``: how much less power the inference chips must draw, in percent; ``machines``:
    the most machines that are offered instead."""

    less_pct: Annotated[float, Meta(ge=0, le=100)] = 25.0
    machines: Annotated[int, Meta(ge=1, le=1000)] = 4


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def gpu_for_inference_chip_work(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    def is_of(machine: Machine, *kinds: str) -> bool:
        chip = known.catalogue.accelerator_of(machine)
        return chip is not None and chip.kind in kinds

    here = deployed(fact, known)
    if not is_of(here.fleet.machine, "gpu"):
        raise NotApplicable("it runs on no GPU")
    yield from here.lighter(
        fact,
        lambda machine: is_of(machine, "neuron", "tpu"),
        limits.machines,
        limits.less_pct,
        f"a GPU is advised where it saves power: the limit is {limits.less_pct:g} %",
    )

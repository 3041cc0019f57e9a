"""What sizing answers: a prediction, a size, or why a machine does not fit."""

from __future__ import annotations

from typing import Literal

import msgspec

from lichen.catalogue.schema import FitBasis
from lichen.interval import Interval
from lichen.words import Precision

Basis = FitBasis


class Step(msgspec.Struct, frozen=True):
    """One line of a receipt's arithmetic: a value, its unit, its formula, and its source."""

    name: str
    value: float
    unit: str
    formula: str
    source: str


class Misfit(msgspec.Struct, frozen=True, gc=False):
    """Why a machine cannot serve a workload.

    ``shortfall`` is what is needed over what is available, above 1: how far it is from fitting;
    None where that has no meaning.
    """

    kind: Literal[
        "memory",
        "latency",
        "throughput",
        "precision",
        "context",
        "card",
        "hosting",
        "hardware",
    ]
    reason: str
    shortfall: float | None = None


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """One machine serving one model at one concurrency; intervals are 80 %.

    ``copies`` of the model run side by side, each on ``chips / copies`` chips; ``concurrency`` is
    requests in flight on the whole machine. ``request_ms`` is a request from arrival in an idle
    queue to its last token or item.
    """

    precision: Precision
    stack: str
    chips: float
    copies: int
    concurrency: float
    memory_gib: Interval
    memory_available_gib: float
    time_to_first_token_ms: Interval | None
    time_per_output_token_ms: Interval | None
    request_ms: Interval
    output_tokens_per_s: Interval | None
    requests_per_s: Interval
    basis: Basis


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """How many machines a workload takes, hour by hour, with each run inside its latency bounds.

    ``rps_per_replica`` is what one machine serves with headroom, ``headroom`` the share of its
    saturation that it is run at. ``load`` is the mean share of saturation over its
    replica-hours, and ``draw`` how far that takes their watts from idle (0) to full (1; more where
    full batches draw more than is usual). Compiled shapes are set where the stack compiles them
    (Neuron), None elsewhere.
    """

    prediction: Prediction
    chips_per_replica: float
    rps_per_replica: Interval
    headroom: float
    p95_ms: Interval | None
    replicas_minimum: int
    replicas_peak: int
    replicas_maximum: int
    replica_hours_by_hour: tuple[float, ...]
    load: float
    draw: float
    compiled_batch: int | None
    compiled_sequence_tokens: int | None

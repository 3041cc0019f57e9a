"""What sizing answers: a prediction, a size, or why a machine does not fit."""

from __future__ import annotations

from typing import Literal

import msgspec

from lichen.catalogue.schema import FitBasis, Work
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
        "compiled",
        "card",
        "chip",
        "watts",
        "retired",
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


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a predicted speed and its interval rest on.

    ``fitted``: on ``rows`` measured on this ``family`` under this ``stack``, in ``clusters`` of
    one model and setting each, by ``publishers``. ``borrowed``: on ``leans_on``, with what few rows
    there are. ``assumed``: on nothing measured. ``sources`` are those of the rows; ``apart_pct`` is
    half the range of the publishers' median errors, ``error_pct`` the median error on publishers
    that the fit had not seen. The interval itself is drawn from the errors on ``interval_rows`` of
    ``interval_publishers`` that were left out so; both are 0 where it follows from wider ones.
    ``records`` are the user's own benchmarks of this model on this machine. The factors are the
    80 % interval on times.
    """

    family: str
    stack: str
    basis: Basis
    rows: int
    clusters: int
    publishers: int
    apart_pct: float | None
    sources: tuple[str, ...]
    error_pct: float | None
    leans_on: str
    interval_rows: int
    interval_publishers: int
    records: int
    work: Work
    rate_factors: tuple[float, float]
    first_token_factors: tuple[float, float]
    token_factors: tuple[float, float]
    request_factors: tuple[float, float]


class ReplicasAtLoad(msgspec.Struct, frozen=True, kw_only=True):
    """Replicas at work: how many there are on average for a rate of requests, and how fast each is.

    Times are 95th percentiles, with the 80 % interval of the speed; ``in_flight`` are requests on
    one replica on average.
    """

    rps: float
    replicas: float
    in_flight: float
    time_to_first_token_ms: Interval | None
    time_per_output_token_ms: Interval | None
    p95_ms: Interval


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """How many machines a workload takes, hour by hour, with each run inside its latency bounds.

    The bounds and the traffic are met with ``confidence``: replicas are counted from
    ``rps_planned``, what one machine serves that surely. ``rps_per_replica`` is the 80 % interval
    of what it serves within the bounds: its low end is 0 where a machine at the slow end of its
    interval keeps them at no load. ``replicas_needed`` are those of the peak at either end of that
    interval, with those planned between them. ``prediction`` is one machine as full as it is
    allowed to be, ``headroom`` the share of its saturation that this is. ``at_mean`` and
    ``at_peak`` are the replicas that run; None where requests wait in a queue or none come.
    ``load`` is the mean share of saturation over the replica-hours, and ``draw`` how far that
    takes their watts from idle (0) to full (1; more where full batches draw more than is usual).
    ``start_up_s`` are the seconds until a new machine serves: the machine, its image, the weights,
    which are ``artifact_bytes`` at the precision. ``longest_tokens`` is the longest request of a
    language model that is served, prompt and answer. Compiled shapes are set where the stack
    compiles them (Neuron), None elsewhere: the batch, the tokens of a sequence or of a text (None
    of other models), and the cores that a copy is split over.
    """

    prediction: Prediction
    chips_per_replica: float
    confidence: float
    rps_per_replica: Interval
    rps_planned: float
    headroom: float
    at_mean: ReplicasAtLoad | None
    at_peak: ReplicasAtLoad | None
    replicas_minimum: int
    replicas_peak: int
    replicas_maximum: int
    replicas_needed: Interval
    replica_hours_by_hour: tuple[float, ...]
    load: float
    draw: float
    artifact_bytes: float
    start_up_s: float
    longest_tokens: int | None
    compiled_batch: int | None
    compiled_sequence_tokens: int | None
    tensor_parallel: int | None

"""Work that ends: training and batch jobs."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class Training(Fact, frozen=True, kw_only=True):
    """A job that trains a model.

    ``spot`` says that it runs on spare capacity, which may be taken away; ``hours_most`` is its
    limit of time, in hours. ``resumes`` says that it writes down its state, so that it can go on
    after an interruption.
    """

    machine: str | None = None
    machine_at: str = ""
    machines: int | None = 1
    spot: bool | None = None
    spot_at: str = ""
    hours_most: float | None = None
    resumes: bool | None = None
    resumes_at: str = ""
    hosting: str | None = None
    region_at: str = ""

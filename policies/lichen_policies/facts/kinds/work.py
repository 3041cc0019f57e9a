"""Work that ends, and machines for people: training jobs, notebooks."""

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


class Notebook(Fact, frozen=True, kw_only=True):
    """A machine that one person works on, or that each person gets by default.

    ``idle_h`` is how many hours it runs on while nobody works, infinity where nothing stops it,
    None where another resource says; ``to_stop`` is what to set so that it stops, in words.
    ``each`` says that there is one for each person. ``attached`` says that accelerators are
    attached to it. ``source`` is the vendor's page about what stops it.
    """

    machine: str | None = None
    machine_at: str = ""
    machine_prefix: str = ""
    attached: bool | None = False
    each: bool = False
    idle_h: float | None = None
    idle_h_at: str = ""
    to_stop: str = ""
    source: str = ""
    hosting: str | None = None

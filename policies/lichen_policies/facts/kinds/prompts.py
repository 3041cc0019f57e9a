"""Prompts of workloads."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class PromptTokens(Fact, frozen=True, kw_only=True):
    """The tokens of a workload's prompts that are the same in every request, all together.

    ``least`` and ``most`` are the ends of their interval, the same where a tokenizer counted.
    ``budget`` is what the workload allows them; None where it allows any.
    """

    budget: int | None
    budget_at: str
    least: float | None
    most: float | None

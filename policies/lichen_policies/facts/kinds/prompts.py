"""Prompts of workloads, and those that a service keeps."""

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


class StoredPrompt(Fact, frozen=True, kw_only=True):
    """A prompt that a service keeps with the model that answers it; ``most_tokens`` is how many
    tokens an answer may have, None where nothing limits it.

    ``limited_otherwise`` says that settings of the model itself, at ``limited_otherwise_at``, have
    a limit. ``model`` is None where something else than a model answers.
    """

    model: str | None = None
    model_at: str = ""
    most_tokens: int | None = None
    most_tokens_at: str = ""
    limited_otherwise: bool | None = False
    limited_otherwise_at: str = ""

"""A workload's file, with the tokens of its prompts.

It is of no cloud; of those that there are, Kubernetes is the one that is not tied to any.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import PromptTokens
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "kubernetes"
TYPES = {"workload": ("lichen:Workload",)}
FACTS = (PromptTokens,)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The PromptTokens of a workload, whether it has a budget or none."""
    prompts = properties.block("prompts")
    budget = prompts.stated_whole("budget_tokens")
    yield PromptTokens(
        path=budget.path,
        budget=field(budget.value),
        budget_at=budget.path,
        least=field(prompts.number("least_tokens")),
        most=field(prompts.number("most_tokens")),
    )

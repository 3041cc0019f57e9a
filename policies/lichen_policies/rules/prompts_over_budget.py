"""Prompts that take more tokens than their workload allows them.

Why: Each token of a prompt is read with every request, so a prompt that grows costs money and
energy for as long as it is served. A budget that nobody holds is none.

Fix: Shorten the prompts: ``lichen prompts --workload FILE`` says which part of them is fixed, and
what they take of a month. Or raise ``prompts.budget_tokens`` on purpose.

Exceptions: It judges workload files that are given to ``lichen check``, or are in a folder of it,
and that give their prompts a budget. It counts what is the same in every request, not what varies.
Without the model's own tokenizer (``prompts.tokenizer``) the count is an estimate: prompts are over
their budget only where all of its interval is, and unverified where the budget is inside of it.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import PromptTokens
from lichen_policies.rule import Finding, Known, NotApplicable, Unverified, rule


@rule(severity="medium", dev="mandatory", staging="mandatory", prod="mandatory", theme="model")
def prompts_over_budget(fact: PromptTokens, known: Known) -> Iterator[Finding]:
    budget, least, most = fact.budget, fact.least, fact.most
    if budget is None or least is None or most is None:
        raise NotApplicable("the workload gives its prompts no budget")
    if least > budget:
        tokens = f"{least:,.0f}" if least == most else f"{least:,.0f} to {most:,.0f}"
        yield Finding(
            what=f"the prompts take {tokens} tokens",
            limit=f"{fact.budget_at} allows {budget:,}",
            or_else="shorten them (lichen prompts --workload shows where), or raise "
            f"{fact.budget_at} on purpose",
            path=fact.budget_at,
        )
    elif most > budget:
        raise Unverified(
            f"the prompts take {least:,.0f} to {most:,.0f} tokens by estimate, and "
            f"{fact.budget_at} allows {budget:,}: lichen check counts them where prompts.tokenizer "
            "names the model's tokenizer.json"
        )

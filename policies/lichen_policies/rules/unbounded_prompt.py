"""Stored prompt that sets no limit on the length of its answers.

Why: Each token of an answer costs money and energy. A prompt that Bedrock keeps has its settings
beside it, and who calls it by its name gives none: without a limit there an answer may be as long
as the model can make it, tens of thousands of tokens.

Fix: Set ``maxTokens`` of the variant to the longest answer that your users need.

Exceptions: It only advises. It judges prompts of Bedrock's prompt management, each variant that
names a model; one that an agent answers is not judged. A limit of any size counts, and so does one
in the model's own settings (``additionalModelRequestFields``: ``max_tokens``, ``max_gen_len``,
``maxTokenCount`` and their like). A prompt that an application reads and sends by itself may get a
limit there: exempt it. Prompts of agents and of flows are not judged.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import StoredPrompt
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="model")
def unbounded_prompt(fact: StoredPrompt, known: Known) -> Iterator[Finding]:
    if fact.as_read("model") is None:
        raise NotApplicable("no model answers it by itself")
    if fact.most_tokens is not None or fact.limited_otherwise:
        return
    yield Finding(
        what=f"{fact.most_tokens_at} is left out, so an answer is as long as the model makes it",
        limit="a prompt must limit what one answer may take",
        or_else=f"set {fact.most_tokens_at} to the tokens of the longest answer that is needed",
        path=fact.most_tokens_at,
    )

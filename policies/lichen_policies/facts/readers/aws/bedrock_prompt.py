"""Bedrock's prompts: templates that it keeps, in variants, each with the model that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import StoredPrompt
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import UNKNOWN, Maybe, field, has_unknown, made_of

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:bedrock/agentPrompt:AgentPrompt", "aws-native:bedrock:Prompt"),
    "terraform": ("aws_bedrockagent_prompt", "awscc_bedrock_prompt"),
    "cloudformation": ("AWS::Bedrock::Prompt",),
}
FACTS = (StoredPrompt,)

_LIMIT = re.compile(r"(?i)max[a-z_]*(?:token|len)")
"""How models name the limit of an answer: ``max_tokens``, ``max_gen_len``, ``maxTokenCount``
(Amazon Bedrock User Guide, Inference request parameters)."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A StoredPrompt for each variant."""
    for variant in properties.blocks("variants", "variant"):
        limits = variant.block("inference_configuration").block("text", "texts")
        most = limits.stated_whole("max_tokens")
        model = variant.stated_text("model_id")
        yield StoredPrompt(
            path=most.path,
            model=field(model.value),
            model_at=model.path,
            most_tokens=field(most.value),
            most_tokens_at=most.path,
            limited_otherwise=field(_has_limit(variant)),
            limited_otherwise_at=variant.at("additional_model_request_fields"),
        )


def _has_limit(variant: Properties) -> Maybe[bool]:
    """Whether the settings of the model have a limit: JSON, as a text or as an object."""
    settings = variant.value("additional_model_request_fields")
    if _LIMIT.search(str(settings)):
        return True
    return made_of((settings,), UNKNOWN) if has_unknown(settings) else False

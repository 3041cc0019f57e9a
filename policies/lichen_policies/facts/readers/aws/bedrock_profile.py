"""Bedrock's application inference profile: a model whose requests may go to several regions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import RoutedModel
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:bedrock/inferenceProfile:InferenceProfile",
        "aws-native:bedrock:ApplicationInferenceProfile",
    ),
    "terraform": (
        "aws_bedrock_inference_profile",
        "awscc_bedrock_application_inference_profile",
    ),
    "cloudformation": ("AWS::Bedrock::ApplicationInferenceProfile",),
}
FACTS = (RoutedModel,)

_AREA = re.compile(r":inference-profile/([a-z-]+)\.")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A RoutedModel: the source's ARN names an area before the model (``eu.anthropic...``), or a
    model of one region."""
    source = properties.block("model_source").stated_text("copy_from")
    yield RoutedModel(path=source.path, area=field(_area(source.value)), source_at=source.path)


def _area(source: Maybe[str]) -> Maybe[str]:
    if source is None:
        return None
    found = _AREA.search(source.written if is_unknown(source) else source)
    if found is None and is_unknown(source):
        return source  # the name of the model is not known
    return found[1] if found else None

"""Variant that should scale to zero but carries its model itself.

Why: SageMaker scales an endpoint to zero instances only if its models are inference components.
With the model on the variant, SageMaker refuses the deployment, or the endpoint never reaches zero
and costs money all night.

Fix: Remove the model's name from the variant and deploy the model as an inference component, or
raise the floor to 1.

Exceptions: Endpoints that an Application Auto Scaling target scales are not judged, because an
asynchronous endpoint may scale to zero that way.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Serving
from lichen_policies.rule import Change, Finding, Known, rule


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="serving")
def scale_to_zero_without_inference_component(fact: Serving, known: Known) -> Iterator[Finding]:
    if fact.floor == 0 and fact.holds_model:
        yield Finding(
            what=f"{fact.floor_at} is 0 and {fact.holds_model_at} puts the model on the variant",
            limit="SageMaker scales to zero only endpoints whose models are inference components "
            "(SageMaker developer guide, Scale an endpoint to zero instances)",
            changes=(
                Change(
                    path=fact.holds_model_at,
                    to=None,
                    why="deploy the model as an inference component instead",
                ),
            ),
            or_else=f"set {fact.floor_at} to 1",
            path=fact.floor_at,
        )

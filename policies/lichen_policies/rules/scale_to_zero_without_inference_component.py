"""Variant that scales itself, to zero or not, but carries its model.

Why: SageMaker's managed instance scaling, which alone reaches zero machines, is for endpoints whose
models are inference components. With a model on the variant SageMaker refuses the configuration,
at any floor.

Fix: Remove the model from the variant and deploy it as an inference component. Or remove the
managed scaling: an Application Auto Scaling target scales a variant with its model, down to one
machine, or to none where the endpoint is asynchronous.

Exceptions: None: a variant without a model, or whose managed scaling is disabled, passes.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Serving
from lichen_policies.rule import Change, Finding, Known, rule


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="serving")
def scale_to_zero_without_inference_component(fact: Serving, known: Known) -> Iterator[Finding]:
    if fact.holds_model and fact.scales_itself:
        floor = fact.if_known.floor
        on = f"{fact.scaling_at} is on" if floor is None else f"{fact.floor_at} is {floor}"
        yield Finding(
            what=f"{on} and {fact.holds_model_at} puts the model on the variant",
            limit="SageMaker takes managed instance scaling only where models are inference "
            "components, at any floor (SageMaker Developer Guide, Scale an endpoint to zero "
            "instances; hashicorp/terraform-provider-aws #45926, 2026)",
            changes=(
                Change(
                    path=fact.holds_model_at,
                    to=None,
                    why="deploy the model as an inference component instead",
                ),
            ),
            or_else=f"remove {fact.scaling_at} and scale the variant with an Application Auto "
            "Scaling target",
            path=fact.floor_at,
        )

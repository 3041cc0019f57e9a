"""What the command line gives to a document that leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lichen_policies.dialects.deployment_input import Counter, DeploymentInput
from lichen_policies.facts.unknown import Maybe


def deployment_input(
    region: str | None,
    file: Path | None,
    pairs: tuple[str, ...] = (),
    *,
    exact: bool,
    counter: Counter | None = None,
) -> DeploymentInput:
    """What the command line gives to a template: ``file`` has the values of parameters, of Bicep's
    or of Terraform's variables, by its name; ``pairs`` are ``NAME=VALUE``."""
    name = "" if file is None else file.name
    of_variables = name.endswith((".tfvars", ".tfvars.json"))
    of_bicep = name.endswith(".bicepparam")
    of_template = None if of_variables or of_bicep else file
    parameters: Mapping[str, Maybe[str]] = {}
    if file is not None and of_bicep:
        from lichen_policies.dialects.azure.bicep import parameters_of  # few are given one

        parameters = parameters_of(file)
    if of_template is not None or pairs:
        from lichen_policies.dialects import cloudformation_parameters  # few are given any

        parameters = {**parameters, **cloudformation_parameters.of(of_template, pairs)}
    return DeploymentInput(
        region=region,
        parameters=parameters,
        variables_file=file if of_variables else None,
        exact=exact,
        counter=counter,
    )

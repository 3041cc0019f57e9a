"""Templates of Azure that another engine deploys, or Bicep writes into itself: what is in them is
judged in place of the deployment, under its address.

Sources: Terraform registry, azurerm_resource_group_template_deployment; Pulumi registry,
azure-native.resources.Deployment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from lichen_policies.dialects import azure_template
from lichen_policies.dialects.azure import is_deployment
from lichen_policies.dialects.azure.functions import OPEN
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import is_unknown

_TEMPLATE = ("template_content", "template_body", "template")
_PARAMETERS = ("parameters_content", "parameters_body", "parameters")
_UNREAD = "deploys a template that is not here, which is not read"


def expanded(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Resources with what each deployment among them deploys, in its place."""
    for each in resources:
        if is_deployment(each.type) and not each.unseen:
            yield from _deployed(each)
        else:
            yield each


def _deployed(deployment: Resource) -> Iterator[Resource]:
    whole = Properties(deployment.properties, deployment.dialect)
    own = whole.block("properties") or whole
    template = _object(own.scalar(*_TEMPLATE))
    if not isinstance(template, Mapping) or "resources" not in template:
        yield msgspec.structs.replace(deployment, unseen=_UNREAD)
        return
    passed = _object(own.scalar(*_PARAMETERS))
    given = DeploymentInput(parameters=_values(passed), whole=not is_unknown(passed))
    for each in azure_template.resources(template, deployment.file or "", given):
        yield msgspec.structs.replace(
            each,
            address=f"{deployment.address}/{each.name}",
            environment=deployment.environment,
            line=deployment.line,
            document=deployment.document,
            stays=deployment.stays,
        )


def _object(written: Any) -> Any:
    """An object, or one that is written as JSON."""
    if not isinstance(written, str):
        return written
    try:
        return json.loads(written)
    except ValueError:
        return None


def _values(passed: Any) -> dict[str, Any]:
    """The values of parameters: each is in an object of its own, but in azurerm's oldest."""
    if not isinstance(passed, Mapping):
        return {}
    return {
        name: each.get("value", OPEN) if isinstance(each, Mapping) else each
        for name, each in passed.items()
    }

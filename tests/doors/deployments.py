"""A rule's example as what a door is given: a plan, a preview, a state, a template, a manifest, or
what the engine asks a policy pack.

A value that is not known yet is written as each dialect writes it, with what it refers to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from lichen_policies.cases import Case
from lichen_policies.dialects.azure.declared import PARENTS
from lichen_policies.facts import Resource, Unknown
from lichen_policies.facts.properties import BESIDE_PROPERTIES
from lichen_policies.facts.reading import reader_of
from pulumi.runtime.proto import analyzer_pb2 as rpc

from timing.pack_process import UNKNOWN, struct

PROVIDERS = {"aws": "aws", "google": "gcp", "azure": "azure-native"}
"""The plugin that Pulumi names for each cloud."""


def written(case: Case, folder: Path) -> Path:
    """A file in a folder of its own with the deployment of a case."""
    write, name = {
        "terraform": (plan, "terraform.json"),
        "pulumi": (preview, "pulumi.json"),
        "cloudformation": (template, "cloudformation.json"),
        "azure": (azure_template, "azure.json"),
        "workload": (workload, "workload.json"),
        "kubernetes": (manifests, "objects.yaml"),
    }[case.dialect]
    return saved(write(case), folder / name)


def saved(document: Any, path: Path) -> Path:
    """The file of a document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(document))
    return path


def text_of(document: Any) -> str:
    """A document as it is written: JSON where it is no text."""
    return document if isinstance(document, str) else json.dumps(document)


def workload(case: Case) -> dict[str, Any]:
    """A workload's file whose prompt takes at least the tokens of the case, by estimate."""
    prompts = case.resource.properties["prompts"]
    text = "word " * round(prompts["least_tokens"] / 0.8)
    return {
        "name": "chat",
        "model": "meta-llama/Llama-3.1-8B",
        "traffic": {"peak_rps": 1, "input_tokens": 2000, "output_tokens": 100},
        "prompts": {
            "budget_tokens": prompts["budget_tokens"],
            "templates": [{"name": "system", "text": text}],
        },
    }


def region_of(resource: Resource) -> str | None:
    return resource.region if isinstance(resource.region, str) else None


def plan(case: Case) -> dict[str, Any]:
    """A Terraform plan that makes the resources, each under its own provider's region."""
    addresses = {each.address: f"{each.type}.{_word(each.address)}" for each in case.resources}
    providers: dict[str, Any] = {}
    changes, blocks, planned = [], [], []
    for each in case.resources:
        provider = each.type.partition("_")[0]
        region = region_of(each)
        expressions: dict[str, Any] = {"region": {"constant_value": region}} if region else {}
        if isinstance(each.region, Unknown):
            expressions["host"] = {"references": _references(each.region, addresses)}
        providers[provider] = {"name": provider, "expressions": expressions}
        own = {
            "address": addresses[each.address],
            "mode": "managed",
            "type": each.type,
            "name": _word(each.address),
        }
        change = {
            "actions": ["create"],
            "before": None,
            "after": _known(each.properties),
            "after_unknown": _marks(each.properties) or {},
            "after_sensitive": {},
        }
        changes.append(own | {"change": change})
        planned.append(own | {"values": change["after"]})
        expressions = _expressions(each.properties, addresses)
        blocks.append(own | {"provider_config_key": provider, "expressions": expressions})
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        # Checkov reads these, and Lichen the changes.
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"provider_config": providers, "root_module": {"resources": blocks}},
    }


def state(case: Case) -> dict[str, Any]:
    """What ``terraform show -json`` prints of a state in which the resources are. AWS's provider
    writes the region into each, since its version 6."""
    kept = []
    for each in case.resources:
        region = region_of(each)
        place = {"region": region} if region and each.type.startswith("aws_") else {}
        kept.append(
            {
                "address": f"{each.type}.{_word(each.address)}",
                "mode": "managed",
                "type": each.type,
                "name": _word(each.address),
                "values": _known(each.properties) | place,
                "sensitive_values": {},
            }
        )
    values = {"root_module": {"resources": kept}}
    return {"format_version": "1.0", "terraform_version": "1.15.5", "values": values}


def language(case: Case) -> str:
    """Terraform's language, of resources whose values are all known."""
    regions = {
        each.type.partition("_")[0]: region
        for each in case.resources
        if (region := region_of(each))
    }
    blocks = [
        *(_block(f'provider "{name}"', {"region": region}) for name, region in regions.items()),
        *(
            _block(f'resource "{each.type}" "{_word(each.address)}"', each.properties)
            for each in case.resources
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def _block(head: str, body: Mapping[str, Any]) -> str:
    """A block; a list of mappings is a block each, all else an expression, which JSON is too."""
    lines: list[str] = []
    for key, value in body.items():
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            lines += (_block(key, each) for each in value)
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join((f"{head} {{", *lines, "}"))


def _known(value: Any) -> Any:
    """A value without what is not known."""
    if isinstance(value, Mapping):
        return {k: _known(v) for k, v in value.items() if not isinstance(v, Unknown)}
    if isinstance(value, list):
        return [None if isinstance(each, Unknown) else _known(each) for each in value]
    return value


def _marks(value: Any) -> Any:
    """Where something is not known, in the shape of ``after_unknown``; False where nothing is."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return {key: mark for key, each in value.items() if (mark := _marks(each))} or False
    if isinstance(value, list):
        marks = [_marks(each) for each in value]
        return [mark or {} for mark in marks] if any(marks) else False
    return False


def _expressions(value: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, Unknown):
        return {"references": _references(value, addresses)}
    if isinstance(value, Mapping):
        return {key: _expressions(each, addresses) for key, each in value.items()}
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return [_expressions(each, addresses) for each in value]
    return {"constant_value": value}


def _references(value: Unknown, addresses: Mapping[str, str]) -> list[str]:
    named = [addresses.get(each, each) for each in value.references]
    return [part for each in named for part in (f"{each}.id", each)]


def preview(case: Case) -> dict[str, Any]:
    """A preview of Pulumi that makes the resources, in a stack of their environment."""
    states = _states(case)
    return {
        "config": {},
        "steps": [{"op": "create", "urn": each["urn"], "newState": each} for each in states],
        "changeSummary": {"create": len(states)},
    }


def export(case: Case) -> dict[str, Any]:
    """What ``pulumi stack export`` prints of a stack in which the resources are."""
    kept = [
        each | {"id": "0b8ed7a4", "outputs": each["inputs"], "custom": True}
        for each in _states(case)
    ]
    manifest = {"time": "2026-11-01T00:00:00Z", "magic": "", "version": "v3.200.0"}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": kept}}


def _states(case: Case) -> list[dict[str, Any]]:
    """Pulumi's own record of the resources, after that of their providers."""
    states: dict[str, Any] = {}
    for each in case.resources:
        provider, inputs = provider_of(each, case)
        states[provider] = {
            "urn": provider,
            "type": provider.split("::")[2],
            "inputs": inputs,
            "propertyDependencies": made_of(each, case),
        }
    for each in case.resources:
        provider, _ = provider_of(each, case)
        states[urn(each, case)] = {
            "urn": urn(each, case),
            "type": each.type,
            "custom": True,
            "inputs": inputs_of(each.properties),
            "propertyDependencies": dependencies(each, case),
            "provider": f"{provider}::0b8ed7a4",
        }
    return list(states.values())


def requests(case: Case) -> list[rpc.AnalyzeRequest]:
    """What the engine asks a policy pack of each resource of a program, one at a time."""
    return [
        rpc.AnalyzeRequest(
            type=each.type,
            name=each.address,
            urn=urn(each, case),
            properties=struct(inputs_of(each.properties)),
            provider=_provider(each, case),
        )
        for each in case.resources
    ]


def whole_stack(case: Case) -> rpc.AnalyzeStackRequest:
    """What it asks of all of them together, with what each is made of."""
    return rpc.AnalyzeStackRequest(
        resources=[
            rpc.AnalyzerResource(
                type=each.type,
                name=each.address,
                urn=urn(each, case),
                properties=struct(inputs_of(each.properties)),
                propertyDependencies={
                    name: rpc.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in dependencies(each, case).items()
                },
                provider=_provider(each, case),
            )
            for each in case.resources
        ]
    )


def _provider(resource: Resource, case: Case) -> rpc.AnalyzerProviderResource:
    urn, inputs = provider_of(resource, case)
    return rpc.AnalyzerProviderResource(
        type=urn.split("::")[2], name="own", urn=urn, properties=struct(inputs)
    )


def stack_of(case: Case) -> str:
    return case.resources[0].environment or "main"


def urn(resource: Resource, case: Case) -> str:
    return f"urn:pulumi:{stack_of(case)}::demo::{resource.type}::{resource.address}"


def provider_of(resource: Resource, case: Case) -> tuple[str, dict[str, Any]]:
    """The urn of a resource's provider, and its inputs."""
    reader = reader_of("pulumi", resource.type)
    cloud = reader.cloud if reader is not None else "aws"
    plugin = resource.type.partition(":")[0]
    region = region_of(resource)
    name = "location" if cloud == "azure" else "region"
    return (
        f"urn:pulumi:{stack_of(case)}::demo::pulumi:providers:{plugin}::own",
        {name: region} if region else {},
    )


def made_of(resource: Resource, case: Case) -> dict[str, list[str]]:
    """What the provider of a resource is made of: the cluster that it reaches."""
    place = resource.region
    names = place.references if isinstance(place, Unknown) else ()
    urns = [urn(each, case) for each in case.resources if each.address in names]
    return {"kubeconfig": urns} if urns else {}


def inputs_of(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: inputs_of(each) for key, each in value.items()}
    return [inputs_of(each) for each in value] if isinstance(value, list) else value


def dependencies(resource: Resource, case: Case) -> dict[str, list[str]]:
    """What each property is made of, by the urns of the resources."""
    urns = {each.address: urn(each, case) for each in case.resources}
    found = {}
    for name, value in resource.properties.items():
        if named := [urns[each] for each in _referred(value) if each in urns]:
            found[name] = named
    return found


def _referred(value: Any) -> list[str]:
    if isinstance(value, Unknown):
        return list(value.references)
    parts = value.values() if isinstance(value, Mapping) else value
    inside = isinstance(value, Mapping | list)
    return [name for part in parts for name in _referred(part)] if inside else []


def template(case: Case) -> dict[str, Any]:
    """A template that makes the resources; a parameter stands for what nobody knows yet."""
    names = {each.address: _logical(each.address) for each in case.resources}

    def put(value: Any) -> Any:
        if isinstance(value, Unknown):
            known = [names[each] for each in value.references if each in names]
            return {"Ref": known[0] if known else "Later"}
        if isinstance(value, Mapping):
            return {key: put(each) for key, each in value.items()}
        return [put(each) for each in value] if isinstance(value, list) else value

    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Later": {"Type": "String"}},
        "Resources": {
            names[each.address]: {"Type": each.type, "Properties": put(each.properties)}
            for each in case.resources
        },
    }


def azure_template(case: Case) -> dict[str, Any]:
    """A template of Azure that makes the resources; a parameter stands for what nobody knows."""

    def put(value: Any) -> Any:
        if isinstance(value, Unknown):
            return "[parameters('later')]"
        if isinstance(value, Mapping):
            return {key: put(each) for key, each in value.items()}
        return [put(each) for each in value] if isinstance(value, list) else value

    made = []
    for each in case.resources:
        given = {key: value for key, value in each.properties.items() if key != "resourceGroupName"}
        parents = [given.pop(name, "own") for name in PARENTS.get(each.type.lower(), ())]
        own = given.pop("name", None)
        name = next((given[key] for key in _OWN_NAMES if key in given), own or each.address)
        beside = {key: put(given[key]) for key in BESIDE_PROPERTIES if key in given}
        inner = {key: put(value) for key, value in given.items() if key not in beside}
        named = {"name": "/".join(map(str, (*parents, name)))}
        made.append(
            {"type": each.type, "apiVersion": "2025-01-01", **beside, **named, "properties": inner}
        )
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"later": {"type": "string"}},
        "resources": made,
    }


def bicep(case: Case) -> str:
    """The same in Bicep, of resources whose values are all known."""
    return "".join(
        f"resource {_word(each['name'])} '{each.pop('type')}@{each.pop('apiVersion')}' = "
        f"{_in_bicep(each)}\n"
        for each in azure_template(case)["resources"]
    )


def _in_bicep(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(("{", *(f"{key}: {_in_bicep(each)}" for key, each in value.items()), "}"))
    if isinstance(value, list):
        return "\n".join(("[", *map(_in_bicep, value), "]"))
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


_OWN_NAMES = ("accountName", "deploymentName", "vmName", "capacityReservationName")
"""What azure-native calls a resource's own name."""


def manifests(case: Case) -> str:
    """The objects of a cluster, each a document of one file."""
    return yaml.safe_dump_all(map(manifest, case.resources), allow_unicode=True)


def manifest(resource: Resource) -> dict[str, Any]:
    version, _, kind = resource.type.rpartition("/")
    own = dict(resource.properties)
    metadata = {"name": _word(resource.address.rpartition("/")[2]), **own.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, **own, "metadata": metadata}


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def _logical(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))

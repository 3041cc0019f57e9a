"""However a document is malformed, the answer is its resources or a sentence: never a traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lichen_policies.dialects import KINDS, read
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.resource import Resource

from lichen.document import InputError

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.15.5",
    "variables": {"where": {"value": {"far": ["eu-north-1"]}}},
    "prior_state": {
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": "data.aws_region.here",
                        "mode": "data",
                        "type": "aws_region",
                        "name": "here",
                        "values": {"id": "eu-north-1"},
                    }
                ]
            }
        }
    },
    "resource_changes": [
        {
            "address": "module.m[0].aws_instance.n",
            "module_address": "module.m[0]",
            "mode": "managed",
            "type": "aws_instance",
            "name": "n",
            "change": {
                "actions": ["create"],
                "after": {"instance_type": "g5.xlarge", "tags": {"a": "b"}, "list": [{"b": 1}]},
                "after_unknown": {"tags_all": True, "list": [{"a": True}], "map": True},
                "after_sensitive": {"list": [True]},
            },
        }
    ],
    "configuration": {
        "provider_config": {
            "aws": {
                "expressions": {
                    "region": {"references": ['var.where["far"][0]', "var.where"]},
                    "default_tags": [{"tags": {"constant_value": {"c": "d"}}}],
                }
            }
        },
        "root_module": {
            "variables": {"where": {"default": {}}},
            "resources": [
                {"type": "aws_region", "name": "here", "mode": "data", "provider_config_key": "aws"}
            ],
            "module_calls": {
                "m": {
                    "expressions": {"where": {"references": ["var.where"]}},
                    "module": {
                        "resources": [
                            {
                                "type": "aws_instance",
                                "name": "n",
                                "provider_config_key": "m:aws",
                                "expressions": {
                                    "list": [{"a": {"references": ["each.key", "var.where"]}}],
                                    "map": {"references": ["module.deeper.out", "aws_x.y[0].id"]},
                                },
                                "for_each_expression": {"references": ["var.where"]},
                            }
                        ],
                        "module_calls": {
                            "deeper": {
                                "module": {
                                    "outputs": {"out": {"expression": {"references": ["var.a"]}}}
                                }
                            }
                        },
                    },
                }
            },
        },
    },
}
SHOWN = {
    "format_version": "1.0",
    "values": {
        "root_module": {
            "child_modules": [
                {
                    "address": "module.m[0]",
                    "resources": [
                        {
                            "address": "module.m[0].aws_instance.n",
                            "mode": "managed",
                            "type": "aws_instance",
                            "name": "n",
                            "values": {"instance_type": "g5.xlarge", "list": [1]},
                            "sensitive_values": {"list": [True]},
                        }
                    ],
                }
            ]
        }
    },
}
STATE = {
    "urn": "urn:pulumi:dev::p::aws:ec2/instance:Instance::n",
    "type": "aws:ec2/instance:Instance",
    "inputs": {"instanceType": "g5.xlarge", "tags": {"a": "b"}, "list": [{"a": None}]},
    "provider": "urn:pulumi:dev::p::pulumi:providers:aws::default::id",
    "sourcePosition": "project:///a.py#1",
    "stackTrace": [{"sourcePosition": "project:///a.py#1"}],
}
PREVIEW = {
    "config": {"aws:region": "eu-north-1"},
    "steps": [{"op": "create", "urn": STATE["urn"], "newState": STATE}],
    "diagnostics": [{"severity": "warning", "message": "m"}],
}
EXPORT = {"version": 3, "deployment": {"resources": [STATE]}}
TEMPLATE = {
    "Resources": {
        "N": {
            "Type": "AWS::EC2::Instance",
            "Properties": {
                "InstanceType": {"Ref": "Machine"},
                "Tags": [{"Key": "a", "Value": {"Fn::Sub": "b"}}],
            },
        }
    }
}
MANIFEST = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "chat",
                "namespace": "models",
                "annotations": {"lichen.dev/model": "a"},
            },
            "spec": {
                "replicas": 2,
                "template": {
                    "spec": {
                        "nodeSelector": {"kubernetes.io/arch": "arm64"},
                        "containers": [
                            {
                                "name": "server",
                                "image": "vllm/vllm-openai:v0.9.1",
                                "args": ["--model", "a"],
                                "env": [{"name": "A", "valueFrom": {"fieldRef": {}}}],
                                "resources": {"limits": {"nvidia.com/mig-1g.5gb": "1"}},
                            }
                        ],
                    }
                },
            },
        }
    ],
}
AZURE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {"size": {"type": "string", "defaultValue": "Standard_NC24ads_A100_v4"}},
    "variables": {"name": "[concat('vm-', parameters('size'))]"},
    "resources": [
        {
            "type": "Microsoft.Compute/virtualMachines",
            "condition": "[equals(1, 1)]",
            "copy": {"name": "each", "count": 2},
            "name": "[variables('name')]",
            "location": "[resourceGroup().location]",
            "tags": {"environment": "prod"},
            "properties": {"hardwareProfile": {"vmSize": "[parameters('size')]"}},
            "resources": [{"type": "extensions", "name": "one", "properties": {}}],
        },
        {
            "type": "Microsoft.Resources/deployments",
            "name": "inside",
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"a": {"value": 1}},
                "template": {"resources": []},
            },
        },
    ],
}
WORKLOAD = {
    "name": "chat",
    "model": "meta-llama/Llama-3.1-8B",
    "traffic": {"peak_rps": 2, "input_tokens": 600, "output_tokens": 200},
    "prompts": {"budget_tokens": 40, "templates": [{"name": "system", "text": "Be {tone}."}]},
}
DOCUMENTS = {
    "azure-template": AZURE,
    "terraform-plan": PLAN,
    "terraform-state": SHOWN,
    "pulumi-preview": PREVIEW,
    "pulumi-state": EXPORT,
    "cloudformation": TEMPLATE,
    "kubernetes": MANIFEST,
    "workload": WORKLOAD,
}

Path_ = tuple[str | int, ...]


def places(value: Any, here: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document that has a value."""
    yield here
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*here, key))


def with_value(document: Any, place: Path_, value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(document)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


ODD = st.sampled_from([None, True, False, 0, -1.5, "", "var.", "module.", "x" * 40, [], {}]) | (
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    )
)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_source_has_a_document_here_that_it_reads(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(DOCUMENTS[kind]))
    resource, *_ = read(path)
    assert facts_of(resource) is not None


@pytest.mark.parametrize("kind", list(KINDS))
@settings(deadline=None, derandomize=True)
@given(data=st.data())
def test_an_odd_value_anywhere_is_answered(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    document = DOCUMENTS[kind]
    place = data.draw(st.sampled_from(list(places(document))))
    path = tmp_path_factory.getbasetemp() / f"odd-{kind}.json"
    path.write_text(json.dumps(with_value(document, place, data.draw(ODD))))
    for resource in answered(path, kind):
        assert isinstance(resource.properties, dict)
        facts_of(resource)


def answered(path: Path, kind: str) -> list[Resource]:
    """The resources, or none and a sentence that names the document."""
    try:
        return read(path, kind)
    except InputError as error:
        if not str(error).startswith(str(path)):
            raise
        return []

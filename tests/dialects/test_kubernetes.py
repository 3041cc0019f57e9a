"""Kubernetes manifests read into resources, and the objects that other engines carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_policies.dialects import read
from lichen_policies.dialects.kubernetes import carried
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import UNKNOWN, is_unknown

from lichen.document import InputError

MANIFEST = """\
# Source: chat/templates/deployment.yaml
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chat
  namespace: models-staging
spec:
  replicas: ${REPLICAS}
  template:
    spec:
      containers:
        - {name: server, image: "{{ .Values.image }}", args: ["sh", "-c", "echo ${MODEL}"]}
---
# nothing here
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: {name: chat}
  - apiVersion: batch/v1
    kind: Job
    metadata: {generateName: train-}
"""


@pytest.fixture
def resources(tmp_path: Path) -> list[Resource]:
    path = tmp_path / "chat.yaml"
    path.write_text(MANIFEST)
    return read(path)


def test_every_object_of_a_file_is_read_at_its_line(resources: list[Resource]) -> None:
    assert [(each.type, each.address) for each in resources] == [
        ("apps/v1/Deployment", "models-staging/Deployment/chat"),
        ("v1/Service", "Service/chat"),
        ("batch/v1/Job", "Job/train-*"),
    ]
    lines = MANIFEST.splitlines()
    for each in resources:
        assert each.dialect == "kubernetes"
        assert each.line is not None
        assert "apiVersion" in lines[each.line - 1]


def test_a_namespace_may_state_the_environment(resources: list[Resource]) -> None:
    assert [each.environment for each in resources] == ["staging", None, None]


def test_what_is_not_rendered_yet_is_unknown(resources: list[Resource]) -> None:
    spec = resources[0].properties["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert is_unknown(spec["replicas"])
    assert is_unknown(container["image"])
    assert container["args"] == ["sh", "-c", "echo ${MODEL}"]


def test_json_reads_alike_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    path.write_text("\n" + json.dumps(pod))
    (found,) = read(path)
    assert (found.type, found.address, found.line) == ("v1/Pod", "Pod/a", 2)
    listed = {"apiVersion": "v1", "kind": "List", "items": [pod, {**pod, "spec": {"a": [{}]}}, pod]}
    path.write_text(json.dumps(listed, indent=1))
    assert [each.line for each in read(path)] == [5, 12, 24]
    path.write_text("}] of a tool: \n" + json.dumps(pod))
    assert [each.line for each in read(path, text=path.read_text())] == [None]


def answer(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read(path)
    return str(error.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\n",
            "metadata.name: is required. Fix: name the object.",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [{kind: Pod}]\n",
            "items[0]: is no Kubernetes object. Fix: give it apiVersion and kind.",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nname: b\n",
            "holds 2 documents, and number 2 is no Kubernetes object. "
            "Fix: give each kind of document a file of its own.",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
            "is a template of Helm, not a manifest yet. "
            "Fix: render it first: helm template . | lichen check -.",
        ),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\n",
            "is a Kustomization, which names manifests and holds none. "
            "Fix: run kustomize build . | lichen check -.",
        ),
    ],
)
def test_what_is_no_manifest_is_answered(tmp_path: Path, text: str, said: str) -> None:
    assert answer(tmp_path / "a.yaml", text) == said


def test_an_object_that_no_rule_judges_needs_no_name(tmp_path: Path) -> None:
    """A tool's settings, and what another tool completes: the others of the file are read."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {cluster: {name: a}}\n---\n"
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: }\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    )
    assert [(found.name, found.line) for found in read(path)] == [
        ("(without a name)", 1),
        ("(without a name)", 5),
        ("a", 9),
    ]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_piped_in_is_read(form: str) -> None:
    deployment = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "chat"}}
    text = json.dumps(deployment) if form == "json" else "---\napiVersion: v1\nkind: Service\n"
    text += "" if form == "json" else "metadata: {name: chat}\n"
    done = CliRunner().invoke(main, ["check", "-"], input=text)
    assert done.exit_code == 0, done.output
    assert "Not judged, because no rule covers these types: v1/Service (1)." in done.output


OBJECT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "chat", "namespace": "prod"},
    "spec": {"replicas": 3},
}


def block(kind: str, properties: dict[str, Any]) -> Resource:
    return Resource(
        type=kind,
        name="chat",
        address=f"{kind}.chat",
        properties=properties,
        dialect="terraform",
        file="plan.json",
    )


@pytest.mark.parametrize(
    ("kind", "properties", "root"),
    [
        ("kubernetes_manifest", {"manifest": OBJECT}, "manifest"),
        ("kubernetes_manifest", {"manifest": [OBJECT]}, "manifest"),
        ("kubectl_manifest", {"yaml_body": json.dumps(OBJECT)}, "yaml_body"),
        (
            "kubectl_manifest",
            {"yaml_body": UNKNOWN, "yaml_body_parsed": json.dumps(OBJECT)},
            "yaml_body",
        ),
    ],
)
def test_terraform_carries_whole_objects(kind: str, properties: dict[str, Any], root: str) -> None:
    found = carried(block(kind, properties))
    assert (found.type, found.dialect, found.root) == ("apps/v1/Deployment", "kubernetes", root)
    assert (found.address, found.environment) == (f"{kind}.chat", "prod")
    assert found.properties["spec"] == {"replicas": 3}


@pytest.mark.parametrize(
    "properties",
    [
        {"manifest": UNKNOWN},
        {"manifest": {**OBJECT, "kind": UNKNOWN}},
        {"manifest": {"spec": {}}},
        {},
    ],
)
def test_an_object_that_is_not_known_stays_what_carries_it(properties: dict[str, Any]) -> None:
    found = block("kubernetes_manifest", properties)
    assert carried(found) is found


def test_a_custom_resource_of_pulumi_is_of_its_own_type() -> None:
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "spec": {}}
    found = carried(
        Resource(
            type="kubernetes:apiextensions.k8s.io:CustomResource",
            name="gpu",
            address="urn:pulumi:dev::p::x::gpu",
            properties=pool,
            dialect="pulumi",
        )
    )
    assert (found.type, found.dialect) == ("kubernetes:karpenter.sh/v1:NodePool", "pulumi")

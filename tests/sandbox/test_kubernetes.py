"""A real Kubernetes and the strict provider over it: what the API refuses, what the scheduler does.

Skipped where it is not built; `make test-kubernetes` builds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.provider.resource import Configuration
from sandbox.errors import Refused
from sandbox.kubernetes import build
from sandbox.kubernetes.api import ApiRefused
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.nodes import Node, eks_nodes, gke_nodes, shape_of
from sandbox.kubernetes.provider.resource import Resource
from sandbox.kubernetes.provider.waits import PATIENCE
from tests.sandbox.kubernetes_here import needs_kubernetes, running

pytestmark = pytest.mark.xdist_group("kubernetes")

NOBODY = Configuration()
TPU = {"cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice"}


@pytest.fixture(scope="module")
def here() -> Iterator[Cluster]:
    with running() as started:
        started.register(
            gke_nodes(
                "slice",
                {"machineType": "ct6e-standard-4t"},
                zone="us-east5-b",
                vcpu=170,
                memory_gib=680,
            )
        )
        started.register(
            gke_nodes(
                "axion",
                {"machineType": "c4a-standard-4"},
                zone="europe-west4-a",
                vcpu=3.9,
                memory_gib=13,
            )
        )
        yield started


@pytest.fixture
def resource(here: Cluster, monkeypatch: pytest.MonkeyPatch) -> Resource:
    monkeypatch.setenv(PATIENCE, "1")
    return Resource(here.api)


def deployment(name: str, pod: dict[str, Any], **limits: str) -> dict[str, Any]:
    container = {"name": "server", "image": "registry.acme.example/x:1"}
    if limits:
        container["resources"] = {"limits": limits}  # type: ignore[assignment]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {**pod, "containers": [container]},
            },
        },
    }


@needs_kubernetes
def test_a_deployment_lives_changes_and_goes(resource: Resource) -> None:
    selects = {**TPU, "cloud.google.com/gke-tpu-topology": "2x2"}
    inputs, failures = resource.check(
        "lives",
        {},
        deployment("lives", {"nodeSelector": selects}, **{"google.com/tpu": "4"}),
        b"seed",
        NOBODY,
    )
    assert failures == []
    preview = resource.create(inputs, NOBODY, preview=True)
    assert preview["spec"]["strategy"]["type"] == "RollingUpdate"  # the server's defaults
    assert resource.read("default/lives", {}, inputs, NOBODY) is None  # nothing was made
    state = resource.create(inputs, NOBODY, preview=False)
    assert resource.identifier(state) == "default/lives"
    assert state["status"]["availableReplicas"] == 1
    again = resource.read("default/lives", state, inputs, NOBODY)
    assert again is not None
    assert again[1] == inputs  # nothing has drifted
    changed = deployment("lives", {"nodeSelector": selects}, **{"google.com/tpu": "4"})
    changed["metadata"]["labels"] = {"team": "search"}
    change = resource.diff(inputs, changed, state, NOBODY)
    assert (change.changed, change.replaced) == ({"metadata"}, set())
    newer = resource.update(state, inputs, changed, NOBODY, preview=False)
    assert newer["metadata"]["labels"] == {"team": "search"}
    resource.delete(newer, NOBODY)
    assert resource.read("default/lives", newer, changed, NOBODY) is None
    resource.delete(newer, NOBODY)  # what is gone already is no mistake


@needs_kubernetes
@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (deployment("typo", {"nodeSelectors": {}}), "nodeSelectors: field not declared"),
        (
            {
                **deployment("label", {}),
                "metadata": {
                    "name": "label",
                    "namespace": "default",
                    "labels": {"model": "meta-llama/Llama-3.1-8B"},
                },
            },
            "valid label must be",
        ),
        (
            {
                "apiVersion": "keda.sh/v1alpha1",
                "kind": "ScaledObject",
                "metadata": {"name": "s", "namespace": "default"},
                "spec": {
                    "scaleTargetRef": {"name": "x"},
                    "minReplicaCount": 3,
                    "maxReplicaCount": 2,
                    "triggers": [{"type": "cpu", "metadata": {"value": "60"}}],
                },
            },
            "minReplicaCount must be at most maxReplicaCount",
        ),
        (
            {
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "metadata": {"name": "p"},
                "spec": {"template": {"spec": {"nodeClassRef": {"group": "g", "kind": "k"}}}},
            },
            "Required value",
        ),
        (
            {"apiVersion": "acme.example/v1", "kind": "Thing", "metadata": {"name": "t"}},
            "install its CRD",
        ),
    ],
    ids=["an unknown field", "a label with a slash", "CEL", "required", "no such kind"],
)
def test_what_the_api_refuses_the_preview_refuses(
    resource: Resource, thing: dict[str, Any], says: str
) -> None:
    if "CRD" in says:  # a kind may be made by the same update
        assert resource.create(thing, NOBODY, preview=True)["kind"] == "Thing"
    else:
        with pytest.raises(ApiRefused, match=says):
            resource.create(thing, NOBODY, preview=True)
    with pytest.raises(ApiRefused, match=says):
        resource.create(thing, NOBODY, preview=False)


@needs_kubernetes
@pytest.mark.parametrize(
    ("name", "pod", "limits", "says"),
    [
        (
            "topology",
            {"nodeSelector": {**TPU, "cloud.google.com/gke-tpu-topology": "2x4"}},
            {"google.com/tpu": "4"},
            "didn't match Pod's node affinity/selector",
        ),
        ("chips", {"nodeSelector": TPU}, {"google.com/tpu": "8"}, "Insufficient google.com/tpu"),
        (
            "arm",
            {"nodeSelector": {"kubernetes.io/arch": "arm64"}},
            {},
            "had untolerated taint",
        ),
    ],
    ids=["a topology of no pool", "eight chips of four", "arm64 without its toleration"],
)
def test_what_no_node_fits_stays_pending_in_the_schedulers_words(
    resource: Resource, name: str, pod: dict[str, Any], limits: dict[str, str], says: str
) -> None:
    thing = deployment(name, pod, **limits)
    with pytest.raises(Refused, match=says):
        resource.create(thing, NOBODY, preview=False)
    resource.delete(thing, NOBODY)


@needs_kubernetes
def test_replicas_that_a_scaler_owns_too_are_a_conflict(here: Cluster, resource: Resource) -> None:
    thing = deployment("owned", {})
    here.register([Node("plain", 4, 16)])
    state = resource.create(thing, NOBODY, preview=False)
    path = here.api.path_to(thing)
    here.api.call(
        "PATCH",
        f"{path}/scale",
        {"spec": {"replicas": 2}},
        kind="application/merge-patch+json",
        fieldManager="kube-controller-manager",
    )
    thing["spec"]["replicas"] = 3
    with pytest.raises(ApiRefused, match=r"conflict.*kube-controller-manager.*\.spec\.replicas"):
        resource.update(state, thing, thing, NOBODY, preview=False)
    resource.delete(thing, NOBODY)


def test_nodes_are_what_the_cloud_makes_of_a_pool() -> None:
    """The table of a pool's nodes, without a cluster."""
    assert shape_of("ct6e-standard-4t", "2x4") == ("tpu-v6e-slice", 4, 2)
    assert shape_of("ct6e-standard-8t", "2x2") is None
    with pytest.raises(Refused, match="topology 3x3"):
        gke_nodes(
            "x",
            {"machineType": "ct6e-standard-4t"},
            zone="us-east5-b",
            topology="3x3",
            vcpu=1,
            memory_gib=1,
        )
    without_driver = gke_nodes(
        "gpu",
        {"machineType": "g2-standard-4", "accelerators": [{"acceleratorCount": "1"}]},
        zone="europe-west4-a",
        vcpu=4,
        memory_gib=16,
    )
    assert without_driver[0].resources == {}
    group: dict[str, Any] = {"instanceTypes": ["inf2.xlarge"], "amiType": "AL2023_x86_64_NEURON"}
    common: dict[str, Any] = {"zone": "eu-west-3a", "vcpu": 3.9, "memory_gib": 14, "chips": 1}
    assert eks_nodes("n", group, **common)[0].resources == {"aws.amazon.com/neuron": 1}
    assert eks_nodes("n", group, device_plugin=False, **common)[0].resources == {}
    wrong = {**group, "amiType": "AL2023_x86_64_STANDARD"}
    assert eks_nodes("n", wrong, **common)[0].resources == {}
    arm = {"instanceTypes": ["c7g.xlarge"], "amiType": "AL2023_x86_64_STANDARD"}
    assert eks_nodes("n", arm, **common) == []


def test_without_a_build_it_is_said_how_to_get_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build.built(tmp_path) is None
    assert "make kubernetes" in build.NOT_BUILT
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / f"kubernetes-{build.VERSION}"
    program.write_bytes(b"")
    assert build.ensure(tools=tmp_path) == program

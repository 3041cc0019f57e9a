"""The emulated Google: its rows, the requests that they make, and what it refuses."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.errors import CallRefused, Refused
from sandbox.google.cloud import URL, GoogleCloud
from sandbox.google.emulator.server import Google, serve
from sandbox.google.emulator.store import number_of
from sandbox.google.provider.kinds import KINDS, MEMBERS
from sandbox.google.provider.resource import Configuration, Membership, Resource
from sandbox.kubernetes.api import Api
from tests.sandbox import google_lives as lives

PROVIDER = Configuration("acme-ml", "europe-west4", "europe-west4-b")
AGENT = f"service-{number_of('acme-ml')}@serverless-robot-prod.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def cloud() -> Iterator[GoogleCloud]:
    server = serve(Google())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    patch = pytest.MonkeyPatch()
    made = GoogleCloud(f"http://127.0.0.1:{server.server_address[1]}")
    patch.setenv(URL, made.url)
    yield made
    patch.undo()
    server.shutdown()


@pytest.fixture(scope="module")
def states(cloud: GoogleCloud) -> dict[str, dict[str, Any]]:
    """Every kind made, in the order of LIVES: the key may be used by Cloud Run before it is."""
    made: dict[str, dict[str, Any]] = {}
    cloud.bucket("acme-models")
    cloud.repository("europe-west4", "serving")
    cloud.call("POST", "secretmanager.v1/v1/projects/acme-ml/secrets?secretId=token", {})
    for token, life in lives.LIVES.items():
        if token.endswith(":Service"):
            use = {"cryptoKeyId": lives.KEY, "member": f"serviceAccount:{AGENT}",
                   "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter"}  # fmt: skip
            row = MEMBERS["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"]
            Membership(row).create(use, PROVIDER, False)
        resource = Resource(KINDS[token])
        inputs = checked(resource, life.inputs)
        if "namePrefix" in inputs:
            inputs["name"] = "template"
        made[token] = {"inputs": inputs, "state": resource.create(inputs, PROVIDER, False)}
    return made


def checked(resource: Resource, given: dict[str, Any]) -> dict[str, Any]:
    inputs, failures = resource.check("x", {}, given, b"seed", PROVIDER)
    assert failures == []
    return inputs


def test_every_row_has_a_life() -> None:
    assert set(lives.LIVES) == set(KINDS)
    assert set(lives.MEMBERS) == set(MEMBERS)


@pytest.mark.parametrize("token", KINDS)
def test_inputs_become_this_request(token: str, golden: Callable[[str, str], None]) -> None:
    """Read against section 1 of Google's references: names, forms, numbers as texts."""
    resource = Resource(KINDS[token])
    life = lives.LIVES[token]
    asked = {"inputs": life.inputs, "request": resource.request(life.inputs)}
    name = token.rpartition(":")[2]
    golden(f"google/{name}.json", json.dumps(asked, indent=1, sort_keys=True) + "\n")


@pytest.mark.parametrize("token", KINDS)
def test_a_resource_lives(token: str, states: dict[str, dict[str, Any]]) -> None:
    """What was made is found again; a change in place stays one; another makes a new one."""
    resource, life, made = Resource(KINDS[token]), lives.LIVES[token], states[token]
    inputs, state = made["inputs"], made["state"]
    again = resource.read(resource.identifier(state), state, inputs, PROVIDER)
    assert again is not None
    assert again[1] == inputs
    if life.in_place:
        news = checked(resource, {**inputs, **life.in_place})
        change = resource.diff(inputs, news, state, PROVIDER)
        assert (change.changed, change.replaced) == (set(life.in_place), set())
        state = resource.update(state, inputs, news, PROVIDER, False)
        there = resource.read(resource.identifier(state), state, news, PROVIDER)
        assert there is not None
        assert there[1] == news
        back = resource.update(state, news, inputs, PROVIDER, False)
        assert back["__name"] == state["__name"]
    if life.replacing:
        news = {**inputs, **life.replacing}
        assert resource.diff(inputs, news, state, PROVIDER).replaced == set(life.replacing)


@pytest.mark.parametrize("token", MEMBERS)
def test_a_member_leaves_others_alone(token: str, states: dict[str, dict[str, Any]]) -> None:
    member, inputs = Membership(MEMBERS[token]), lives.MEMBERS[token]
    other = {**inputs, "member": "group:ml@acme.example"}
    made = [member.create(one, PROVIDER, False) for one in (inputs, other)]
    assert member.read("", made[0], inputs, PROVIDER) is not None
    member.delete(made[0], PROVIDER)
    assert member.read("", made[0], inputs, PROVIDER) is None
    assert member.read("", made[1], other, PROVIDER) is not None
    member.delete(made[1], PROVIDER)
    nobody = {**inputs, "member": "serviceAccount:nobody@acme-ml.iam.gserviceaccount.com"}
    with pytest.raises(CallRefused, match=r"nobody@acme-ml\.iam.* does not exist"):
        member.create(nobody, PROVIDER, False)


@pytest.mark.parametrize(
    ("token", "change", "failure"),
    [
        (":Service", {"templates": {}}, "templates"),
        (":Service", {"template": {"container": []}}, "template.container"),
        (":Service", {"template": {"executionEnvironment": "GEN9"}},
         "template.executionEnvironment"),
        (":Service", {"template": {"timeout": "2 minutes"}}, "template.timeout"),
        (":V2Vm", {"runtimeVersion": None}, "runtimeVersion"),
        (":V2Vm", {"acceleratorConfig": {"type": "V7", "topology": "2x2"}},
         "acceleratorConfig.type"),
        (":RegionInstanceTemplate", {"scheduling": {"provisioningModel": "CHEAP"}},
         "properties.scheduling.provisioningModel"),
        (":Firewall", {"name": "Bad_Name"}, "name"),
        (":AlertPolicy", {"combiner": "ALL"}, "combiner"),
    ],
)  # fmt: skip
def test_check_refuses_in_a_preview(token: str, change: dict[str, Any], failure: str) -> None:
    (whole,) = (name for name in KINDS if name.endswith(token))
    inputs = {**lives.LIVES[whole].inputs, **change}
    _, failures = Resource(KINDS[whole]).check("x", {}, inputs, b"", PROVIDER)
    assert failure in [one.path for one in failures]


def _changed(inputs: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Inputs with one of them changed; None takes it away."""
    changed = copy.deepcopy(inputs)
    at: Any = changed
    *into, last = path.split(".")
    for part in into:
        at = at[int(part)] if part.isdigit() else at.setdefault(part, {})
    if value is None:
        at.pop(last, None)
    else:
        at[last] = value
    return changed


@pytest.mark.parametrize(
    ("token", "changes", "message"),
    [
        (":Service", {"template.containers.0.resources.cpuIdle": True}, "must be false with a GPU"),
        (":Service", {"template.containers.0.resources.limits.cpu": "2"}, "needs 4 CPU and 16Gi"),
        (":Service", {"template.containers.0.startupProbe.failureThreshold": 25}, "is 250 s"),
        (":Service", {"template.gpuZonalRedundancyDisabled": False}, "do not have quota"),
        (":Service", {"template.scaling.maxInstanceCount": 4}, "set to 3 or fewer"),
        (":Service", {"template.nodeSelector": None}, "needs nodeSelector.accelerator"),
        (":Service", {"template.nodeSelector.accelerator": "nvidia-rtx-pro-6000"},
         "needs 20 CPU and 80Gi"),
        (":Service", {"template.nodeSelector.accelerator": "nvidia-rtx-pro-6000",
                      "template.containers.0.resources.limits":
                      {"cpu": "20", "memory": "80Gi", "nvidia.com/gpu": "1"},
                      "template.scaling.maxInstanceCount": 2}, "set to 1 or fewer: quota Cpu"),
        (":Service", {"template.containers.0.resources.limits.memory": "8Gi"}, "needs 4 CPU and"),
        (":Service", {"template.maxInstanceRequestConcurrency": 1001}, "1000 at most"),
        (":Service", {"template.timeout": "3601s"}, "3600s at most"),
        (":Service", {"template.containers.0.startupProbe.timeoutSeconds": 11}, "above period"),
        (":Service", {"template.scaling.minInstanceCount": 4}, "is above 3"),
        (":Service", {"location": "europe-north1"}, "not available in europe-north1"),
        (":Service", {"template.encryptionKey": lives.KEY.replace("chat", "other")}, "not found"),
        (":Service", {"template.serviceAccount": lives.EMAIL.replace("chat", "no")}, "not found"),
        (":Service", {"labels": {"model": "meta-llama/Llama"}}, "no value of a label"),
        (":Service", {"template.nodeSelector": None, "template.containers.0.resources.limits":
                      {"cpu": "3", "memory": "8Gi"}}, "3 is not one of"),
        (":Service", {"template.nodeSelector": None, "template.containers.0.resources.limits":
                      {"cpu": "2", "memory": "16Gi"}}, "needs more than 2 CPU"),
        (":Service", {"template.nodeSelector": None, "template.containers.0.resources.limits":
                      {"cpu": "8", "memory": "2Gi"}}, "8 CPU need 4Gi at least"),
        (":RegionInstanceTemplate", {"disks.0.diskType": "pd-balanced"}, "does not boot from"),
        (":RegionInstanceTemplate", {"disks.0.sourceImage": "debian-12"}, "from images of arm64"),
        (":RegionInstanceTemplate", {"machineType": "ct6e-standard-4t"}, "onHostMaintenance"),
        (":RegionInstanceTemplate", {"machineType": "ct5lp-hightpu-4t",
                                     "disks.0.sourceImage": "tpu",
                                     "scheduling.onHostMaintenance": "TERMINATE"},
         "cannot be made through Compute Engine"),
        (":RegionInstanceTemplate", {"machineType": "ct6e-standard-4t",
                                     "disks.0.sourceImage": "cos",
                                     "scheduling.onHostMaintenance": "TERMINATE"}, "TPU driver"),
        (":RegionInstanceGroupManager", {"updatePolicy.maxSurgeFixed": 1}, "0 or at least 2"),
        (":RegionInstanceGroupManager", {"distributionPolicyZones": ["europe-west1-b"]}, "not in"),
        (":RegionInstanceGroupManager", {"autoHealingPolicies.healthCheck": "none"}, "not found"),
        (":RegionInstanceTemplate", {"machineType": "g2-standard-4",
                                     "disks.0.sourceImage": "cos",
                                     "scheduling.onHostMaintenance": "TERMINATE",
                                     "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]},
         "brings its GPU"),
        (":RegionAutoscaler", {"autoscalingPolicy.minReplicas": 5}, "is above maxNumReplicas"),
        (":V2Vm", {"acceleratorConfig": {"type": "V5LITE_POD", "topology": "2x2"}}, "exclude"),
        (":V2Vm", {"zone": "europe-north1-a"}, "no more capacity"),
        (":V2Vm", {"acceleratorType": None}, "the node is a v2-8"),
        (":CryptoKey", {"rotationPeriod": "3600s"}, "86400s at least"),
        (":Budget", {"budgetFilter.labels": {"a": "b", "c": "d"}}, "one key alone"),
        (":Budget", {"allUpdatesRule.monitoringNotificationChannels": [f"c{n}" for n in range(6)]},
         "5 at most"),
        (":V2Vm", {"acceleratorType": "v5litepod-16"}, "serves no model on one host"),
        (":V2Vm", {"runtimeVersion": "v2-alpha-tpuv6e"}, "does not run on v5e"),
        ("Deployment", {"deployConfig.dedicatedResources.minReplicaCount": 0}, "greater than"),
        ("Deployment", {"publisherModelName": "publishers/google/models/gemma3"}, "one of"),
        ("Deployment", {"deployConfig.dedicatedResources.machineSpec":
                        {"machineType": "ct6e-standard-4t", "tpuTopology": "2x4"}}, "topology 2x2"),
    ],
)  # fmt: skip
def test_parts_that_do_not_agree_are_refused(
    token: str, changes: dict[str, Any], message: str, states: dict[str, dict[str, Any]]
) -> None:
    (whole,) = (name for name in KINDS if name.endswith(token))
    inputs = {**lives.LIVES[whole].inputs}
    for path, value in {**({"name": "another"} if "name" in inputs else {}), **changes}.items():
        inputs = _changed(inputs, path, value)
    with pytest.raises((CallRefused, Refused), match=message):
        Resource(KINDS[whole]).create(checked(Resource(KINDS[whole]), inputs), PROVIDER, False)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 1}, None),
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 4,
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"}}, None),
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 1,
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "2x2"}}, "must not set"),
        ({"config": {"machineType": "tpu7x-standard-4t"}, "initialNodeCount": 2,
          "placementPolicy": {"type": "COMPACT", "policyName": "cube"}}, None),
        ({"config": {"machineType": "tpu7x-standard-4t"}, "initialNodeCount": 4,
          "placementPolicy": {"type": "COMPACT", "policyName": "cube"}}, "has 2 nodes"),
        ({"config": {"machineType": "tpu7x-standard-4t"}, "initialNodeCount": 2,
          "placementPolicy": {"type": "COMPACT", "policyName": "other"}}, "was not found"),
        ({"config": {"machineType": "tpu7x-standard-4t"}, "initialNodeCount": 2,
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "2x2x2"}}, "a workload policy"),
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 4,
          "placementPolicy": {"type": "COMPACT", "policyName": "cube"}}, "takes a tpuTopology"),
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 2,
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"}}, "has 4 nodes"),
        ({"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 1,
          "locations": ["us-east5-c"]}, "does not exist in zone us-east5-c"),
        ({"config": {"machineType": "ct6e-standard-8t"}, "initialNodeCount": 2,
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"}}, "has no topology 4x4"),
        ({"config": {"machineType": "ct6e-standard-4t"},
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"},
          "autoscaling": {"enabled": True, "totalMaxNodeCount": 4}}, "not a valid size"),
        ({"config": {"machineType": "ct6e-standard-4t"},
          "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"},
          "autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 4}}, "must be 0"),
    ],
)  # fmt: skip
def test_a_pools_machine_topology_and_nodes_agree(
    cloud: GoogleCloud, pool: dict[str, Any], message: str | None
) -> None:
    path = "container.v1/v1/projects/acme-ml/locations/us-east5/clusters/ml/nodePools"
    policies = "compute.v1/compute/v1/projects/acme-ml/regions/us-east5/resourcePolicies"
    cube = {"name": "cube", "workloadPolicy": {"type": "HIGH_THROUGHPUT",
                                               "acceleratorTopology": "2x2x2"}}  # fmt: skip
    cloud.call("POST", policies, cube)
    name = f"pool-{len(json.dumps(pool))}"
    body = {"nodePool": {"name": name, **pool}}
    try:
        if message is None:
            assert cloud.call("POST", path, body)["status"] == "RUNNING"
            cloud.call("DELETE", f"{path}/{name}")
            return
        with pytest.raises(CallRefused, match=message):
            cloud.call("POST", path, body)
    finally:
        cloud.call("DELETE", f"{policies}/cube")


class Kubernetes(Api):
    """What is asked of a cluster's API, and the nodes that are in it."""

    def call(self, method: str, path: str, body: Any = None, **others: Any) -> dict[str, Any]:
        if method == "POST":
            NODES[body["metadata"]["name"]] = body
        elif method == "DELETE":
            del NODES[path.rpartition("/")[2]]
        return {}

    def items(self, version: str, kind: str, namespace: str | None, **query: str) -> list[Any]:
        key, _, value = query["labelSelector"].partition("=")
        return [node for node in NODES.values() if node["metadata"]["labels"][key] == value]


NODES: dict[str, dict[str, Any]] = {}


def test_a_pool_puts_its_nodes_into_its_cluster() -> None:
    google = Google()
    google.clusters.apis["ml"] = Kubernetes("", "")
    path = "/container.v1/v1/projects/acme-ml/locations/us-east5/clusters/ml/nodePools"
    driver = {"gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"}}
    gpu = {"machineType": "g2-standard-4", "accelerators": [{"acceleratorCount": "1", **driver}]}
    slices = {"type": "COMPACT", "tpuTopology": "4x4"}
    for name, pool in {
        "l4": {"config": gpu, "initialNodeCount": 2, "locations": ["us-east5-a", "us-east5-b"]},
        "slice": {"config": {"machineType": "ct6e-standard-4t"}, "initialNodeCount": 4,
                  "placementPolicy": slices},
        "arm": {"config": {"machineType": "c4a-standard-4"}, "initialNodeCount": 1},
    }.items():  # fmt: skip
        google.answer("POST", path, {"nodePool": {"name": name, **pool}})
    assert len(NODES) == 4 + 4 + 1
    l4, tpu, arm = (NODES[name] for name in ("gke-l4-b-1", "gke-slice-3", "gke-arm-0"))
    assert l4["status"]["allocatable"]["nvidia.com/gpu"] == "1"
    assert l4["metadata"]["labels"]["topology.kubernetes.io/zone"] == "us-east5-b"
    # "Plan node sizes": of 4 processors 80 thousandths are kept, of 16 GiB 2.6 and 100 MiB.
    assert l4["status"]["allocatable"]["cpu"] == "3920m"
    assert l4["status"]["allocatable"]["memory"] == "13619Mi"
    assert tpu["metadata"]["labels"]["cloud.google.com/gke-tpu-topology"] == "4x4"
    assert tpu["status"]["allocatable"]["google.com/tpu"] == "4"
    assert [taint["value"] for taint in arm["spec"]["taints"]] == ["arm64"]
    google.answer("DELETE", f"{path}/l4", None)
    assert sorted(NODES) == ["gke-arm-0", *(f"gke-slice-{n}" for n in range(4))]


def test_what_wakes_and_what_does_not(cloud: GoogleCloud, states: dict[str, Any]) -> None:
    """Section "zero, spot, wake": a request wakes Cloud Run; load does not wake a group of none."""
    service = states["gcp:cloudrunv2/service:Service"]["state"]["__name"]
    assert cloud.idle(service) == 0
    assert cloud.request(service)
    assert cloud.idle(service) == 0
    group = states["gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"]["state"]
    scaler = "compute.v1/compute/v1/projects/acme-ml/regions/europe-west4/autoscalers"
    bounds = {"minNumReplicas": 0, "maxNumReplicas": 4}
    policy = {**bounds, "cpuUtilization": {"utilizationTarget": 0.6}}
    cloud.call("PATCH", f"{scaler}?autoscaler=vectors", {"autoscalingPolicy": policy})
    assert cloud.idle(group["__name"]) == 0
    assert not cloud.request(group["__name"])
    backlog = {"metric": "pubsub.googleapis.com/subscription/num_undelivered_messages",
               "singleInstanceAssignment": 5.0}  # fmt: skip
    woken = {**bounds, "customMetricUtilizations": [backlog]}
    cloud.call("PATCH", f"{scaler}?autoscaler=vectors", {"autoscalingPolicy": woken})
    assert cloud.request(group["__name"])


def test_what_is_used_stays_and_all_goes_at_last(
    cloud: GoogleCloud, states: dict[str, dict[str, Any]]
) -> None:
    template = "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate"
    with pytest.raises(CallRefused, match="already being used by"):
        Resource(KINDS[template]).delete(states[template]["state"], PROVIDER)
    service = states["gcp:cloudrunv2/service:Service"]["state"]
    run = Resource(KINDS["gcp:cloudrunv2/service:Service"])
    with pytest.raises(Refused, match="without setting deletionProtection=false"):
        run.delete({**service, "deletionProtection": True}, PROVIDER)
    for token in reversed(states):
        Resource(KINDS[token]).delete(states[token]["state"], PROVIDER)
    left = cloud.inventory()
    assert set(left) == {
        "storage.buckets", "artifactregistry.projects.locations.repositories",
        "secretmanager.projects.secrets",
    }  # fmt: skip

"""What Google refuses beyond the form of a request: parts that must agree, and limits.

Each refusal has its source. [d] is Google's documentation as a public copy has it, [x] GitHub
AI-Hypercomputer/xpk, src/xpk/core/system_characteristics.py, [t] GitHub vllm-project/tpu-inference,
docs/getting_started/tpu_setup.md, [k] what is generally known of the API.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.google.emulator.store import Body, RefusedRequest, Store, missing, number_of, relative

_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS = 64
_MOST_SCHEDULES = 128
_MOST_CHANNELS = 5
_DAY_S = 86_400
# [d] Cloud Run, "Configure memory limits" and "Configure CPU limits".
_RUN_CPU_OF_MEMORY = ((32, 8), (24, 6), (16, 4), (8, 2), (4, 1))
_RUN_CPUS = (1, 2, 4, 6, 8)
_RUN_LEAST_GIB = {4: 2, 6: 4, 8: 4}
_RUN_START_S = 240
_RUN_ANSWER_S = 3600
# [d] Cloud Run, "GPU support for services": accelerator -> CPUs, GiB, regions.
_RUN_GPUS: Mapping[str, tuple[int, int, tuple[str, ...]]] = {
    "nvidia-l4": (4, 16, ("asia-southeast1", "europe-west1", "europe-west4", "us-east4")),
    "nvidia-rtx-pro-6000": (20, 80, ("asia-southeast1", "europe-west4", "us-central1")),
}
_RUN_GPU_QUOTA = 3
_RUN_CPU_QUOTA = 20
# [d, k] These families boot from Hyperdisk alone.
_HYPERDISK_ONLY = ("c4a-", "n4a-", "c4-", "n4-", "ct6e-", "tpu7x-", "c4d-", "a4-", "g4-")
_ARM = ("c4a-", "n4a-", "t2a-")
_ACCELERATED = re.compile(r"(a2|a3|a4|g2|g4|ct\d|tpu7x)[a-z0-9]*-")
# [x, d] machine -> chips of it, topologies of one host, topologies of several hosts.
_SLICE = ("2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
_CUBES = ("2x2x2", "2x2x4", "2x4x4", "4x4x4", "4x4x8", "4x8x8", "8x8x8")
TPUS: Mapping[str, tuple[int, str, tuple[str, ...]]] = {
    "ct5lp-hightpu-1t": (1, "1x1", ()),
    "ct5lp-hightpu-4t": (4, "2x2", _SLICE),
    "ct5lp-hightpu-8t": (8, "2x4", ()),
    "ct6e-standard-1t": (1, "1x1", ()),
    "ct6e-standard-4t": (4, "2x2", _SLICE),
    "ct6e-standard-8t": (8, "2x4", ()),
    "ct5p-hightpu-4t": (4, "2x2x1", _CUBES),
    "tpu7x-standard-1t": (1, "1x1x1", ()),
    "tpu7x-standard-4t": (4, "2x2x1", _CUBES),
}
# [d] TPU regions and zones.
_TPU_ZONES: Mapping[str, tuple[str, ...]] = {
    "ct5lp": ("us-central1-a", "us-south1-a", "us-west1-c", "us-west4-a", "europe-west4-b"),
    "ct6e": (
        "us-central1-b", "us-east1-d", "us-east5-a", "us-east5-b", "europe-west4-a",
        "asia-northeast1-b", "southamerica-west1-a",
    ),
    "ct5p": ("us-central1-a", "us-east5-a", "europe-west4-b"),
    "tpu7x": ("us-central1-c",),
}  # fmt: skip
_V5E_TYPES = {"v5litepod-1": 1, "v5litepod-4": 4, "v5litepod-8": 8}


def labels(at: str, given: Any) -> None:
    """[d] Resource Manager, "Requirements for labels"."""
    if not isinstance(given, Mapping):
        return
    if len(given) > _MOST_LABELS:
        raise RefusedRequest(f"{at}: {len(given)} labels, and {_MOST_LABELS} are allowed")
    for key, value in given.items():
        if _LABEL_KEY.fullmatch(key) is None:
            raise RefusedRequest(f"{at}: {key!r} is no key of a label")
        if _LABEL_VALUE.fullmatch(str(value)) is None:
            raise RefusedRequest(f"{at}: {value!r} is no value of a label")


def _gib(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(Gi|Mi|G|M)?", text)
    if match is None:
        raise RefusedRequest(f"{text!r} is no amount of memory")
    factor = {"Gi": 1.0, "Mi": 1 / 1024, "G": 1e9 / 2**30, "M": 1e6 / 2**30, None: 1 / 2**30}
    return float(match[1]) * factor[match[2]]


def run_service(store: Store, name: str, body: Body) -> None:
    """Limits of an instance, an accelerator's needs, the key, and who it runs as."""
    _, project, _, region, *_ = name.split("/")
    template = body["template"]
    for at, given in (("labels", body.get("labels")), ("template.labels", template.get("labels"))):
        labels(at, given)
    for n, container in enumerate(template.get("containers", ())):
        _container(container, template, region, f"template.containers[{n}]")
    scaling = template.get("scaling", {})
    least, most = scaling.get("minInstanceCount", 0), scaling.get("maxInstanceCount", 100)
    if least > most:
        raise RefusedRequest(f"template.scaling: minInstanceCount {least} is above {most}")
    if "accelerator" in template.get("nodeSelector", {}):
        _gpu_quota(template, most)
        _cpu_quota(template, most)
    if float(str(template.get("timeout", "300s")).removesuffix("s")) > _RUN_ANSWER_S:
        raise RefusedRequest(f"template.timeout: {_RUN_ANSWER_S}s at most")  # [d]
    if template.get("maxInstanceRequestConcurrency", 80) > 1000:
        raise RefusedRequest("template.maxInstanceRequestConcurrency: 1000 at most")
    _key(store, template.get("encryptionKey"), region, _run_agent(project))
    _runs_as(store, project, template.get("serviceAccount"))


def _run_agent(project: str) -> str:
    agent = f"service-{number_of(project)}@serverless-robot-prod.iam.gserviceaccount.com"
    return f"serviceAccount:{agent}"


def _container(container: Body, template: Body, region: str, at: str) -> None:
    resources = container.get("resources", {})
    limits = resources.get("limits", {})
    cpus = float(limits.get("cpu", 1))
    memory_gib = _gib(limits.get("memory", "512Mi"))
    chip = template.get("nodeSelector", {}).get("accelerator")
    if chip is None:
        if "nvidia.com/gpu" in limits:
            raise RefusedRequest(f"{at}: nvidia.com/gpu needs nodeSelector.accelerator")
        if cpus not in _RUN_CPUS:
            raise RefusedRequest(f"{at}.resources.limits.cpu: {cpus:g} is not one of {_RUN_CPUS}")
        if memory_gib > 32:
            raise RefusedRequest(f"{at}.resources.limits.memory: 32Gi at most")
        least_gib = _RUN_LEAST_GIB.get(int(cpus), 0)
        if memory_gib < least_gib:
            raise RefusedRequest(f"{at}.resources.limits: {cpus:g} CPU need {least_gib}Gi at least")
        most_gib = max(gib for gib, needed in _RUN_CPU_OF_MEMORY if needed <= cpus)
        if memory_gib > most_gib:
            raise RefusedRequest(
                f"{at}.resources.limits: {memory_gib:g}Gi needs more than {cpus:g} CPU"
            )
    else:
        _with_gpu(chip, limits, resources, cpus, memory_gib, region, at)
    probe = container.get("startupProbe", {})
    waits_s = probe.get("failureThreshold", 3) * probe.get("periodSeconds", 10)
    if waits_s > _RUN_START_S:
        raise RefusedRequest(  # [d] Cloud Run, "Configure container health checks"
            f"{at}.startupProbe: failureThreshold x periodSeconds is {waits_s} s, and "
            f"{_RUN_START_S} s are allowed"
        )
    if probe.get("timeoutSeconds", 1) > probe.get("periodSeconds", 10):
        raise RefusedRequest(f"{at}.startupProbe: timeoutSeconds is above periodSeconds")


def _with_gpu(
    chip: str, limits: Body, resources: Body, cpus: float, memory_gib: float, region: str, at: str
) -> None:
    if chip not in _RUN_GPUS:
        raise RefusedRequest(f"template.nodeSelector.accelerator: {chip!r} is not known")
    least_cpus, least_gib, regions = _RUN_GPUS[chip]
    if region not in regions:
        raise RefusedRequest(f"{chip} is not available in {region}: {', '.join(regions)}")
    if cpus < least_cpus or memory_gib < least_gib:
        raise RefusedRequest(
            f"{at}.resources.limits: {chip} needs {least_cpus} CPU and {least_gib}Gi at least"
        )
    if limits.get("nvidia.com/gpu", "1") != "1":
        raise RefusedRequest(f"{at}.resources.limits: one GPU an instance")
    if resources.get("cpuIdle", True):
        raise RefusedRequest(f"{at}.resources.cpuIdle: must be false with a GPU")


def _gpu_quota(template: Body, most: int) -> None:
    """[d, and GitHub GoogleCloudPlatform/magic-modules#17149] A project's first grant."""
    if not template.get("gpuZonalRedundancyDisabled", False):
        raise RefusedRequest(
            "You do not have quota for using GPUs with zonal redundancy", 403, "PERMISSION_DENIED"
        )
    if most > _RUN_GPU_QUOTA:
        raise RefusedRequest(
            f"Max instances must be set to {_RUN_GPU_QUOTA} or fewer in order to set GPU "
            "requirements: quota NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion",
        )


def _cpu_quota(template: Body, most: int) -> None:
    """[GitHub googlecodelabs/feedback#1856] What a project may have of processors at first."""
    cpus = sum(
        float(container.get("resources", {}).get("limits", {}).get("cpu", 1))
        for container in template.get("containers", ())
    )
    if cpus * most > _RUN_CPU_QUOTA:
        raise RefusedRequest(
            f"Max instances must be set to {int(_RUN_CPU_QUOTA // cpus)} or fewer: quota "
            "CpuAllocPerProjectRegion"
        )


def _key(store: Store, key: str | None, region: str, agent: str) -> None:
    """[d] "Using customer managed encryption keys": same region, and the agent's role on it."""
    if not key:
        return
    name = relative(key).partition("/cryptoKeyVersions/")[0]
    store.get(name)
    if f"/locations/{region}/" not in name:
        raise RefusedRequest(f"the key {name} is not in {region}")
    if agent not in store.grants(name, "roles/cloudkms.cryptoKeyEncrypterDecrypter"):
        raise RefusedRequest(
            f"{agent} does not have cloudkms.cryptoKeyVersions.useToEncrypt on {name}", 403,
            "PERMISSION_DENIED",
        )  # fmt: skip


def _runs_as(store: Store, project: str, email: str | None) -> None:
    """A service account of the project must be there before it is used."""
    if email and email.endswith(f"@{project}.iam.gserviceaccount.com"):
        name = f"projects/{project}/serviceAccounts/{email}"
        if name not in store.resources:
            raise missing(name)


def instance_template(store: Store, name: str, body: Body) -> None:
    """Machine, disk, image and what is done at maintenance agree."""
    properties = body["properties"]
    machine = properties["machineType"]
    labels("properties.labels", properties.get("labels"))
    scheduling = properties.get("scheduling", {})
    if _ACCELERATED.match(machine) and scheduling.get("onHostMaintenance") != "TERMINATE":
        raise RefusedRequest(f"{machine} needs scheduling.onHostMaintenance TERMINATE")  # [d]
    if machine.startswith("g2-") and properties.get("guestAccelerators"):
        raise RefusedRequest(f"{machine} brings its GPU: guestAccelerators must be left out")
    boot = [disk for disk in properties.get("disks", ()) if disk.get("boot")]
    if len(boot) != 1:
        raise RefusedRequest("properties.disks: one boot disk")
    made = boot[0].get("initializeParams", {})
    disk = made.get("diskType", "pd-standard")
    if machine.startswith(_HYPERDISK_ONLY) and not disk.startswith("hyperdisk-"):
        raise RefusedRequest(f"{machine} does not boot from {disk}: hyperdisk-balanced does")
    image = made.get("sourceImage", "")
    if machine.startswith(_ARM) != ("arm64" in image):
        kind = "arm64" if machine.startswith(_ARM) else "x86_64"
        raise RefusedRequest(f"{machine} boots from images of {kind}, and {image!r} is none")
    if machine in TPUS and "tpu" not in image:
        raise RefusedRequest(f"{machine} needs an image with a TPU driver, not {image!r}")  # [t]
    if machine.startswith("ct5lp-"):
        # [d] "TPUs and MIGs": groups take TPU VMs from v5p on.
        raise RefusedRequest(f"{machine} cannot be made through Compute Engine")
    for account in properties.get("serviceAccounts", ()):
        _runs_as(store, name.split("/")[1], account.get("email"))


def group(store: Store, name: str, body: Body) -> None:
    """The template is there, zones are of the region and have the machine, and steps fit."""
    region = name.split("/")[3]
    zones = [
        part["zone"].rpartition("/")[2]
        for part in body.get("distributionPolicy", {}).get("zones", ())
    ]
    for zone in zones:
        if zone.rpartition("-")[0] != region:
            raise RefusedRequest(f"{zone} is not in {region}")
    for version in body.get("versions", ()):
        template = store.named(version["instanceTemplate"])
        if template is None:
            raise missing(version["instanceTemplate"])
        machine = template["properties"]["machineType"]
        family = machine.partition("-")[0]
        for zone in zones if family in _TPU_ZONES else ():
            if zone not in _TPU_ZONES[family]:
                raise RefusedRequest(f"{machine} does not exist in zone {zone}")
    surge = body.get("updatePolicy", {}).get("maxSurge", {}).get("fixed")
    if surge and surge < len(zones):  # [k]
        raise RefusedRequest(f"updatePolicy.maxSurge.fixed must be 0 or at least {len(zones)}")
    for healing in body.get("autoHealingPolicies", ()):
        if store.named(healing["healthCheck"]) is None:
            raise missing(healing["healthCheck"])


def autoscaler(store: Store, name: str, body: Body) -> None:
    """Bounds, schedules, and a group whose size nobody else sets."""
    policy = body.get("autoscalingPolicy", {})
    least, most = policy.get("minNumReplicas", 0), policy.get("maxNumReplicas", 0)
    if least > most:
        raise RefusedRequest(f"minNumReplicas {least} is above maxNumReplicas {most}")
    if len(policy.get("scalingSchedules", {})) > _MOST_SCHEDULES:  # [d]
        raise RefusedRequest(f"scalingSchedules: {_MOST_SCHEDULES} at most")
    for schedule, given in policy.get("scalingSchedules", {}).items():
        if given.get("durationSec", 0) < 300:
            raise RefusedRequest(f"scalingSchedules.{schedule}.durationSec: 300 at least")
        if len(given.get("schedule", "").split()) != 5:
            raise RefusedRequest(f"scalingSchedules.{schedule}.schedule: no cron of five fields")
    if body.get("target") and store.named(body["target"]) is None:
        raise missing(body["target"])


def node(store: Store, name: str, body: Body) -> None:
    """[k] One of the two ways to say which chips; the zone has them."""
    labels("labels", body.get("labels"))
    if "acceleratorType" in body and "acceleratorConfig" in body:
        raise RefusedRequest("acceleratorType and acceleratorConfig exclude each other")
    if "acceleratorType" not in body and "acceleratorConfig" not in body:
        # Google makes a v2-8 of it without a word: nobody here means that.
        raise RefusedRequest("acceleratorType or acceleratorConfig: without, the node is a v2-8")
    said = body.get("acceleratorType", "")
    zone = name.split("/")[3]
    if said.startswith("v5litepod-"):
        if said not in _V5E_TYPES:
            raise RefusedRequest(f"{said!r} serves no model on one host: {', '.join(_V5E_TYPES)}")
        if zone not in _TPU_ZONES["ct5lp"]:
            raise RefusedRequest(
                f"There is no more capacity in the zone {zone!r}", 429, "RESOURCE_EXHAUSTED"
            )
        if body["runtimeVersion"] != "v2-alpha-tpuv5-lite":
            raise RefusedRequest(f"{body['runtimeVersion']} does not run on v5e")
    _runs_as(store, name.split("/")[1], body.get("serviceAccount", {}).get("email"))


def deploy(store: Store, name: str, body: Body) -> None:
    """A Model Garden deployment: one model, one replica at least, a shape that exists."""
    if ("publisherModelName" in body) == ("huggingFaceModelId" in body):
        raise RefusedRequest("one of publisherModelName and huggingFaceModelId")
    resources = body.get("deployConfig", {}).get("dedicatedResources", {})
    if resources and resources.get("minReplicaCount", 0) < 1:
        raise RefusedRequest("minReplicaCount must be greater than or equal to 1")
    spec = resources.get("machineSpec", {})
    machine, topology = spec.get("machineType", ""), spec.get("tpuTopology")
    if machine in TPUS:
        if "acceleratorType" in spec:
            raise RefusedRequest(f"{machine} brings its chips: acceleratorType must be left out")
        if topology != TPUS[machine][1]:
            raise RefusedRequest(f"{machine} has topology {TPUS[machine][1]}, not {topology}")
    elif topology:
        raise RefusedRequest(f"{machine} has no tpuTopology")


def node_pool(store: Store, name: str, body: Body) -> None:
    """[x, d] Machine x topology x chips; a pool of several hosts is one slice, all or nothing.

    [GitHub vllm-project/ci-infra#545, keras-team/kinetic#88] What GKE answers to totals and floors.
    """
    pool = body.get("nodePool", body)
    config = pool.get("config", {})
    machine, topology = config.get("machineType", ""), topology_of(store, name, pool)
    labels("config.resourceLabels", config.get("resourceLabels"))
    if machine not in TPUS:
        if topology:
            raise RefusedRequest(f"{machine} has no TPU topology")
        return
    location = name.split("/")[3]
    for zone in pool.get("locations") or ([location] if location.count("-") == 2 else ()):
        if zone not in _TPU_ZONES[machine.partition("-")[0]]:
            raise RefusedRequest(f"{machine} does not exist in zone {zone}")
    each, alone, several = TPUS[machine]
    if topology is None:
        return
    if topology == alone:
        raise RefusedRequest("a single-host TPU pool must not set a tpuTopology")
    if topology not in several:
        known = ", ".join((alone, *several))
        raise RefusedRequest(f"{machine} has no topology {topology}: {known}")
    scaling, hosts = pool.get("autoscaling", {}), chips_of(topology) // each
    if "totalMaxNodeCount" in scaling:
        raise RefusedRequest("Maximum number of nodes 0 is not a valid size of TPU pod slice")
    if scaling.get("enabled") and scaling.get("minNodeCount", 0) != 0:
        raise RefusedRequest("minNodeCount of a multi-host TPU pool must be 0")
    if scaling.get("enabled") and scaling.get("maxNodeCount") != hosts:
        raise RefusedRequest(f"maxNodeCount of {topology} on {machine} must be {hosts}")
    if not scaling.get("enabled") and pool.get("initialNodeCount", hosts) != hosts:
        raise RefusedRequest(f"{topology} on {machine} has {hosts} nodes")


def topology_of(store: Store, name: str, pool: Body) -> str | None:
    """The topology of a pool's slice: its own, and of TPU7x its workload policy's.

    [d] GKE, "Ironwood (TPU7x)": the policy is in place of a topology."""
    placement, machine = pool.get("placementPolicy", {}), pool.get("config", {}).get("machineType")
    own, policy = placement.get("tpuTopology"), placement.get("policyName")
    new = str(machine).startswith("tpu7x-")
    if new and own:
        raise RefusedRequest(f"{machine} takes a workload policy (policyName), no tpuTopology")
    if not policy:
        return str(own) if own else None
    if not new:
        raise RefusedRequest(f"{machine} takes a tpuTopology, no workload policy")
    _, project, _, location, *_ = name.split("/")
    region = location if location.count("-") == 1 else location.rpartition("-")[0]
    made = store.get(f"projects/{project}/regions/{region}/resourcePolicies/{policy}")
    return str(made["workloadPolicy"]["acceleratorTopology"])


def chips_of(topology: str) -> int:
    """``2x4`` has 8 chips."""
    return math.prod(int(part) for part in topology.split("x"))


def crypto_key(store: Store, name: str, body: Body) -> None:
    """[d] Cloud KMS, "Key rotation": once a day at most."""
    labelled(store, name, body)
    if float(str(body.get("rotationPeriod", "86400s")).removesuffix("s")) < _DAY_S:
        raise RefusedRequest(f"rotationPeriod: {_DAY_S}s at least")


def budget(store: Store, name: str, body: Body) -> None:
    """[d] Cloud Billing, Budget: one label, and five channels that hear of it."""
    if len(body.get("budgetFilter", {}).get("labels", {})) > 1:
        raise RefusedRequest("budgetFilter.labels: one key alone")
    heard = body.get("notificationsRule", {}).get("monitoringNotificationChannels", ())
    if len(heard) > _MOST_CHANNELS:
        raise RefusedRequest(f"monitoringNotificationChannels: {_MOST_CHANNELS} at most")


def labelled(store: Store, name: str, body: Body) -> None:
    for field in ("labels", "userLabels", "resourceLabels"):
        labels(field, body.get(field))


Agreement = Callable[[Store, str, Body], None]

AGREEMENTS: Mapping[str, Agreement] = {
    "run.projects.locations.services": run_service,
    "compute.regionInstanceTemplates": instance_template,
    "compute.regionInstanceGroupManagers": group,
    "compute.regionAutoscalers": autoscaler,
    "tpu.projects.locations.nodes": node,
    "cloudkms.projects.locations.keyRings.cryptoKeys": crypto_key,
    "billingbudgets.billingAccounts.budgets": budget,
    "aiplatform.projects.locations": deploy,
    "container.projects.locations.clusters.nodePools": node_pool,
}


def check(store: Store, collection: str, name: str, body: Body) -> None:
    """:class:`RefusedRequest` where parts of a resource do not agree."""
    AGREEMENTS.get(collection, labelled)(store, name, body)


USED_BY: Mapping[str, tuple[str, Callable[[Body], list[str]]]] = {
    "compute.regionInstanceTemplates": (
        "compute.regionInstanceGroupManagers",
        lambda body: [version["instanceTemplate"] for version in body.get("versions", ())],
    ),
    "compute.regionHealthChecks": (
        "compute.regionInstanceGroupManagers",
        lambda body: [healing["healthCheck"] for healing in body.get("autoHealingPolicies", ())],
    ),
    "compute.regionInstanceGroupManagers": (
        "compute.regionAutoscalers",
        lambda body: [body.get("target", "")],
    ),
    "compute.regionBackendServices": (
        "compute.regionUrlMaps",
        lambda body: [body.get("defaultService", "")],
    ),
    "compute.regionUrlMaps": (
        "compute.regionTargetHttpProxies",
        lambda body: [body.get("urlMap", "")],
    ),
    "compute.regionTargetHttpProxies": (
        "compute.forwardingRules",
        lambda body: [body.get("target", "")],
    ),
}
"""What of another kind names a resource: it cannot be deleted meanwhile."""


def check_unused(store: Store, collection: str, name: str) -> None:
    """:class:`RefusedRequest` where another resource still uses one."""
    if collection not in USED_BY:
        return
    users, names = USED_BY[collection]
    for user, body in store.of(users):
        if name in map(relative, names(body)):
            raise RefusedRequest(
                f"The resource '{name}' is already being used by '{user}'", 400,
                "resourceInUseByAnotherResource",
            )  # fmt: skip

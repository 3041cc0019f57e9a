"""EKS: nodes of node groups, which join a cluster that runs beside this; identities of pods.

A cluster is made past the components, which take one. Its nodes are registered in the one control
plane that there is (`SANDBOX_KUBECONFIG`), so that pods run where labels, taints, processors and
devices agree.

(Amazon EKS API: CreateNodegroup, UpdateNodegroupVersion, CreatePodIdentityAssociation. Amazon EKS
User Guide, "Create a managed node group", "Use AWS Neuron instances with Amazon EKS" and "Manage
NVIDIA GPU devices": a machine has devices only where its image has the driver and the cluster the
device plugin.)
"""

import os
from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.eks.models import EKSBackend, Nodegroup
from moto.eks.responses import EKSResponse
from moto.iam.models import iam_backends

from sandbox.aws.cloud import KUBECONFIG
from sandbox.aws.emulator.extensions import Method, extends
from sandbox.kubernetes.nodes import eks_nodes, eks_room
from sandbox.kubernetes.registry import keep, offers

_GROUP = "eks.amazonaws.com/nodegroup"
_PLUGINS = {"NeuronInfo": "neuron-device-plugin", "GpuInfo": "nvidia-device-plugin"}

for _path in ("", "/(?P<associationId>[^/]+)"):
    urls.url_paths[f"{{0}}/clusters/(?P<name>[^/]+)/pod-identity-associations{_path}$"] = (
        urls.response.dispatch
    )
urls.url_paths[
    "{0}/clusters/(?P<name>[^/]+)/node-groups/(?P<nodegroupName>[^/]+)/update-version$"
] = urls.response.dispatch


@extends(EKSResponse)
def create_nodegroup(before: Method, self: EKSResponse) -> Any:
    sizes = self._get_param("scalingConfig") or {}
    least, wished, most = (int(sizes.get(f"{end}Size", 1)) for end in ("min", "desired", "max"))
    if not least <= wished <= most:
        raise _refused(f"desired capacity {wished} is not between {least} and {most}")
    _check_machine(self, str(self._get_param("amiType") or "AL2023_x86_64_STANDARD"))
    _check_role(self)
    template = self._get_param("launchTemplate")
    if template and self._get_param("diskSize"):
        raise _refused("Disk size must be specified within the launch template.")
    result = before(self)
    group = _group(self)
    group.update_config = self._get_param("updateConfig") or {"maxUnavailable": 1}
    group.node_repair_config = self._get_param("nodeRepairConfig")
    if template:
        group.disk_size = None  # type: ignore[assignment]  # AWS leaves it out
    _join(group)
    return result


@extends(EKSResponse)
def update_nodegroup_config(before: Method, self: EKSResponse) -> Any:
    result = before(self)
    _join(_group(self))
    return result


@extends(EKSResponse)
def update_nodegroup_version(_: Method | None, self: EKSResponse) -> ActionResult:
    group = _group(self)
    if release := self._get_param("releaseVersion"):
        group.release_version = release
    if template := self._get_param("launchTemplate"):
        group.launch_template = {**(group.launch_template or {}), **template}
    update = {"id": str(uuid4()), "status": "Successful", "type": "VersionUpdate"}
    return ActionResult({"update": {**update, "createdAt": utcnow(), "errors": []}})


@extends(EKSBackend)
def delete_nodegroup(
    before: Method, self: EKSBackend, cluster_name: str, nodegroup_name: str
) -> Nodegroup:
    gone: Nodegroup = before(self, cluster_name, nodegroup_name)
    if kubeconfig := os.environ.get(KUBECONFIG):
        keep(_GROUP, nodegroup_name, [], kubeconfig)
    return gone


@extends(EKSResponse)
def create_pod_identity_association(_: Method | None, self: EKSResponse) -> ActionResult:
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    _check_role(self, "roleArn")
    found = _identities(self.eks_backend)
    for one in found.values():
        if all(
            one[word] == self._get_param(given)
            for word, given in (
                ("clusterName", "name"),
                ("namespace", "namespace"),
                ("serviceAccount", "serviceAccount"),
            )
        ):
            raise _refused("Association already exists: " + one["associationId"])
    number = f"a-{uuid4().hex[:17]}"
    arn = f"{cluster.arn}/{number}".replace(":cluster/", ":podidentityassociation/")
    found[number] = {
        "clusterName": cluster.name,
        "namespace": self._get_param("namespace"),
        "serviceAccount": self._get_param("serviceAccount"),
        "roleArn": self._get_param("roleArn"),
        "associationArn": arn,
        "associationId": number,
        "tags": self._get_param("tags") or {},
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
    }
    return ActionResult({"association": found[number]})


@extends(EKSResponse)
def list_pod_identity_associations(_: Method | None, self: EKSResponse) -> ActionResult:
    cluster = self.eks_backend.describe_cluster(self._get_param("name")).name
    found = _identities(self.eks_backend).values()
    return ActionResult({"associations": [one for one in found if one["clusterName"] == cluster]})


@extends(EKSResponse)
def describe_pod_identity_association(_: Method | None, self: EKSResponse) -> ActionResult:
    return ActionResult({"association": _identity(self)})


@extends(EKSResponse)
def update_pod_identity_association(_: Method | None, self: EKSResponse) -> ActionResult:
    _check_role(self, "roleArn")
    found = _identity(self)
    found |= {"roleArn": self._get_param("roleArn"), "modifiedAt": utcnow()}
    return ActionResult({"association": found})


@extends(EKSResponse)
def delete_pod_identity_association(_: Method | None, self: EKSResponse) -> ActionResult:
    found = _identity(self)
    del _identities(self.eks_backend)[found["associationId"]]
    return ActionResult({"association": found})


@extends(EKSBackend)
def tag_resource(before: Method, self: EKSBackend, resource_arn: str, tags: dict[str, str]) -> None:
    """Node groups and identities too: moto tags clusters alone."""
    if (found := _tags_of(self, resource_arn)) is None:
        before(self, resource_arn, tags)
    else:
        found.update(tags)


@extends(EKSBackend)
def untag_resource(
    before: Method, self: EKSBackend, resource_arn: str, tag_keys: list[str] | str
) -> None:
    if (found := _tags_of(self, resource_arn)) is None:
        before(self, resource_arn, tag_keys)
        return
    for key in [tag_keys] if isinstance(tag_keys, str) else tag_keys:
        found.pop(key, None)


def _join(group: Nodegroup) -> None:
    """Its machines become nodes of the cluster, if one runs."""
    kubeconfig = os.environ.get(KUBECONFIG)
    if not kubeconfig:
        return
    machine = INSTANCE_TYPES[group.instance_types[0]]
    network = machine["NetworkInfo"]
    vcpu, memory_gib = eks_room(
        machine["VCpuInfo"]["DefaultVCpus"],
        machine["MemoryInfo"]["SizeInMiB"],
        (network["MaximumNetworkInterfaces"], network["Ipv4AddressesPerInterface"]),
    )
    chips, plugin = _chips(machine)
    described = {
        "instanceTypes": group.instance_types,
        "amiType": group.ami_type,
        "capacityType": group.capacity_type,
        "labels": group.labels,
        "taints": group.taints,
        "scalingConfig": group.scaling_config,
    }
    ec2 = ec2_backends[group.arn.split(":")[4]][group.region]
    zones = sorted({ec2.get_subnet(name).availability_zone for name in group.subnets})
    nodes = [
        node
        for zone in zones
        for node in eks_nodes(
            group.nodegroup_name,
            described,
            zone=zone,
            vcpu=vcpu,
            memory_gib=memory_gib,
            chips=chips,
            device_plugin=plugin is None or offers(plugin, kubeconfig),
        )
    ]
    keep(_GROUP, group.nodegroup_name, nodes, kubeconfig)


def _chips(machine: dict[str, Any]) -> tuple[int, str | None]:
    """How many devices a machine has, and the plugin without which none is seen."""
    for info, plugin in _PLUGINS.items():
        for devices in machine.get(info, {}).values():
            if isinstance(devices, list):
                return sum(int(one["Count"]) for one in devices), plugin
    return 0, None


def _check_machine(response: EKSResponse, image: str) -> None:
    for name in response._get_param("instanceTypes") or []:
        if name not in INSTANCE_TYPES:
            raise _refused(f"The following supplied instance types do not exist: [{name}]")
        processors = INSTANCE_TYPES[name]["ProcessorInfo"]["SupportedArchitectures"]
        wanted = "arm64" if "ARM_64" in image.upper() else "x86_64"
        if image != "CUSTOM" and wanted not in processors:
            raise _refused(f"[{name}] is not a valid instance type for requested amiType {image}")


def _check_role(response: EKSResponse, parameter: str = "nodeRole") -> None:
    arn = str(response._get_param(parameter))
    roles = iam_backends[response.current_account][response.partition].roles.values()
    if all(role.arn != arn for role in roles):
        raise _refused(f"The role {arn} does not exist")


def _group(response: EKSResponse) -> Nodegroup:
    return response.eks_backend.describe_nodegroup(
        response._get_param("name"), response._get_param("nodegroupName")
    )


def _identities(backend: EKSBackend) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = backend.__dict__.setdefault("pod_identities", {})
    return found


def _identity(response: EKSResponse) -> dict[str, Any]:
    number = response._get_param("associationId")
    found = _identities(response.eks_backend).get(number)
    if found is None:
        raise ResourceNotFoundException(message=f"No association found: {number}")
    return found


def _tags_of(backend: EKSBackend, arn: str) -> dict[str, str] | None:
    """The tags of a node group or an identity; None where the name is neither's."""
    for one in _identities(backend).values():
        if one["associationArn"] == arn:
            tags: dict[str, str] = one["tags"]
            return tags
    for cluster in backend.clusters.values():
        for group in cluster.nodegroups.values():
            if group.arn == arn:
                return group.tags
    return None


def _refused(message: str) -> InvalidParameterException:
    return InvalidParameterException(message=message)

"""Machines of an EKS cluster for one endpoint: a managed node group, or Karpenter's NodePool; and
the pods on them.

Sources: Amazon EKS User Guide, "Create a managed node group", "Use AWS Neuron instances with Amazon
EKS" and "EKS Pod Identities"; Karpenter documentation, "NodePools" and "NodeClasses" (v1);
hashicorp/terraform-provider-aws-eks#2060 (the wrong image gives nodes without devices).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.kubernetes.args import EksArgs, KubernetesArgs, kubernetes_args
from lichen_components.kubernetes.eks.neuron import check_driver
from lichen_components.kubernetes.nodes import NodeRow
from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.kubernetes.ready import Prepared
from lichen_components.kubernetes.scaling import bounds, most_machines
from lichen_components.kubernetes.serving import OWN_CLUSTER, ClusterService, check
from lichen_components.plan import Plan
from lichen_components.row import S3
from lichen_components.servers.container import Decision

_NODES = ("group", "karpenter", "none")
_EFFECT = "NO_SCHEDULE"
_PLUGINS = {
    "aws.amazon.com/neuron": (
        "Neuron",
        "helm install neuron oci://public.ecr.aws/neuron/neuron-helm-chart",
    ),
    "nvidia.com/gpu": (
        "NVIDIA",
        "helm install nvidia-device-plugin nvidia-device-plugin --repo "
        "https://nvidia.github.io/k8s-device-plugin --namespace kube-system",
    ),
}
"""Devices -> the plugin that offers them to pods, and how it is installed (Amazon EKS User Guide,
"Install Kubernetes device plugin for GPUs" and "Use AWS Neuron instances with Amazon EKS")."""


class EksService(ClusterService):
    """Machines in the EKS cluster that is given, and what serves on them."""

    TYPE = "lichen:index:EksService"

    def check_machines(self, plan: Plan, ready: Prepared) -> None:
        _check_machines(ready.args, _eks(ready.args), plan, ready.row)

    def makes_machines(self, args: KubernetesArgs) -> bool:
        return _eks(args).get("nodes", "group") != "none"

    def machines(
        self, place: ClusterPlace, plan: Plan, ready: Prepared
    ) -> Sequence[pulumi.Resource]:
        ours = _eks(ready.args)
        nodes = _made(place, plan, ours, ready.row)
        return [*nodes, *_may_read(place, plan, ready.args, ours)]

    def cluster_of(self, args: KubernetesArgs) -> pulumi.Input[str]:
        return _eks(args).get("cluster", "")

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where the cluster cannot do what was decided, or lacks an
        argument."""
        ours = kubernetes_args(args)
        check(decision, ours)
        eks = _eks(ours)
        kind = eks.get("nodes", "group")
        if kind not in _NODES:
            raise InputError(
                f"{kind!r} is no way to get machines",
                fix="write one of: " + ", ".join(_NODES),
                field="kubernetes.eks.nodes",
            )
        needed = {
            "group": ("cluster", "node_role", "subnets"),
            "karpenter": ("node_role", "discovery", "ami_alias"),
            "none": (),
        }[kind]
        for name in needed:
            if name not in eks:
                raise InputError(
                    f"is required for machines by {kind!r} on EKS, where the placement is",
                    fix=f"add eks: {{{name}: ...}} to kubernetes; {OWN_CLUSTER}",
                    field=f"kubernetes.eks.{name}",
                )
        alias = eks.get("ami_alias", "")
        if kind == "karpenter" and alias.endswith("@latest"):
            raise InputError(
                f"{alias!r} changes the drivers of the machines by itself",
                fix="name a release: al2023@v20260625",
                field="kubernetes.eks.ami_alias",
            )
        if str(ours.get("artifacts", "")).startswith(S3):
            for name, given in (("service_account", ours), ("cluster", eks)):
                if name not in given:
                    field = name if given is ours else f"eks.{name}"
                    raise InputError(
                        "is required with s3://: what reads the bucket is an account of the pods', "
                        "which EKS Pod Identity gives a role",
                        fix=f"add {name} to kubernetes{'' if given is ours else '.eks'}",
                        field=f"kubernetes.{field}",
                    )


def ami_type(row: NodeRow) -> str:
    """EKS's name of the machine image that has the drivers of a machine, and none that it lacks."""
    processor = "ARM_64" if row.architecture == "arm64" else "x86_64"
    of = {"aws.amazon.com/neuron": "NEURON", "nvidia.com/gpu": "NVIDIA"}
    return f"AL2023_{processor}_{of.get(row.resource or '', 'STANDARD')}"


def _eks(args: KubernetesArgs) -> EksArgs:
    return args.get("eks", {})


def _check_machines(args: KubernetesArgs, ours: EksArgs, plan: Plan, row: NodeRow) -> None:
    region = ours.get("region", plan.region)
    if region != plan.region:
        raise InputError(
            f"the cluster is in {region}, and the placement in {plan.region}",
            fix=f"allow the cluster's region alone: where: {{regions: [{region}]}}",
            field="workload.where.regions",
        )
    if row.resource is None:
        return
    if ours.get("device_plugin") is not True:
        plugin, install = _PLUGINS[row.resource]
        raise InputError(
            f"must be true for {row.machine.name}: without the {plugin} device plugin no machine "
            f"has {row.resource}, and the pods stay pending",
            fix=f"install it ({install}), then write device_plugin: true",
            field="kubernetes.eks.device_plugin",
        )
    if row.resource != "aws.amazon.com/neuron":
        return
    if ours.get("nodes", "group") == "group" and "release_version" not in ours:
        raise InputError(
            "is required for Inferentia: a newer machine image brings a driver that the serving "
            "image may not run on",
            fix="name a release: aws ssm get-parameters-by-path --recursive --path "
            "/aws/service/eks/optimized-ami",
            field="kubernetes.eks.release_version",
        )
    check_driver(plan, args, ours)


def _made(place: ClusterPlace, plan: Plan, ours: EksArgs, row: NodeRow) -> list[pulumi.Resource]:
    kind = ours.get("nodes", "group")
    if kind == "none":
        return []
    return (
        [_group(place, plan, ours, row)] if kind == "group" else _karpenter(place, plan, ours, row)
    )


def _taint_keys(row: NodeRow) -> list[str]:
    """Accelerators are kept from pods that ask for none. Arm has no taint on EKS by itself."""
    return [row.resource] if row.resource else []


def _disk_gib(plan: Plan, ours: EksArgs) -> int:
    needed = 50 + 2 * int(plan.decision.sizing.artifact_bytes / (1 << 30))
    return int(ours.get("disk_gib", max(100, needed)))


def _group(place: ClusterPlace, plan: Plan, ours: EksArgs, row: NodeRow) -> aws.eks.NodeGroup:
    least, _ = bounds(plan.decision)
    chosen = plan.decision.placement.chosen
    tags = place.passport_for("aws")
    start = aws.ec2.LaunchTemplate(
        place.child("start"),
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name="/dev/xvda",
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    volume_size=_disk_gib(plan, ours), volume_type="gp3", encrypted="true"
                ),
            )
        ],
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
            for kind in ("instance", "volume")
        ],
        region=plan.region,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    return aws.eks.NodeGroup(
        place.child("machines"),
        cluster_name=ours.get("cluster", ""),
        node_role_arn=ours.get("node_role", ""),
        subnet_ids=ours.get("subnets", []),
        ami_type=ami_type(row),
        release_version=ours.get("release_version"),
        instance_types=[row.machine.name],
        capacity_type="SPOT" if chosen.sold == "spot" else "ON_DEMAND",
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
            id=start.id, version=start.latest_version.apply(str)
        ),
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            min_size=least, max_size=most_machines(plan.decision, row), desired_size=least
        ),
        labels=place.machines_labels,
        update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
        node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
        taints=[
            aws.eks.NodeGroupTaintArgs(key=key, value="present", effect=_EFFECT)
            for key in _taint_keys(row)
        ]
        or None,
        region=plan.region,
        tags=tags,
        opts=pulumi.ResourceOptions(
            parent=place.parent,
            # The autoscaler's alone once it is made.
            ignore_changes=["scalingConfig.desiredSize"],
        ),
    )


def _karpenter(
    place: ClusterPlace, plan: Plan, ours: EksArgs, row: NodeRow
) -> list[pulumi.Resource]:
    most = most_machines(plan.decision, row)
    chosen = plan.decision.placement.chosen
    tags = place.passport_for("aws")
    terms = [{"tags": dict(ours.get("discovery", {}))}]
    metadata = k8s.meta.v1.ObjectMetaArgs(
        name=place.machines_name, labels=place.labels, annotations=place.passport
    )
    node_class = k8s.apiextensions.CustomResource(
        place.child("machine-class"),
        api_version="karpenter.k8s.aws/v1",
        kind="EC2NodeClass",
        metadata=metadata,
        spec={
            "role": ours.get("node_role"),
            "amiSelectorTerms": [{"alias": ours.get("ami_alias", "")}],
            "subnetSelectorTerms": terms,
            "securityGroupSelectorTerms": terms,
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeSize": f"{_disk_gib(plan, ours)}Gi",
                        "volumeType": "gp3",
                        "encrypted": True,
                    },
                }
            ],
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1,
            },
            "tags": tags,
        },
        opts=place.under(),
    )
    limits: dict[str, object] = {"cpu": str(round(row.machine.vcpu * most))}
    if row.resource:
        limits[row.resource] = str(row.count * most)
    pool = k8s.apiextensions.CustomResource(
        place.child("machines"),
        api_version="karpenter.sh/v1",
        kind="NodePool",
        metadata=metadata,
        spec={
            "template": {
                "metadata": {"labels": place.machines_labels},
                "spec": {
                    "nodeClassRef": {
                        "group": "karpenter.k8s.aws",
                        "kind": "EC2NodeClass",
                        "name": place.machines_name,
                    },
                    "requirements": [
                        _in("node.kubernetes.io/instance-type", row.machine.name),
                        _in("kubernetes.io/arch", row.architecture),
                        _in(
                            "karpenter.sh/capacity-type",
                            "spot" if chosen.sold == "spot" else "on-demand",
                        ),
                    ],
                    "taints": [
                        {"key": key, "value": "present", "effect": "NoSchedule"}
                        for key in _taint_keys(row)
                    ],
                    "expireAfter": "720h",
                },
            },
            # Not where it is underused: such a move ends pods that take minutes to load.
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "5m",
                "budgets": [{"nodes": "1"}],
            },
            "limits": limits,
        },
        opts=place.under(node_class),
    )
    return [node_class, pool]


def _in(key: str, *values: str) -> dict[str, object]:
    return {"key": key, "operator": "In", "values": list(values)}


def _may_read(
    place: ClusterPlace, plan: Plan, args: KubernetesArgs, ours: EksArgs
) -> list[pulumi.Resource]:
    """The pods' own account reads the model's files, by EKS Pod Identity."""
    location = args.get("artifacts")
    if not isinstance(location, str) or not location.startswith(S3):
        return []
    bucket, _, rest = location.replace("{region}", plan.region).removeprefix(S3).partition("/")
    # Without the slash a/b would let a/bc be read too.
    prefix = f"{rest.strip('/')}/" if rest.strip("/") else ""
    tags = place.passport_for("aws")
    partition = "aws-cn" if plan.region.startswith("cn-") else "aws"
    role = aws.iam.Role(
        place.child("role"),
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "pods.eks.amazonaws.com"},
                        "Action": ["sts:AssumeRole", "sts:TagSession"],
                    }
                ],
            }
        ),
        tags=tags,
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    arn = f"arn:{partition}:s3:::{bucket}"
    access = aws.iam.RolePolicy(
        place.child("access"),
        role=role.id,
        policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": f"{arn}/{prefix}*",
                    },
                    {
                        "Effect": "Allow",
                        "Action": "s3:ListBucket",
                        "Resource": arn,
                        "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
                    },
                ],
            }
        ),
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    identity = aws.eks.PodIdentityAssociation(
        place.child("identity"),
        cluster_name=ours.get("cluster", ""),
        namespace=place.namespace,
        service_account=args.get("service_account", "default"),
        role_arn=role.arn,
        region=plan.region,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=place.parent, depends_on=[access]),
    )
    return [identity]

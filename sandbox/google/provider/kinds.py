"""The kinds of resource: a row each, and a row is all that the sandbox needs of a new kind.

A row names the API's collection. How a request is spelled follows from the names in pulumi_gcp and
in the discovery document (rendering.py); ``moved`` are those that differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.google.provider.rendering import Form, Moved


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    ``args`` are the class of its inputs, as ``package:Name`` in pulumi_gcp; not in the kind's own
    module, which leaves a package half loaded that it asks first. ``parent`` is where it is made,
    with inputs in braces; ``methods`` the collection's id in the API. ``identifier`` is the query
    parameter of its name, "" where the body has it; ``name_input`` is the input with the name.
    ``wrapper`` is the member of the request that has the resource. ``outputs`` are properties that
    Google decides -> where they are in what it answers. ``replaces`` are inputs that the real
    provider makes a new resource for, although the API would change them. ``local`` are inputs that
    no request has. ``sends`` is what a creation says where a program says nothing. ``delete`` is
    what takes it away: "" leaves it. ``update`` is a method's name. ``adds`` are parts of a message
    that Pulumi leaves out where the message itself is there. ``setters`` are inputs that have a
    method each, in place of ``update``.
    """

    token: str
    args: str
    api: str
    methods: str
    parent: str
    identifier: str = ""
    name_input: str = "name"
    wrapper: str = ""
    autoname: bool = True
    update: str = "patch"
    delete: str = "delete"
    moved: Mapping[str, Moved] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    sends: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    adds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    setters: Mapping[str, str] = field(default_factory=dict)
    labels: str = "labels"


@dataclass(frozen=True)
class Member:
    """A member that a resource's policy gives a role: read, changed and written as a whole.

    ``of`` is the resource, with inputs in braces; ``read`` and ``write`` are how its policy is
    asked for, as verb and what follows its name.
    """

    token: str
    args: str
    api: str
    of: str
    read: tuple[str, str] = ("GET", ":getIamPolicy")
    write: tuple[str, str] = ("POST", ":setIamPolicy")
    wrapped: bool = True


_PLACE = "v1/projects/{project}/locations/{location}"
_COMPUTE = "compute/v1/projects/{project}"
_REGION = f"{_COMPUTE}/regions/{{region}}"
_LINK = {"selfLink": "selfLink"}
_DISKS = {
    "disks.sourceImage": Moved("initializeParams.sourceImage"),
    "disks.diskType": Moved("initializeParams.diskType"),
    "disks.diskSizeGb": Moved("initializeParams.diskSizeGb"),
    "disks.labels": Moved("initializeParams.labels"),
    "disks.diskEncryptionKey.kmsKeySelfLink": Moved("kmsKeyName"),
}

KINDS: Mapping[str, Kind] = {
    kind.token: kind
    for kind in (
        Kind(
            "gcp:cloudrunv2/service:Service",
            "cloudrunv2:ServiceArgs",
            api="run.v2",
            methods="run.projects.locations.services",
            parent="v2/projects/{project}/locations/{location}/services",
            identifier="serviceId",
            outputs={
                name: name
                for name in ("uri", "urls", "uid", "etag", "generation", "latestReadyRevision")
            },
            # Pulumi's own: a service is not deleted while it is true, which is the default.
            local=("deletionProtection",),
            defaults={"deletionProtection": True},
        ),
        Kind(
            "gcp:serviceaccount/account:Account",
            "serviceaccount:AccountArgs",
            api="iam.v1",
            methods="iam.projects.serviceAccounts",
            parent="v1/projects/{project}/serviceAccounts",
            name_input="accountId",
            autoname=False,
            wrapper="serviceAccount",
            moved={"accountId": Moved("accountId", outside=True)},
            outputs={
                "email": "email", "name": "name", "uniqueId": "uniqueId",
                "member": "serviceAccount:{email}",
            },
            replaces=("accountId",),
            local=("createIgnoreAlreadyExists", "disabled"),
            labels="",
        ),
        Kind(
            "gcp:kms/keyRing:KeyRing",
            "kms:KeyRingArgs",
            api="cloudkms.v1",
            methods="cloudkms.projects.locations.keyRings",
            parent=f"{_PLACE}/keyRings",
            identifier="keyRingId",
            update="",
            delete="",
            labels="",
        ),
        Kind(
            "gcp:kms/cryptoKey:CryptoKey",
            "kms:CryptoKeyArgs",
            api="cloudkms.v1",
            methods="cloudkms.projects.locations.keyRings.cryptoKeys",
            parent="v1/{keyRing}/cryptoKeys",
            identifier="cryptoKeyId",
            delete="destroy",
            defaults={"purpose": "ENCRYPT_DECRYPT"},
            replaces=("keyRing", "name", "purpose", "destroyScheduledDuration"),
            local=("skipInitialVersionCreation", "keyRing"),
        ),
        Kind(
            "gcp:logging/projectBucketConfig:ProjectBucketConfig",
            "logging:ProjectBucketConfigArgs",
            api="logging.v2",
            methods="logging.projects.locations.buckets",
            parent="v2/projects/{project}/locations/{location}/buckets",
            identifier="bucketId",
            name_input="bucketId",
            autoname=False,
            outputs={"name": "name"},
            labels="",
        ),
        Kind(
            "gcp:logging/projectSink:ProjectSink",
            "logging:ProjectSinkArgs",
            api="logging.v2",
            methods="logging.projects.sinks",
            parent="v2/projects/{project}/sinks",
            moved={"name": Moved("name")},
            outputs={"writerIdentity": "writerIdentity"},
            local=("uniqueWriterIdentity", "customWriterIdentity"),
            labels="",
        ),
        Kind(
            "gcp:monitoring/alertPolicy:AlertPolicy",
            "monitoring:AlertPolicyArgs",
            api="monitoring.v3",
            methods="monitoring.projects.alertPolicies",
            parent="v3/projects/{project}/alertPolicies",
            name_input="",
            outputs={"name": "name"},
            labels="",
        ),
        Kind(
            "gcp:monitoring/dashboard:Dashboard",
            "monitoring:DashboardArgs",
            api="monitoring.v1",
            methods="monitoring.projects.dashboards",
            parent="v1/projects/{project}/dashboards",
            name_input="",
            moved={"dashboardJson": Moved("", Form.JSON)},
            labels="",
        ),
        Kind(
            "gcp:billing/budget:Budget",
            "billing:BudgetArgs",
            api="billingbudgets.v1",
            methods="billingbudgets.billingAccounts.budgets",
            parent="v1/billingAccounts/{billingAccount}/budgets",
            name_input="",
            moved={
                "allUpdatesRule": Moved("notificationsRule"),
                "budgetFilter.labels": Moved("labels", Form.MAP_OF_LISTS),
            },
            local=("billingAccount",),
            outputs={"name": "name"},
            labels="",
        ),
        Kind(
            "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
            "compute:RegionInstanceTemplateArgs",
            api="compute.v1",
            methods="compute.regionInstanceTemplates",
            parent=f"{_REGION}/instanceTemplates",
            wrapper="properties",
            update="",
            moved={
                **_DISKS,
                "name": Moved("name", outside=True),
                "description": Moved("description", outside=True),
                "instanceDescription": Moved("description"),
                "metadata": Moved("metadata.items", Form.KEYS_AND_VALUES),
                "metadataStartupScript": Moved("metadata.items", Form.STARTUP_SCRIPT),
                "tags": Moved("tags.items"),
                "guestAccelerators.type": Moved("acceleratorType"),
                "guestAccelerators.count": Moved("acceleratorCount"),
            },
            outputs=_LINK,
            local=("namePrefix", "region"),
        ),
        Kind(
            "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
            "compute:RegionInstanceGroupManagerArgs",
            api="compute.v1",
            methods="compute.regionInstanceGroupManagers",
            parent=f"{_REGION}/instanceGroupManagers",
            moved={
                "name": Moved("name"),
                "distributionPolicyZones": Moved("distributionPolicy.zones", Form.ZONES),
                "distributionPolicyTargetShape": Moved("distributionPolicy.targetShape"),
                "updatePolicy.maxSurgeFixed": Moved("maxSurge.fixed"),
                "updatePolicy.maxUnavailableFixed": Moved("maxUnavailable.fixed"),
                "updatePolicy.maxSurgePercent": Moved("maxSurge.percent"),
            },
            outputs={
                **_LINK,
                "instanceGroup": "{selfLink}/instanceGroup",
                "fingerprint": "fingerprint",
            },
            replaces=("distributionPolicyZones", "baseInstanceName"),
            sends={"targetSize": 0},  # as the real provider does; the autoscaler sets it then
            local=("waitForInstances", "waitForInstancesStatus", "region"),
            labels="",
        ),
        Kind(
            "gcp:compute/regionAutoscaler:RegionAutoscaler",
            "compute:RegionAutoscalerArgs",
            api="compute.v1",
            methods="compute.regionAutoscalers",
            parent=f"{_REGION}/autoscalers",
            moved={
                "name": Moved("name"),
                "autoscalingPolicy.minReplicas": Moved("minNumReplicas"),
                "autoscalingPolicy.maxReplicas": Moved("maxNumReplicas"),
                "autoscalingPolicy.cooldownPeriod": Moved("coolDownPeriodSec"),
                "autoscalingPolicy.cpuUtilization.target": Moved("utilizationTarget"),
                "autoscalingPolicy.loadBalancingUtilization.target": Moved("utilizationTarget"),
                "autoscalingPolicy.metrics": Moved("customMetricUtilizations"),
                "autoscalingPolicy.metrics.name": Moved("metric"),
                "autoscalingPolicy.metrics.target": Moved("utilizationTarget"),
                "autoscalingPolicy.metrics.type": Moved("utilizationTargetType"),
                "autoscalingPolicy.scalingSchedules": Moved("scalingSchedules", Form.BY_NAME),
            },
            outputs=_LINK,
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/regionHealthCheck:RegionHealthCheck",
            "compute:RegionHealthCheckArgs",
            api="compute.v1",
            methods="compute.regionHealthChecks",
            parent=f"{_REGION}/healthChecks",
            moved={"name": Moved("name")},
            outputs=_LINK,
            defaults={},
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/resourcePolicy:ResourcePolicy",
            "compute:ResourcePolicyArgs",
            api="compute.v1",
            methods="compute.resourcePolicies",
            parent=f"{_REGION}/resourcePolicies",
            moved={"name": Moved("name")},
            outputs=_LINK,
            replaces=("workloadPolicy",),
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/regionBackendService:RegionBackendService",
            "compute:RegionBackendServiceArgs",
            api="compute.v1",
            methods="compute.regionBackendServices",
            parent=f"{_REGION}/backendServices",
            moved={
                "name": Moved("name"),
                "connectionDrainingTimeoutSec": Moved("connectionDraining.drainingTimeoutSec"),
            },
            outputs=_LINK,
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/regionUrlMap:RegionUrlMap",
            "compute:RegionUrlMapArgs",
            api="compute.v1",
            methods="compute.regionUrlMaps",
            parent=f"{_REGION}/urlMaps",
            moved={"name": Moved("name")},
            outputs=_LINK,
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy",
            "compute:RegionTargetHttpProxyArgs",
            api="compute.v1",
            methods="compute.regionTargetHttpProxies",
            parent=f"{_REGION}/targetHttpProxies",
            update="",
            moved={"name": Moved("name")},
            outputs=_LINK,
            local=("region",),
            labels="",
        ),
        Kind(
            "gcp:compute/forwardingRule:ForwardingRule",
            "compute:ForwardingRuleArgs",
            api="compute.v1",
            methods="compute.forwardingRules",
            parent=f"{_REGION}/forwardingRules",
            moved={
                "name": Moved("name"),
                "ipAddress": Moved("IPAddress"),
                "ipProtocol": Moved("IPProtocol"),
            },
            outputs={**_LINK, "ipAddress": "IPAddress"},
            replaces=("network", "subnetwork", "loadBalancingScheme", "portRange", "ipProtocol"),
            local=("region",),
        ),
        Kind(
            "gcp:compute/firewall:Firewall",
            "compute:FirewallArgs",
            api="compute.v1",
            methods="compute.firewalls",
            parent=f"{_COMPUTE}/global/firewalls",
            moved={
                "name": Moved("name"),
                "allows": Moved("allowed"),
                "allows.protocol": Moved("IPProtocol"),
                "denies": Moved("denied"),
                "denies.protocol": Moved("IPProtocol"),
            },
            outputs=_LINK,
            replaces=("network", "direction"),
            labels="",
        ),
        Kind(
            "gcp:tpu/v2Vm:V2Vm",
            "tpu:V2VmArgs",
            api="tpu.v2",
            methods="tpu.projects.locations.nodes",
            parent="v2/projects/{project}/locations/{zone}/nodes",
            identifier="nodeId",
            moved={"serviceAccount.scopes": Moved("scope")},
            outputs={"state": "state", "health": "health", "networkEndpoints": "networkEndpoints"},
            replaces=(
                "acceleratorType", "acceleratorConfig", "runtimeVersion", "networkConfig",
                "schedulingConfig", "serviceAccount", "shieldedInstanceConfig", "zone",
            ),
            local=("zone",),
        ),
        Kind(
            "gcp:container/nodePool:NodePool",
            "container:NodePoolArgs",
            api="container.v1",
            methods="container.projects.locations.clusters.nodePools",
            parent="v1/projects/{project}/locations/{location}/clusters/{cluster}/nodePools",
            wrapper="nodePool",
            moved={
                "name": Moved("name"),
                "nodeConfig": Moved("config"),
                "nodeConfig.guestAccelerators": Moved("accelerators"),
                "nodeConfig.guestAccelerators.type": Moved("acceleratorType"),
                "nodeConfig.guestAccelerators.count": Moved("acceleratorCount"),
                "nodeLocations": Moved("locations"),
            },
            adds={"autoscaling": {"enabled": True}},
            setters={
                "autoscaling": "setAutoscaling",
                "management": "setManagement",
                "upgradeSettings": "update",
            },
            # The real provider changes some of it in place; a new pool is the careful answer.
            replaces=(
                "nodeConfig", "placementPolicy", "networkConfig", "nodeLocations",
                "initialNodeCount", "maxPodsPerNode", "cluster",
            ),
            labels="",
        ),
        Kind(
            "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment",
            "vertex:AiEndpointWithModelGardenDeploymentArgs",
            api="aiplatform.v1",
            methods="aiplatform.projects.locations",
            parent="v1/projects/{project}/locations/{location}",
            name_input="",
            update="mutateDeployedModel",
            # An update in place changes the number of replicas alone.
            replaces=("modelConfig", "endpointConfig", "publisherModelName", "huggingFaceModelId"),
            labels="",
        ),
    )
}  # fmt: skip

MEMBERS: Mapping[str, Member] = {
    row.token: row
    for row in (
        Member(
            "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
            "cloudrunv2:ServiceIamMemberArgs",
            "run.v2",
            "v2/projects/{project}/locations/{location}/services/{name}",
        ),
        Member(
            "gcp:projects/iAMMember:IAMMember",
            "projects:IAMMemberArgs",
            "cloudresourcemanager.v1",
            "v1/projects/{project}",
            read=("POST", ":getIamPolicy"),
        ),
        Member(
            "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
            "kms:CryptoKeyIAMMemberArgs",
            "cloudkms.v1",
            "v1/{cryptoKeyId}",
        ),
        Member(
            "gcp:storage/bucketIAMMember:BucketIAMMember",
            "storage:BucketIAMMemberArgs",
            "storage.v1",
            "storage/v1/b/{bucket}",
            read=("GET", "/iam"),
            write=("PUT", "/iam"),
            wrapped=False,
        ),
        Member(
            "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
            "artifactregistry:RepositoryIamMemberArgs",
            "artifactregistry.v1",
            "v1/projects/{project}/locations/{location}/repositories/{repository}",
        ),
        Member(
            "gcp:secretmanager/secretIamMember:SecretIamMember",
            "secretmanager:SecretIamMemberArgs",
            "secretmanager.v1",
            "v1/projects/{project}/secrets/{secretId}",
        ),
    )
}

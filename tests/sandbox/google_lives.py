"""What each kind of the emulated Google is made with, what changes in place, what replaces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]
PLACE = "projects/acme-ml/locations/europe-west4"
KEY = f"{PLACE}/keyRings/serving/cryptoKeys/chat"
EMAIL = "chat-prod-1a2b3c@acme-ml.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{EMAIL}"
REGION = "projects/acme-ml/regions/europe-west4"
NETWORK = "projects/acme-ml/global/networks/serving"
LABELS = {"lichen-model": "meta-llama_2f_4clama-3_2e1-8_42"}


@dataclass(frozen=True)
class Life:
    """One resource's inputs, a change in place, and one that makes a new resource."""

    inputs: Properties
    in_place: Properties
    replacing: Properties


RUN = {
    "name": "chat",
    "location": "europe-west4",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "labels": LABELS,
    "deletionProtection": False,
    "scaling": {"minInstanceCount": 0},
    "template": {
        "containers": [
            {
                "image": "europe-west4-docker.pkg.dev/acme-ml/serving/vllm:v0.28.0",
                "args": ["--max-num-seqs=8"],
                "envs": [{"name": "HF_HUB_OFFLINE", "value": "1"}],
                "ports": {"containerPort": 8000},
                "resources": {
                    "limits": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"},
                    "cpuIdle": False,
                    "startupCpuBoost": True,
                },
                "startupProbe": {
                    "httpGet": {"path": "/health", "port": 8000},
                    "periodSeconds": 10.0,
                    "failureThreshold": 24.0,
                    "timeoutSeconds": 5,
                },
                "volumeMounts": [{"name": "model", "mountPath": "/model"}],
            }
        ],
        "nodeSelector": {"accelerator": "nvidia-l4"},
        "gpuZonalRedundancyDisabled": True,
        "maxInstanceRequestConcurrency": 8,
        "scaling": {"minInstanceCount": 0, "maxInstanceCount": 3},
        "serviceAccount": EMAIL,
        "encryptionKey": KEY,
        "executionEnvironment": "EXECUTION_ENVIRONMENT_GEN2",
        "timeout": "120s",
        "vpcAccess": {
            "egress": "ALL_TRAFFIC",
            "networkInterfaces": [{"network": NETWORK, "subnetwork": "serving"}],
        },
        "volumes": [{"name": "model", "gcs": {"bucket": "acme-models", "readOnly": True}}],
        "labels": LABELS,
    },
}
TEMPLATE = {
    "namePrefix": "vectors-",
    "region": "europe-west4",
    "machineType": "c4a-standard-4",
    "disks": [
        {
            "boot": True,
            "autoDelete": True,
            "sourceImage": "projects/cos-cloud/global/images/family/cos-arm64-stable",
            "diskType": "hyperdisk-balanced",
            "diskSizeGb": 30.0,
            "diskEncryptionKey": {"kmsKeySelfLink": KEY},
        }
    ],
    "networkInterfaces": [{"network": NETWORK, "subnetwork": "serving"}],
    "serviceAccount": {
        "email": EMAIL,
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    },
    "scheduling": {"provisioningModel": "STANDARD", "automaticRestart": True},
    "shieldedInstanceConfig": {"enableSecureBoot": True, "enableVtpm": True},
    "labels": LABELS,
    "tags": ["vectors"],
    "metadata": {"enable-oslogin": "TRUE"},
    "metadataStartupScript": "#! /bin/sh\ndocker run vectors",
}

LIVES: Mapping[str, Life] = {
    "gcp:serviceaccount/account:Account": Life(
        {"accountId": "chat-prod-1a2b3c", "displayName": "Cloud Run chat"},
        {"displayName": "Cloud Run chat, prod"},
        {"accountId": "chat-prod-2a2b3c"},
    ),
    "gcp:kms/keyRing:KeyRing": Life(
        {"name": "serving", "location": "europe-west4"}, {}, {"location": "europe-west1"}
    ),
    "gcp:kms/cryptoKey:CryptoKey": Life(
        {"name": "chat", "keyRing": f"{PLACE}/keyRings/serving", "rotationPeriod": "7776000s",
         "labels": LABELS},
        {"rotationPeriod": "2592000s"},
        {"name": "other"},
    ),
    "gcp:cloudrunv2/service:Service": Life(
        RUN, {"labels": {"a": "b"}}, {"location": "europe-west1"}
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": Life(
        {"project": "acme-ml", "location": "europe-west4", "bucketId": "chat",
         "retentionDays": 90.0,
         "cmekSettings": {"kmsKeyName": KEY}},
        {"retentionDays": 14},
        {"bucketId": "other"},
    ),
    "gcp:logging/projectSink:ProjectSink": Life(
        {"name": "chat", "destination": f"logging.googleapis.com/{PLACE}/buckets/chat",
         "filter": 'resource.type="cloud_run_revision"', "uniqueWriterIdentity": True},
        {"filter": 'resource.type="gce_instance"'},
        {"name": "other"},
    ),
    "gcp:monitoring/alertPolicy:AlertPolicy": Life(
        {
            "displayName": "chat errors",
            "combiner": "OR",
            "conditions": [
                {
                    "displayName": "more than 1 % fail",
                    "conditionThreshold": {
                        "filter": 'metric.type="run.googleapis.com/request_count"',
                        "comparison": "COMPARISON_GT",
                        "duration": "300s",
                        "thresholdValue": 0.01,
                        "aggregations": [
                            {"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_RATE"}
                        ],
                    },
                }
            ],
            "notificationChannels": ["projects/acme-ml/notificationChannels/1"],
            "userLabels": LABELS,
            "severity": "ERROR",
        },
        {"severity": "WARNING"},
        {},
    ),
    "gcp:monitoring/dashboard:Dashboard": Life(
        {"dashboardJson": '{"displayName": "chat", "gridLayout": {"columns": "2"}}'},
        {"dashboardJson": '{"displayName": "chat", "gridLayout": {"columns": "3"}}'},
        {},
    ),
    "gcp:billing/budget:Budget": Life(
        {
            "billingAccount": "000000-111111-222222",
            "displayName": "chat",
            "amount": {"specifiedAmount": {"currencyCode": "USD", "units": "500"}},
            "budgetFilter": {"projects": ["projects/123"], "labels": {"lichen-workload": "chat"}},
            "thresholdRules": [{"thresholdPercent": 1.0, "spendBasis": "FORECASTED_SPEND"}],
        },
        {"displayName": "chat, prod"},
        {"billingAccount": "000000-111111-333333"},
    ),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": Life(
        TEMPLATE, {}, {"machineType": "c4a-standard-8"}
    ),
    "gcp:compute/regionHealthCheck:RegionHealthCheck": Life(
        {"name": "vectors", "region": "europe-west4", "checkIntervalSec": 10.0,
         "httpHealthCheck": {"port": 8080, "requestPath": "/health"}},
        {"checkIntervalSec": 30},
        {"name": "other"},
    ),
    "gcp:compute/resourcePolicy:ResourcePolicy": Life(
        {"name": "slice", "region": "europe-west4",
         "workloadPolicy": {"type": "HIGH_THROUGHPUT", "acceleratorTopology": "2x2x2"}},
        {},
        {"workloadPolicy": {"type": "HIGH_THROUGHPUT", "acceleratorTopology": "2x2x4"}},
    ),
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": Life(
        {
            "name": "vectors",
            "region": "europe-west4",
            "baseInstanceName": "vectors",
            "versions": [{"instanceTemplate": f"{REGION}/instanceTemplates/template"}],
            "distributionPolicyZones": ["europe-west4-a", "europe-west4-b"],
            "distributionPolicyTargetShape": "EVEN",
            "autoHealingPolicies": {
                "healthCheck": f"{REGION}/healthChecks/vectors", "initialDelaySec": 600
            },
            "namedPorts": [{"name": "http", "port": 8080}],
            "updatePolicy": {
                "type": "PROACTIVE", "minimalAction": "REPLACE", "maxSurgeFixed": 2,
                "maxUnavailableFixed": 0, "replacementMethod": "SUBSTITUTE",
            },
        },
        {"namedPorts": [{"name": "http", "port": 8000}]},
        {"baseInstanceName": "other"},
    ),
    "gcp:compute/regionAutoscaler:RegionAutoscaler": Life(
        {
            "name": "vectors",
            "region": "europe-west4",
            "target": f"{REGION}/instanceGroupManagers/vectors",
            "autoscalingPolicy": {
                "minReplicas": 1, "maxReplicas": 4, "cooldownPeriod": 300,
                "cpuUtilization": {"target": 0.6},
                "metrics": [{"name": "custom", "target": 5.0, "type": "GAUGE"}],
                "scalingSchedules": [
                    {"name": "morning", "schedule": "0 7 * * 1-5", "durationSec": 36000,
                     "minRequiredReplicas": 2, "timeZone": "Europe/Paris"}
                ],
                "scaleInControl": {
                    "maxScaledInReplicas": {"fixed": 1}, "timeWindowSec": 600
                },
            },
        },
        {"autoscalingPolicy": {"minReplicas": 2, "maxReplicas": 4}},
        {"name": "other"},
    ),
    "gcp:compute/regionBackendService:RegionBackendService": Life(
        {
            "name": "vectors", "region": "europe-west4", "protocol": "HTTP", "portName": "http",
            "loadBalancingScheme": "INTERNAL_MANAGED", "timeoutSec": 60,
            "healthChecks": f"{REGION}/healthChecks/vectors",
            "backends": [
                {"group": f"{REGION}/instanceGroups/vectors", "balancingMode": "UTILIZATION",
                 "capacityScaler": 1}
            ],
            "connectionDrainingTimeoutSec": 60,
        },
        {"timeoutSec": 120},
        {"name": "other"},
    ),
    "gcp:compute/regionUrlMap:RegionUrlMap": Life(
        {"name": "vectors", "region": "europe-west4",
         "defaultService": f"{REGION}/backendServices/vectors"},
        {"description": "requests"},
        {"name": "other"},
    ),
    "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy": Life(
        {"name": "vectors", "region": "europe-west4", "urlMap": f"{REGION}/urlMaps/vectors"},
        {},
        {"name": "other"},
    ),
    "gcp:compute/forwardingRule:ForwardingRule": Life(
        {"name": "vectors", "region": "europe-west4", "loadBalancingScheme": "INTERNAL_MANAGED",
         "ipProtocol": "TCP", "portRange": "80", "network": NETWORK, "subnetwork": "serving",
         "target": f"{REGION}/targetHttpProxies/vectors", "labels": LABELS},
        {"labels": {"a": "b"}},
        {"portRange": "8080"},
    ),
    "gcp:compute/firewall:Firewall": Life(
        {"name": "vectors", "network": NETWORK, "direction": "INGRESS", "priority": 900.0,
         "allows": [{"protocol": "tcp", "ports": ["8080"]}],
         "sourceRanges": ["35.191.0.0/16", "130.211.0.0/22"], "targetServiceAccounts": [EMAIL]},
        {"priority": 1000},
        {"network": "projects/acme-ml/global/networks/other"},
    ),
    "gcp:tpu/v2Vm:V2Vm": Life(
        {
            "name": "chat", "zone": "europe-west4-b", "acceleratorType": "v5litepod-4",
            "runtimeVersion": "v2-alpha-tpuv5-lite", "labels": LABELS,
            "networkConfig": {"network": NETWORK, "subnetwork": "serving",
                              "enableExternalIps": False},
            "schedulingConfig": {"spot": True},
            "serviceAccount": {"email": EMAIL, "scopes": ["cloud-platform"]},
            "shieldedInstanceConfig": {"enableSecureBoot": True},
            "metadata": {"startup-script": "docker run chat"},
        },
        {"labels": {"a": "b"}},
        {"acceleratorType": "v5litepod-8"},
    ),
    "gcp:container/nodePool:NodePool": Life(
        {
            "name": "chat-prod-pool", "cluster": "serving", "location": "europe-west4",
            "nodeLocations": ["europe-west4-a"], "initialNodeCount": 1,
            "autoscaling": {"totalMinNodeCount": 1, "totalMaxNodeCount": 4,
                            "locationPolicy": "ANY"},
            "nodeConfig": {
                "machineType": "g2-standard-4", "diskSizeGb": 100,
                "serviceAccount": "nodes@acme-ml.iam.gserviceaccount.com",
                "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
                "resourceLabels": LABELS,
                "guestAccelerators": [
                    {"type": "nvidia-l4", "count": 1,
                     "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"}}
                ],
                "workloadMetadataConfig": {"mode": "GKE_METADATA"},
                "shieldedInstanceConfig": {"enableSecureBoot": True},
                "gvnic": {"enabled": True},
                "gcfsConfig": {"enabled": True},
            },
            "networkConfig": {"enablePrivateNodes": True},
            "management": {"autoRepair": True, "autoUpgrade": True},
            "upgradeSettings": {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0},
        },
        {"autoscaling": {"totalMinNodeCount": 2, "totalMaxNodeCount": 4,
                         "locationPolicy": "ANY"}},
        {"networkConfig": {"enablePrivateNodes": False}},
    ),
    "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": Life(
        {
            "location": "europe-west4",
            "huggingFaceModelId": "meta-llama/Llama-3.1-8B",
            "modelConfig": {
                "acceptEula": True,
                "containerSpec": {
                    "imageUri": "europe-west4-docker.pkg.dev/acme-ml/serving/vllm:v0.28.0",
                    "args": ["--max-num-seqs=8"],
                    "envs": [{"name": "A", "value": "b"}],
                    "ports": [{"containerPort": 8000}],
                    "predictRoute": "/v1/completions",
                    "healthRoute": "/health",
                },
            },
            "endpointConfig": {"endpointDisplayName": "chat", "dedicatedEndpointEnabled": True},
            "deployConfig": {
                "dedicatedResources": {
                    "machineSpec": {
                        "machineType": "g2-standard-12", "acceleratorType": "NVIDIA_L4",
                        "acceleratorCount": 1.0,
                    },
                    "minReplicaCount": 1.0,
                    "maxReplicaCount": 3.0,
                }
            },
        },
        {
            "deployConfig": {
                "dedicatedResources": {
                    "machineSpec": {
                        "machineType": "g2-standard-12", "acceleratorType": "NVIDIA_L4",
                        "acceleratorCount": 1.0,
                    },
                    "minReplicaCount": 2.0,
                    "maxReplicaCount": 3.0,
                }
            },
        },
        {"huggingFaceModelId": "meta-llama/Llama-3.1-70B"},
    ),
}  # fmt: skip

MEMBERS: Mapping[str, Properties] = {
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": {
        "name": "chat", "location": "europe-west4", "role": "roles/run.invoker", "member": MEMBER,
    },
    "gcp:projects/iAMMember:IAMMember": {
        "project": "acme-ml", "role": "roles/logging.logWriter", "member": MEMBER,
    },
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {
        "cryptoKeyId": KEY, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": MEMBER,
    },
    "gcp:storage/bucketIAMMember:BucketIAMMember": {
        "bucket": "acme-models", "role": "roles/storage.objectViewer", "member": MEMBER,
    },
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
        "location": "europe-west4", "repository": "serving",
        "role": "roles/artifactregistry.reader", "member": MEMBER,
    },
    "gcp:secretmanager/secretIamMember:SecretIamMember": {
        "secretId": "token", "role": "roles/secretmanager.secretAccessor", "member": MEMBER,
    },
}  # fmt: skip

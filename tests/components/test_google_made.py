"""What every kind on Google Cloud is made with: an account of its own with the least that it needs,
the key, no public address, logs, alerts, a budget where one is asked for, and its passport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pulumi
import pytest
from lichen_components.google.cloud_run import RunService
from lichen_components.google.group import ManagedGroup
from lichen_components.google.tpu import TpuNodes
from lichen_components.google.vertex import ModelGardenEndpoint
from lichen_components.plan import Plan

from lichen.passport import read_tags
from tests.components.clusters import Registered, made
from tests.components.narrowed import CHAT, VECTORS, planned

KEY = "projects/acme/locations/{region}/keyRings/serving/cryptoKeys/chat"
CHANNEL = "projects/acme/notificationChannels/1"
GS, HF = "gs://models-{region}/it/", "hf://meta-llama/Llama-3.1-8B"
ASKED = {
    "project": "acme",
    "registry": "{region}-docker.pkg.dev/acme/hub",
    "network": "projects/acme/global/networks/it",
    "subnetwork": "it",
    "alert_channel": CHANNEL,
    "protect": False,
}
BUDGET = {"budget_usd": 400, "billing_account": "000000-111111-222222"}
OF_MACHINES = {"roles/logging.logWriter", "roles/monitoring.metricWriter"}
READS = frozenset({"roles/storage.objectViewer"})
"""Cloud Run's own agent pulls the image."""
OF_FILES = {"roles/storage.objectViewer", "roles/artifactregistry.reader"}


class Cloud(Registered):
    """The project has a number, after which Google's own accounts are named."""

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {"number": "123456789012", "projectId": "acme"}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        named, outputs = super().new_resource(args)
        if args.typ == "gcp:serviceaccount/account:Account":
            email = f"{args.inputs['accountId']}@acme.iam.gserviceaccount.com"
            outputs |= {"email": email, "member": f"serviceAccount:{email}"}
        outputs |= {
            "endpoint": "42",
            "uri": "https://it.run.app",
            "ipAddress": "10.0.0.2",
            "networkEndpoints": [{"ipAddress": "10.0.0.3"}],
        }
        return named, outputs

    def of(self, token: str) -> list[dict[str, Any]]:
        """The inputs of every resource whose type ends so."""
        return [self.inputs[name] for name, typ in self.types.items() if typ.endswith(token)]


class Made(NamedTuple):
    """A kind: what it is made with, and what it has of what kinds may have."""

    component: Callable[[str, Plan], object]
    hosting: str
    machine: str
    workload: dict[str, Any]
    artifacts: str = GS
    more: Mapping[str, Any] = MappingProxyType({})
    roles: frozenset[str] = frozenset(OF_FILES)
    key_at: str = ""
    labelled: tuple[str, ...] = ()
    alerts: int = 2
    logs: int = 1


KINDS = {
    "cloud-run": Made(
        RunService, "cloud-run", "cloudrun-cpu.2x8", VECTORS,
        more={"key": KEY, "invokers": ["group:ml@acme.example"]}, roles=READS,
        key_at="Service", labelled=("Service",),
    ),
    "cloud-run-gpu": Made(
        RunService, "cloud-run", "cloudrun-gpu-l4", CHAT,
        more={"key": KEY, "invokers": ["group:ml@acme.example"]}, roles=READS,
        key_at="Service", labelled=("Service",),
    ),
    "group": Made(
        ManagedGroup, "compute-engine", "c4a-standard-4", VECTORS,
        more={"key": KEY, "proxy_ranges": ["10.129.0.0/23"]},
        roles=frozenset(OF_FILES | OF_MACHINES),
        key_at="RegionInstanceTemplate", labelled=("RegionInstanceTemplate", "ForwardingRule"),
    ),
    "group-of-tpus": Made(
        ManagedGroup, "tpu-vm", "ct6e-standard-1t", CHAT,
        more={"key": KEY, "proxy_ranges": ["10.129.0.0/23"]},
        roles=frozenset(OF_FILES | OF_MACHINES),
        key_at="RegionInstanceTemplate", labelled=("RegionInstanceTemplate",),
    ),
    "tpu-nodes": Made(
        TpuNodes, "tpu-vm", "ct5lp-hightpu-4t", {**CHAT, "environment": "staging"},
        roles=frozenset(OF_FILES | OF_MACHINES), labelled=("V2Vm",),
        alerts=0, logs=0,  # without a load balancer Google counts no requests
    ),
    "vertex": Made(
        ModelGardenEndpoint, "vertex", "g2-standard-4", CHAT, artifacts=HF, roles=frozenset(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_all_that_it_may_have(name: str) -> None:
    kind = KINDS[name]
    where = {"clouds": ["google"], "hosting": [kind.hosting], "regions": ["europe-west4"]}
    workload = {"precisions": ["bf16"], **kind.workload, "where": where}
    google = {**ASKED, **kind.more}
    asked = planned(kind.machine, workload, artifacts=kind.artifacts, google=google)
    cloud = Cloud()
    made(kind.component, asked, cloud)

    accounts = cloud.of(":Account")
    assert len(accounts) == (1 if kind.roles else 0)
    grants = [
        inputs
        for token in (":IAMMember", ":BucketIAMMember", "epositoryIamMember", "SecretIamMember")
        for inputs in cloud.of(token)
    ]
    assert {grant["role"] for grant in grants} == kind.roles
    for grant in grants:
        assert grant["member"] == f"serviceAccount:{accounts[0]['accountId']}@acme.iam." + (
            "gserviceaccount.com"
        )
    for bucket in cloud.of(":BucketIAMMember"):
        assert "objects/it/" in bucket["condition"]["expression"]

    uses_key = cloud.of(":CryptoKeyIAMMember")
    assert [grant["role"] for grant in uses_key] == (
        ["roles/cloudkms.cryptoKeyEncrypterDecrypter"] if kind.key_at else []
    )
    if kind.key_at:
        (encrypted,) = cloud.of(f":{kind.key_at}")
        assert KEY.replace("{region}", "europe-west4") in str(encrypted)
        assert uses_key[0]["member"].startswith("serviceAccount:service-123456789012@")

    text = str(cloud.inputs)
    assert "allUsers" not in text
    assert "accessConfigs" not in text
    assert all(node["networkConfig"]["enableExternalIps"] is False for node in cloud.of(":V2Vm"))
    assert all(
        one["vpcAccess"] for service in cloud.of(":Service") for one in [service["template"]]
    )
    assert all("INTERNAL" in service["ingress"] for service in cloud.of(":Service"))

    assert len(cloud.of(":AlertPolicy")) == kind.alerts
    assert all(alert["notificationChannels"] == [CHANNEL] for alert in cloud.of(":AlertPolicy"))
    kept = [bucket["retentionDays"] for bucket in cloud.of(":ProjectBucketConfig")]
    assert kept == [90] * kind.logs
    assert len(cloud.of(":ProjectSink")) == kind.logs

    for token in kind.labelled:
        for resource in cloud.of(f":{token}"):
            passport, wrong = read_tags(resource["labels"], "google")
            assert wrong == ()
            assert passport is not None
            assert passport.workload == workload["name"]
            assert passport.model == workload["model"]

    assert cloud.of(":Budget") == []  # opt-in
    limited = Cloud()
    google |= BUDGET
    made(kind.component, planned(kind.machine, workload, artifacts=kind.artifacts, google=google),
         limited)  # fmt: skip
    (budget,) = limited.of(":Budget")
    assert budget["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "400"}
    assert budget["budgetFilter"]["labels"] == {"lichen-workload": workload["name"]}


def test_the_alerts_of_vertex_are_of_its_own_endpoint() -> None:
    kind = KINDS["vertex"]
    where = {"clouds": ["google"], "hosting": ["vertex"], "regions": ["europe-west4"]}
    workload = {**kind.workload, "precisions": ["bf16"], "where": where}
    cloud = Cloud()
    made(kind.component, planned(kind.machine, workload, artifacts=HF, google=ASKED), cloud)
    # Pulumi registers them in any order.
    errors, slow = sorted(cloud.of(":AlertPolicy"), key=lambda each: "latenc" in str(each))
    for alert in (errors, slow):
        (condition,) = alert["conditions"]
        found = condition["conditionThreshold"]["filter"]
        assert found.startswith('resource.type="aiplatform.googleapis.com/Endpoint"')
    assert "response_count" in str(errors)
    assert "prediction_latencies" in str(slow)

"""The rules over Kubernetes manifests in the real Checkov: the same findings as `lichen check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lichen_policies.dialects import read
from lichen_policies.gate import Gate
from lichen_policies.verdict import BLOCKING

from tests.doors.checkov.engine import Run, checkov

pytestmark = pytest.mark.xdist_group("checkov")

SERVING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: models-prod}
spec:
  replicas: 12
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.xlarge
        topology.kubernetes.io/zone: ap-south-1a
      containers:
        - name: server
          image: vllm/vllm-openai:v0.9.1
          resources: {limits: {nvidia.com/gpu: 1}}
---
apiVersion: v1
kind: List
items:
  - apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: {name: ranker, labels: {env: dev}}
    spec: {predictor: {model: {modelFormat: {name: huggingface}}}}
  - apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: thumbnails}
    spec: {template: {spec: {containers: [{image: "thumbnails:1"}]}}}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: gpu}
      requirements: [{key: karpenter.k8s.aws/instance-category, operator: In, values: [g]}]
  disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: Never}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: later, namespace: models-prod}
spec:
  replicas: ${REPLICAS}
  selector: {matchLabels: {app: later}}
  template:
    metadata: {labels: {app: later}}
    spec:
      containers: [{name: server, image: "later:1", resources: {limits: {nvidia.com/gpu: 1}}}]
"""

SHOP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: prod}
spec:
  replicas: 40
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      nodeSelector: {topology.kubernetes.io/region: ap-south-1}
      containers: [{name: web, image: "nginx:1.27"}]
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: prod}
spec: {selector: {app: shop}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: exempt, namespace: dev}
spec:
  nodeSelector: {topology.kubernetes.io/region: ap-south-1}
  containers:
    # lichen:exempt dirty-region owner=search until=2099-03-31 reason="moves in spring"
    - {name: server, image: "ollama/ollama:0.9"}
"""

ANNOTATED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: held
  namespace: dev
  annotations:
    lichen.dev/exempt.too-many-accelerators: owner=search until=2099-03-31 reason=a test of load
spec:
  replicas: 4
  selector: {matchLabels: {app: held}}
  template:
    metadata: {labels: {app: held}}
    spec:
      containers: [{name: a, image: "a:1", resources: {limits: {nvidia.com/gpu: 8}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: late
  namespace: dev
  annotations:
    lichen.dev/exempt.too-many-accelerators: owner=search until=2026-01-31 reason=a test of load
spec:
  replicas: 4
  selector: {matchLabels: {app: late}}
  template:
    metadata: {labels: {app: late}}
    spec:
      containers: [{name: a, image: "a:1", resources: {limits: {nvidia.com/gpu: 8}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: live
  namespace: prod
  annotations:
    lichen.dev/exempt.too-many-accelerators: owner=search until=2099-03-31 reason=a test of load
spec:
  replicas: 4
  selector: {matchLabels: {app: live}}
  template:
    metadata: {labels: {app: live}}
    spec:
      containers: [{name: a, image: "a:1", resources: {limits: {nvidia.com/gpu: 8}}}]
"""

TERRAFORM = """\
resource "kubernetes_manifest" "chat" {
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "chat", namespace = "models-prod" }
    spec = {
      replicas = 12
      template = { spec = { containers = [
        { name = "server", image = "chat:1", resources = { limits = { "nvidia.com/gpu" = "1" } } }
      ] } }
    }
  }
}

resource "kubernetes_deployment_v1" "chat" {
  metadata {
    name      = "chat"
    namespace = "models-prod"
  }
  spec {
    replicas = 12
    template {
      spec {
        container {
          name  = "server"
          image = "chat:1"
          resources { limits = { "nvidia.com/gpu" = "1" } }
        }
      }
    }
  }
}
"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("manifests")
    (folder / "serving.yaml").write_text(SERVING)
    (folder / "shop.yaml").write_text(SHOP)
    (folder / "annotated.yaml").write_text(ANNOTATED)
    (folder / "main.tf").write_text(TERRAFORM)
    return folder, checkov("--directory", folder, "--framework", "kubernetes", "terraform")


def found_by_lichen(path: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """What `lichen check` finds, as Checkov reports it: by check and its name of the object."""
    report = Gate.near(path).report(read(path))
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for verdict in (*report.findings, *report.unverified):
        part = "_ADVICE" if verdict.verdict == "fail" else "_UNVERIFIED"
        check = f"CKV2_LICHEN_{verdict.rule.upper().replace('-', '_')}"
        check += "" if verdict.level in BLOCKING else part
        namespace, kind, name = ("default", *verdict.resource.split("/"))[-3:]
        key = (check, f"{kind}.{namespace}.{name}")
        found[key] = (*found.get(key, ()), verdict.message)
    return found


def test_manifests_have_the_findings_that_lichen_gives(scanned: tuple[Path, Run]) -> None:
    folder, run = scanned
    ours = found_by_lichen(folder / "serving.yaml")
    assert run.of("FAILED", "serving.yaml") == ours
    assert {check.removeprefix("CKV2_LICHEN_") for check, _ in ours} >= {
        "DIRTY_REGION",
        "TOO_MANY_ACCELERATORS",
        "TOO_MANY_ACCELERATORS_UNVERIFIED",
        "IDLE_FLOOR_ADVICE",
        "KARPENTER_CONSOLIDATION_OFF_ADVICE",
        "REGION_UNRESOLVED_ADVICE",
    }


def test_a_web_shop_is_free_and_a_comment_exempts(scanned: tuple[Path, Run]) -> None:
    _, run = scanned
    assert not any("shop" in name for _, name in run.of("FAILED", "shop.yaml"))
    dirty = ("CKV2_LICHEN_DIRTY_REGION_ADVICE", "Pod.dev.exempt")
    assert dirty in run.of("SKIPPED", "shop.yaml")


def test_an_annotation_exempts_until_its_last_day_and_not_in_production(
    scanned: tuple[Path, Run],
) -> None:
    _, run = scanned
    check = "CKV2_LICHEN_TOO_MANY_ACCELERATORS"
    failed = run.of("FAILED", "annotated.yaml")
    (held,) = [
        record
        for record in run.records
        if record.result == "SKIPPED" and record.check == check and "annotated" in record.file
    ]
    assert held.resource == "Deployment.dev.held"
    assert "exempted until 2099-03-31 beside the resource" in held.comment.lower()
    assert {name for found, name in failed if found == check} == {
        "Deployment.dev.late",
        "Deployment.prod.live",
    }
    (late,) = failed[check, "Deployment.dev.late"]
    assert "Its exemption, for search, ended on 2026-01-31." in late
    (live,) = failed[check, "Deployment.prod.live"]
    assert "does not hold in prod" in live


def test_objects_in_terraform_are_judged_alike(scanned: tuple[Path, Run]) -> None:
    _, run = scanned
    failed = run.of("FAILED", "main.tf")
    check = "CKV2_LICHEN_TOO_MANY_ACCELERATORS"
    (inside,) = failed[check, "kubernetes_manifest.chat"]
    (own,) = failed[check, "kubernetes_deployment_v1.chat"]
    assert inside.replace("manifest.spec.", "spec.") == own
    assert "Fix: set manifest.spec.replicas to at most 8" in inside


def test_json_is_read_too(tmp_path: Path) -> None:
    limits = {"limits": {"nvidia.com/gpu": 16}}
    spec = {"containers": [{"name": "a", "image": "a:1", "resources": limits}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    (tmp_path / "pod.json").write_text(json.dumps(pod))
    run = checkov("--file", tmp_path / "pod.json", "--framework", "kubernetes")
    assert run.of("FAILED") == found_by_lichen(tmp_path / "pod.json")
    assert ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", "Pod.default.a") in run.of("FAILED")

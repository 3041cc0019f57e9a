"""``lichen check --fix``: what it writes into templates, manifests and Terraform's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.fixing.editing import Edit, NoPlace
from lichen_doors.fixing.terraform_text import edit, items
from lichen_policies.facts import Resource
from lichen_policies.verdict import Change

from tests.cases.test_lichen_yaml import planned

pytestmark = pytest.mark.usefixtures("fixed_tables")

TAGS = {
    "lichen:model": "meta-llama/Llama-3.1-8B",
    "lichen:precision": "bf16",
    "lichen:peak-rps": "1",
    "lichen:input-tokens": "512",
    "lichen:output-tokens": "128",
}

TEMPLATE = """\
# A comment at the top.
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - VariantName: all     # the one
          InstanceType: "ml.g5.12xlarge"   # far too large
          InitialInstanceCount: 4
      Tags:
        - {Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}
        - {Key: "lichen:precision", Value: bf16}
        - {Key: "lichen:peak-rps", Value: "1"}
        - {Key: "lichen:input-tokens", Value: "512"}
        - {Key: "lichen:output-tokens", Value: "128"}
"""

MAIN = """\
# The endpoint.
resource "aws_sagemaker_endpoint_configuration" "other" {
  name = "} not the end"
}

resource "aws_sagemaker_endpoint_configuration" "chat" { # chat
  production_variants {
    variant_name           = "all"
    instance_type          = "ml.g5.12xlarge" # far too large
    initial_instance_count = 4
  }
  tags = {
    note = <<-EOT
      } neither this
    EOT
  }
}
"""


def lichen(*arguments: object, answer: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=answer)


def fixed(path: Path, *arguments: str) -> Result:
    return lichen("check", path, "--fix", "--yes", "--region", "eu-north-1",
                  "--environment", "dev", *arguments)  # fmt: skip


def test_a_template_is_changed_in_two_values_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    run = fixed(path)
    expected = TEMPLATE.replace('"ml.g5.12xlarge" ', '"ml.g5.xlarge" ').replace(
        "Count: 4", "Count: 1"
    )
    assert path.read_text() == expected, run.stdout
    assert '-          InstanceType: "ml.g5.12xlarge"   # far too large' in run.stdout
    assert '+          InstanceType: "ml.g5.xlarge"   # far too large' in run.stdout
    again = fixed(path)
    assert "There is nothing to write." in again.stdout
    assert "oversized-endpoint, high" not in again.stdout
    assert path.read_text() == expected


def test_nothing_is_written_without_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    arguments = ("check", path, "--fix", "--region", "eu-north-1", "--environment", "dev")
    for answer in ("n\n", ""):
        assert "Nothing is written." in lichen(*arguments, answer=answer).stdout
        assert path.read_text() == TEMPLATE
    assert "Wrote" in lichen(*arguments, answer="y\n").stdout
    assert path.read_text() != TEMPLATE


def test_json_keeps_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    tags = ", ".join(json.dumps({"Key": key, "Value": value}) for key, value in TAGS.items())
    text = (
        '{"Resources": {"Chat": {"Type": "AWS::SageMaker::EndpointConfig",\n'
        '  "Properties": {"ProductionVariants": [{"InstanceType":   "ml.g5.12xlarge",\n'
        f'     "InitialInstanceCount":4}}], "Tags": [{tags}]}}}}}}}}\n'
    )
    path.write_text(text)
    fixed(path)
    assert path.read_text() == text.replace("12xlarge", "xlarge").replace('Count":4', 'Count":1')


def test_terraform_s_file_beside_the_plan_is_changed(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, region="eu-north-1", tags=TAGS,
        instance_type="ml.g5.12xlarge", initial_instance_count=4,
    )  # fmt: skip
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / "outputs.tf").write_text('output "x" { value = 1 }\n')
    fixed(plan)
    assert (tmp_path / "main.tf").read_text() == MAIN.replace(
        '"ml.g5.12xlarge"', '"ml.g5.xlarge"'
    ).replace("count = 4", "count = 1")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (('"ml.g5.12xlarge"', "var.machine"), "is made of other values in main.tf"),
        (('"ml.g5.12xlarge"', '"ml.${var.size}"'), "is made of other values in main.tf"),
        (("production_variants {", 'dynamic "production_variants" {'), "is a dynamic block"),
        (('" "chat"', '" "chats"'), "no .tf file beside the plan"),
        (("    initial_instance_count = 4\n", ""), "is not written there"),
    ],
)
def test_what_cannot_be_written_is_listed_and_left(
    tmp_path: Path, change: tuple[str, str], because: str
) -> None:
    plan = planned(
        tmp_path, region="eu-north-1", tags=TAGS,
        instance_type="ml.g5.12xlarge", initial_instance_count=4,
    )  # fmt: skip
    text = MAIN.replace(*change)
    (tmp_path / "main.tf").write_text(text)
    run = fixed(plan)
    listed = [line for line in run.stdout.splitlines() if line.startswith("Not written: oversized")]
    assert because in listed[0], run.stdout
    assert (tmp_path / "main.tf").read_text() == text


def test_a_shared_value_and_a_function_are_left(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    shared = TEMPLATE.replace("Resources:", "Size: &size ml.g5.12xlarge\nResources:").replace(
        '"ml.g5.12xlarge" ', "*size "
    )
    path.write_text(shared)
    assert "is shared with other places by an anchor" in fixed(path).stdout
    assert path.read_text() == shared


def test_a_manifest_is_changed_in_its_own_document(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    spec:
      requirements:
        - {key: karpenter.k8s.aws/instance-category, operator: In, values: [g, p]}
  disruption:
    consolidationPolicy: WhenEmpty
    consolidateAfter: Never  # awake all night
"""
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    run = fixed(path)
    assert path.read_text() == text.replace("After: Never", "After: 10m"), run.stdout


def test_it_is_for_a_person(tmp_path: Path) -> None:
    run = lichen("check", planned(tmp_path), "--fix", "--format", "json")
    assert run.exit_code == 2
    assert "--fix is for a person at a terminal" in run.stderr


HOSTILE = r"""
locals { a = "\" } ${var.b["}"]} {" /* } */ }
resource "t" "n" { // }
  count = 3 # {
  list = [
    "]", # ]
    { a = "}" },
  ]
  text = <<EOT
} ${"{"}
EOT
  block { value = 4 }
  block {
    value = 5 }
}
"""


def test_strings_comments_and_brackets_of_terraform_s_language() -> None:
    names = [(item.name, item.labels) for item in items(HOSTILE, 0, len(HOSTILE))]
    assert names == [("locals", ()), ("resource", ("t", "n"))]
    body = list(items(HOSTILE, 0, len(HOSTILE)))[1]
    inner = list(items(HOSTILE, body.start, body.end))
    assert [item.name for item in inner] == ["count", "list", "text", "block", "block"]
    assert HOSTILE[inner[0].start : inner[0].end] == "3"


def test_the_second_block_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HOSTILE)
    resource = Resource(
        type="t", name="n", address="t.n[0]", properties={}, dialect="terraform",
        file=str(tmp_path / "plan.json"),
    )  # fmt: skip
    found = edit(Change(path="block[1].value", to=9), 9, resource)
    assert HOSTILE[found.start : found.end] == "5"
    assert found.text == "9"
    for path in ("block[2].value", "list[0].a", "text", "gone"):
        with pytest.raises(NoPlace):
            edit(Change(path=path, to=9), 9, resource)


LOGS = """\
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /aws/sagemaker/Endpoints/chat  # of the endpoint
  Rotated:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /aws/sagemaker/Endpoints/old, RetentionInDays: 3653}
  Flow:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /aws/sagemaker/Endpoints/new}
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: load
      PolicyType: TargetTrackingScaling
      ResourceId: endpoint/chat/variant/all
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ServiceNamespace: sagemaker
      TargetTrackingScalingPolicyConfiguration:
        DisableScaleIn: true
        TargetValue: 70
        PredefinedMetricSpecification:
          PredefinedMetricType: SageMakerVariantInvocationsPerInstance
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      MemorySize: 3008
      Code: {ZipFile: "def handler(event, context): return 1"}
  Other:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      MemorySize: 3008
      Architectures:
        - x86_64
      Code: {ZipFile: "def handler(event, context): return 1"}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def test_what_a_template_leaves_out_is_added_and_nothing_is_changed_twice(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(LOGS)
    run = fixed(path)
    expected = changed(
        LOGS,
        (
            "      LogGroupName: /aws/sagemaker/Endpoints/chat",
            "      RetentionInDays: 90\n      LogGroupName: /aws/sagemaker/Endpoints/chat",
        ),
        ("RetentionInDays: 3653", "RetentionInDays: 90"),
        ("Endpoints/new}", "Endpoints/new, RetentionInDays: 90}"),
        ("DisableScaleIn: true", "DisableScaleIn: false"),
        (
            "      Runtime: python3.13\n      MemorySize: 3008\n      Code",
            "      Architectures: [arm64]\n      Runtime: python3.13\n      MemorySize: 3008\n"
            "      Code",
        ),
        ("- x86_64", "- arm64"),
    )
    assert path.read_text() == expected, run.stdout
    again = fixed(path)
    assert "There is nothing to write." in again.stdout
    for rule in ("logs-kept-for-ever", "scaling-without-scale-in", "x86-function"):
        assert rule in run.stdout
        assert rule not in again.stdout
    assert path.read_text() == expected


def test_libraries_of_a_function_are_a_person_s_matter(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(LOGS.replace('{ZipFile: "def', '{S3Bucket: b, S3Key: k, x: "def'))
    run = fixed(path)
    assert "Architectures: [arm64]" not in path.read_text()
    assert "Not written: x86-function of Function" in run.stdout


def test_what_json_leaves_out_is_added(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    text = (
        '{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup",\n'
        '  "Properties": {"LogGroupName": "/aws/sagemaker/Endpoints/chat"}}}}\n'
    )
    path.write_text(text)
    fixed(path)
    assert path.read_text() == text.replace('chat"', 'chat", "RetentionInDays": 90')


def test_less_of_the_requests_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    text = """\
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants: [{InstanceType: ml.g6.xlarge, InitialInstanceCount: 1}]
      DataCaptureConfig:
        EnableCapture: true
        InitialSamplingPercentage: 100
        DestinationS3Uri: s3://kept
        CaptureOptions: [{CaptureMode: Input}]
"""
    path.write_text(text)
    run = lichen("check", path, "--fix", "--yes", "--region", "eu-north-1", "--environment", "prod")
    assert path.read_text() == text.replace("Percentage: 100", "Percentage: 20"), run.stdout
    assert "all-requests-kept" in run.stdout


GROUP = """\
resource "aws_cloudwatch_log_group" "chat" { # of the endpoint
  name = "/aws/sagemaker/Endpoints/chat"
}

resource "aws_cloudwatch_log_group" "one" { name = "/aws/sagemaker/Endpoints/one" }

resource "aws_appautoscaling_policy" "load" {
  target_tracking_scaling_policy_configuration {
    disable_scale_in = true
    target_value     = 70
  }
}
"""


def plan_of(folder: Path, *resources: tuple[str, str, dict[str, object]]) -> Path:
    document = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "resource_changes": [
            {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name,
             "change": {"actions": ["create"], "before": None, "after": values}}
            for kind, name, values in resources
        ],
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-north-1"}}}
            },
            "root_module": {"resources": [
                {"mode": "managed", "type": kind, "name": name, "provider_config_key": "aws"}
                for kind, name, _ in resources
            ]},
        },
    }  # fmt: skip
    path = folder / "plan.json"
    path.write_text(json.dumps(document))
    return path


def test_what_terraform_leaves_out_is_added(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GROUP)
    logs = "aws_cloudwatch_log_group"
    tracked = {"disable_scale_in": True, "target_value": 70,
               "predefined_metric_specification": [{"predefined_metric_type": "x"}]}  # fmt: skip
    plan = plan_of(
        tmp_path,
        (logs, "chat", {"name": "/aws/sagemaker/Endpoints/chat", "retention_in_days": None}),
        (logs, "one", {"name": "/aws/sagemaker/Endpoints/one"}),
        ("aws_appautoscaling_policy", "load", {
            "policy_type": "TargetTrackingScaling", "resource_id": "endpoint/chat/variant/all",
            "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
            "service_namespace": "sagemaker",
            "target_tracking_scaling_policy_configuration": [tracked]}),
    )  # fmt: skip
    run = fixed(plan)
    assert (tmp_path / "main.tf").read_text() == changed(
        GROUP,
        ("# of the endpoint\n", "# of the endpoint\n  retention_in_days = 90\n"),
        ("disable_scale_in = true", "disable_scale_in = false"),
    ), run.stdout
    assert "its block has one line" in run.stdout
    fixed(plan)  # the plan still says what was: nothing is added twice
    assert (tmp_path / "main.tf").read_text().count("retention_in_days") == 1


def test_an_object_of_a_list_is_changed_where_it_is(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: List
items:
  - apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: {name: other, annotations: {serving.kserve.io/deploymentMode: Serverless}}
    spec: {predictor: {minReplicas: 0, model: {resources: {limits: {nvidia.com/gpu: 1}}}}}
  - apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: {name: chat, annotations: {serving.kserve.io/deploymentMode: Serverless}}
    spec: {predictor: {minReplicas: 2, model: {resources: {limits: {nvidia.com/gpu: 1}}}}}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: answers}
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/min-scale: "3" # awake
    spec:
      containers: [{image: "vllm/vllm-openai:v0.9.1", resources: {limits: {nvidia.com/gpu: 1}}}]
"""
    path = tmp_path / "manifests.yaml"
    path.write_text(text)
    run = fixed(path)
    expected = changed(text, ("minReplicas: 2", "minReplicas: 0"), ('"3"', '"0"'))
    assert path.read_text() == expected, run.stdout
    assert "-        autoscaling.knative.dev/min-scale" in run.stdout
    assert "There is nothing to write." in fixed(path).stdout


IN_TERRAFORM = """\
resource "kubernetes_manifest" "chat" {
  manifest = {
    apiVersion = "serving.kserve.io/v1beta1" # KServe's
    kind       = "InferenceService"
    metadata   = { name = "chat", annotations = { "serving.kserve.io/deploymentMode" : "Serverless" } }
    spec = {
      predictor = {
        minReplicas = 2 # awake
        model = { resources = { limits = { "nvidia.com/gpu" = 1 } }, args = ["--port=1", "{"] }
      }
    }
  }
}
"""  # noqa: E501


def object_planned(folder: Path, source: str) -> Path:
    """The plan of an object of Kubernetes, and its source beside it."""
    (folder / "main.tf").write_text(source)
    model = {"resources": {"limits": {"nvidia.com/gpu": 1}}, "args": ["--port=1", "{"]}
    mode = {"serving.kserve.io/deploymentMode": "Serverless"}
    manifest = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "chat", "annotations": mode},
        "spec": {"predictor": {"minReplicas": 2, "model": model}},
    }
    own = {"address": "kubernetes_manifest.chat", "mode": "managed",
           "type": "kubernetes_manifest", "name": "chat"}  # fmt: skip
    change = {"actions": ["create"], "after": {"manifest": manifest}, "after_unknown": {}}
    document = {
        "format_version": "1.2",
        "resource_changes": [own | {"change": change}],
        "configuration": {"root_module": {"resources": [own | {"provider_config_key": "k"}]}},
    }
    path = folder / "plan.json"
    path.write_text(json.dumps(document))
    return path


def test_an_object_inside_of_an_expression_is_changed_where_it_is(tmp_path: Path) -> None:
    run = fixed(object_planned(tmp_path, IN_TERRAFORM))
    expected = IN_TERRAFORM.replace("minReplicas = 2", "minReplicas = 0")
    assert (tmp_path / "main.tf").read_text() == expected, run.stdout


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (("manifest = {", "manifest = merge(local.base, {"), "is inside of an expression"),
        (("manifest = {", "manifest = { for key, value in local.all : key => value"),
         "is inside of an expression"),
        (("minReplicas = 2", "minReplicas = var.floor"), "is made of other values in main.tf"),
        (("        minReplicas = 2 # awake\n", ""), "is not written there"),
    ],
)  # fmt: skip
def test_what_an_expression_makes_is_left(
    tmp_path: Path, change: tuple[str, str], because: str
) -> None:
    source = changed(IN_TERRAFORM, change)
    run = fixed(object_planned(tmp_path, source))
    listed = [line for line in run.stdout.splitlines() if line.startswith("Not written: idle-fl")]
    assert because in listed[0], run.stdout
    assert (tmp_path / "main.tf").read_text() == source


OBJECT = """\
resource "a" "b" {
  all = { "l.m" : [1, { c = "}" }, [2]], d = 4, # x = 5
    e = "f" }
}
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [('all["l.m"][1].c', '"}"'), ('all["l.m"][2][0]', "2"), ("all.d", "4"), ("all.e", '"f"')],
)
def test_values_of_lists_and_objects_have_their_places(
    tmp_path: Path, path: str, value: str
) -> None:
    (tmp_path / "main.tf").write_text(OBJECT)
    found = edit_of(tmp_path, path)
    assert OBJECT[found.start : found.end] == value


@pytest.mark.parametrize("path", ['all["l.m"][3]', "all.x", "all.d[0]", "all.e.g", "all"])
def test_what_is_no_value_of_an_object_has_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "main.tf").write_text(OBJECT)
    with pytest.raises(NoPlace):
        edit_of(tmp_path, path)


def edit_of(folder: Path, path: str) -> Edit:
    resource = Resource(
        type="a",
        name="b",
        address="a.b",
        properties={},
        dialect="terraform",
        file=str(folder / "plan.json"),
    )
    return edit(Change(path=path, to=7), 7, resource)


def test_the_floor_of_an_autoscaler_is_lowered_to_what_it_takes(tmp_path: Path) -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  template:
    spec:
      containers: [{image: "vllm/vllm-openai:v0.9.1", resources: {limits: {nvidia.com/gpu: 1}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: chat}
spec:
  minReplicas: 2
  maxReplicas: 4
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
"""
    path = tmp_path / "manifests.yaml"
    path.write_text(text)
    run = fixed(path)
    assert path.read_text() == text.replace("minReplicas: 2", "minReplicas: 1"), run.stdout
    assert "idle-floor, high" not in fixed(path).stdout


WORKLOAD = """\
# An assistant.
name: chat
model: meta-llama/Llama-3.1-8B
traffic: {peak_rps: 1, input_tokens: 512, output_tokens: 128}
environment: dev
availability:
  minimum_replicas: 16  # for a demonstration
"""


def previewed(folder: Path, **tags: str) -> Path:
    """A preview of sixteen machines for one request a second."""
    kind = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    urn = f"urn:pulumi:dev::chat::{kind}::chat"
    variant = {"variantName": "all", "modelName": "chat", "instanceType": "ml.g5.xlarge",
               "initialInstanceCount": 16}  # fmt: skip
    inputs = {"region": "eu-north-1", "productionVariants": [variant], "tags": TAGS | tags}
    state = {"urn": urn, "custom": True, "type": kind, "inputs": inputs}
    path = folder / "preview.json"
    path.write_text(json.dumps({"steps": [{"op": "create", "urn": urn, "newState": state}]}))
    return path


def test_a_workload_s_file_is_changed_where_a_component_made_the_resource(tmp_path: Path) -> None:
    preview = previewed(tmp_path, **{"lichen:workload": "chat"})
    (tmp_path / "workloads").mkdir()
    file = tmp_path / "workloads" / "chat.yaml"
    file.write_text(WORKLOAD)
    (tmp_path / "workloads" / "other.yaml").write_text(WORKLOAD.replace("name: chat", "name: b"))
    run = fixed(preview)
    expected = WORKLOAD.replace("minimum_replicas: 16", "minimum_replicas: 1")
    assert file.read_text() == expected, run.stdout
    assert "-  minimum_replicas: 16  # for a demonstration" in run.stdout
    fixed(preview)
    assert file.read_text() == expected


@pytest.mark.parametrize(
    ("text", "tags", "because"),
    [
        (WORKLOAD, {}, "it is set in a program"),
        (WORKLOAD.replace("name: chat", "name: b"), {"lichen:workload": "chat"}, "no file in"),
        (WORKLOAD.partition("avail")[0], {"lichen:workload": "chat"}, "is not written there"),
    ],
)
def test_a_workload_that_is_not_there_is_said(
    tmp_path: Path, text: str, tags: dict[str, str], because: str
) -> None:
    preview = previewed(tmp_path, **tags)
    (tmp_path / "chat.yaml").write_text(text)
    run = fixed(preview)
    assert because in run.stdout
    assert (tmp_path / "chat.yaml").read_text() == text

"""A module without its variables: what they hide is unverified, what they do not is judged."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from lichen_policies.dialects import DeploymentInput
from lichen_policies.dialects.folders import read_all
from lichen_policies.gate import Gate

ENDPOINT = """
provider "aws" {
  region = "eu-north-1"
}

resource "aws_sagemaker_model" "chat" {
  name               = "chat"
  execution_role_arn = var.role
  primary_container {
    image       = "IMAGE"
    environment = { HF_MODEL_ID = "org/chat-7B", SM_NUM_GPUS = "4" }
  }
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  production_variants {
    variant_name           = "all"
    model_name             = aws_sagemaker_model.chat.name
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 3
  }
}

resource "aws_sagemaker_endpoint" "chat" {
  name                 = "chat"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.chat.name
}

TARGET
"""

TARGET = """
resource "aws_appautoscaling_target" "chat" {
  COUNT
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.chat.name}/variant/all"
  min_capacity       = 1
  max_capacity       = 3
}
"""

VARIABLES = ("account", "image", "machine", "name", "region", "role", "scales", "tag", "version")
AWS = "763104351884.dkr.ecr.${var.region}.amazonaws.com"


def judged(folder: Path, files: str) -> dict[str, str]:
    """The worst verdict of each rule that says anything."""
    (folder / "main.tf").write_text(files)
    (folder / "variables.tf").write_text("\n".join(f'variable "{name}" {{}}' for name in VARIABLES))
    gate = Gate.near(folder, environment="prod", today=datetime.date(2026, 11, 26))
    report = gate.report(read_all([folder], given=DeploymentInput(exact=True)).resources)
    said = {each.rule: each.verdict for each in report.unverified}
    return said | {each.rule: each.verdict for each in report.findings}


@pytest.mark.parametrize(
    ("image", "software", "patches"),
    [
        (f"{AWS}/huggingface-pytorch-tgi-inference:2.4.0-tgi2.4.0-gpu-py311", "fail", None),
        (f"{AWS}/pytorch-inference:2.1.0-gpu-py310", None, "fail"),
        (f"{AWS}/pytorch-inference:${{var.version}}", None, "unverified"),
        ("${var.account}.dkr.ecr.${var.region}.amazonaws.com/djl-inference:${var.tag}", None, None),
        (f"{AWS}/${{var.name}}:2.1.0-gpu-py310", "unverified", "unverified"),
        ("${var.image}", "unverified", "unverified"),
    ],
    ids=["server", "version", "tag", "account and tag", "repository", "all of it"],
)
def test_an_image_is_judged_by_what_of_its_name_is_known(
    tmp_path: Path, image: str, software: str | None, patches: str | None
) -> None:
    said = judged(tmp_path, ENDPOINT.replace("IMAGE", image).replace("TARGET", ""))
    assert said.get("retired-software") == software
    assert said.get("image-past-its-patches") == patches


@pytest.mark.parametrize(
    ("count", "verdict"),
    [("", None), ("count = var.scales ? 1 : 0", "unverified"), ("count = 0", "fail")],
    ids=["always", "by a variable", "never"],
)
def test_a_target_that_a_variable_may_leave_out_may_not_scale(
    tmp_path: Path, count: str, verdict: str | None
) -> None:
    target = TARGET.replace("COUNT", count)
    said = judged(tmp_path, ENDPOINT.replace("IMAGE", "x/y:1").replace("TARGET", target))
    assert said.get("fixed-size-endpoint") == verdict


def test_what_a_server_asks_of_a_machine_that_is_not_known_is_unverified(tmp_path: Path) -> None:
    image = f"{AWS}/huggingface-pytorch-tgi-inference:2.4.0-tgi2.4.0-gpu-py311"
    files = ENDPOINT.replace("IMAGE", image).replace("TARGET", "")
    said = judged(tmp_path, files.replace('"ml.g5.xlarge"', "var.machine"))
    rules = ("idle-chips", "more-chips-than-there-are", "oversized-accelerators")
    assert [said.get(rule) for rule in rules] == ["unverified"] * 3
    assert said["image-for-other-hardware"] == "unverified"


TASK = """
provider "aws" {
  region = "eu-north-1"
}

resource "aws_ecs_task_definition" "chat" {
  family = "chat"
  container_definitions = jsonencode([{
    name                 = "server"
    image                = "registry.example/chat:${var.tag}"
    resourceRequirements = [{ type = "GPU", value = "8" }]
  }])
}

resource "aws_ecs_service" "chat" {
  name            = "chat"
  task_definition = aws_ecs_task_definition.chat.arn
  desired_count   = 2
}
"""


def test_what_is_known_of_a_text_of_json_is_read(tmp_path: Path) -> None:
    assert judged(tmp_path, TASK)["too-many-accelerators"] == "fail"
    few = TASK.replace('"8"', '"1"')
    assert "too-many-accelerators" not in judged(tmp_path, few)
    hidden = TASK.replace('"8"', "var.scales")
    assert judged(tmp_path, hidden)["too-many-accelerators"] == "unverified"


POOL = """
provider "google" {
  region = "europe-west4"
}

resource "google_pubsub_topic" "chips" {
  name = "chips"
}

resource "google_container_node_pool" "chat" {
  cluster    = "chat"
  location   = "europe-west4-a"
  node_count = 2
  node_config {
    machine_type = "n1-standard-16"
    CHIPS
  }
}
"""

CHIPS = """
    dynamic "guest_accelerator" {
      for_each = OVER
      content {
        type  = "nvidia-tesla-t4"
        count = 4
      }
    }
"""


@pytest.mark.parametrize(
    ("chips", "said"),
    [
        ("", None),
        (CHIPS.replace("OVER", "[]"), None),
        (CHIPS.replace("OVER", "[1, 2]"), "fail"),
        (CHIPS.replace("OVER", "var.scales"), "unverified"),
        (CHIPS.replace("OVER", 'split(",", google_pubsub_topic.chips.id)'), "unverified"),
    ],
)
def test_a_dynamic_block_is_judged_in_files_by_how_many_it_makes(
    tmp_path: Path, chips: str, said: str | None
) -> None:
    """A plan does not print one."""
    files = POOL.replace("CHIPS", chips)
    assert judged(tmp_path, files).get("too-many-accelerators") == said

"""The worked examples outside SageMaker as a user runs them, each in one life."""

import json
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from lichen_policies.registry import rules

from sandbox.world import QUIET, ROOT, World

PACK = ("--policy-pack", str(ROOT / "policies" / "crossguard"))
REGION = "eu-north-1"

pytestmark = pytest.mark.xdist_group("hosts")

UNTAGGED = (
    "aws:iam/rolePolicy",
    "aws:ssm/parameter",
    "aws:cloudwatch/dashboard",
    "aws:autoscaling/schedule",
    "aws:appautoscaling/scheduledAction",
    "aws:lambda/provisionedConcurrencyConfig",
    "aws:ecs/clusterCapacityProviders",
    "aws:kms/alias",
    "aws:appautoscaling/policy",
    "aws:autoscaling/policy",
    "aws:lambda/alias",
    "aws:lambda/functionUrl",
)
IMAGE = "111122223333.dkr.ecr.{{region}}.amazonaws.com/vectors:{}"

KINDS_OF = {"stable_version": "string", "canary_share": "float"}

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(place: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, whose stacks are in the emulated account's own network."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "Pulumi.yaml", copy)
    shutil.copytree(ROOT / "stacks", copy / "stacks")
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture
def pulumi(place: World, project: Path) -> Run:
    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return place.run("pulumi", *command, cwd=project, check=check)

    return run


@pytest.fixture(scope="module")
def subnets(place: World) -> list[str]:
    """Subnets of two zones."""
    found = place.cloud.client("ec2", REGION).describe_subnets()["Subnets"]
    zones = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}
    return [zones[zone] for zone in sorted(zones)[:2]]


def fired(printed: str) -> list[str]:
    """The rules that a run printed a finding or an unverified verdict of."""
    return [name for name in rules() if f"  {name}  " in printed]


def resources(pulumi: Run, stack: str) -> Iterator[dict[str, Any]]:
    state = json.loads(pulumi("stack", "export", "--stack", stack).stdout)
    yield from state["deployment"]["resources"]


def outputs(pulumi: Run, stack: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(
        pulumi("stack", "output", "--json", "--stack", stack).stdout
    )
    return values


def target(place: World, namespace: str) -> dict[str, Any]:
    """The one scalable target of a service."""
    scaling = place.cloud.client("application-autoscaling", REGION)
    found: list[dict[str, Any]] = scaling.describe_scalable_targets(ServiceNamespace=namespace)[
        "ScalableTargets"
    ]
    assert len(found) == 1
    return found[0]


def test_tasks_on_fargate_come_up_change_and_go(
    place: World, project: Path, pulumi: Run, subnets: list[str]
) -> None:
    place.stacks("tasks", cwd=project)
    up = ("up", "--stack", "tasks", *QUIET, *PACK)
    pulumi("config", "set", "--stack", "tasks", "--path", "aws.subnets[1]", subnets[0])
    wrong = pulumi(*up, check=False)
    assert "subnet-0123456789abcdef0 cannot be read in eu-north-1" in wrong.stdout
    assert place.cloud.inventory() == {}
    for n, subnet in enumerate(subnets):
        pulumi("config", "set", "--stack", "tasks", "--path", f"aws.subnets[{n}]", subnet)
    made = pulumi(*up)
    assert fired(made.stdout) == []
    values = outputs(pulumi, "tasks")
    name = values["endpoint_name"]
    assert values["machine"].startswith("fargate-arm.")

    ecs = place.cloud.client("ecs", REGION)
    service = ecs.describe_services(cluster=name, services=[name])["services"][0]
    assert service["healthCheckGracePeriodSeconds"] >= 900
    rollout = service["deploymentConfiguration"]
    assert rollout["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert rollout["alarms"]["alarmNames"] == [f"{name}-errors", f"{name}-latency"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    copier, server = task["containerDefinitions"]
    assert server["image"].endswith("/vectors:1")
    assert server["dependsOn"] == [{"containerName": copier["name"], "condition": "SUCCESS"}]
    assert "s3://acme-models-eu-north-1/bge-small-en-v1.5/" in copier["command"]

    elb = place.cloud.client("elbv2", REGION)
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    assert balancer["Scheme"] == "internal"
    group = elb.describe_target_groups()["TargetGroups"][0]
    assert (group["TargetType"], group["HealthCheckPath"]) == ("ip", "/ping")
    watching = place.cloud.client("cloudwatch", REGION)
    alarms = watching.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
    assert {alarm["AlarmName"].rpartition("-")[2] for alarm in alarms} == {
        "errors", "latency", "unhealthy", "missing", "memory", "tasks",
    }  # fmt: skip
    check_roles_and_tags(pulumi, "tasks", "BAAI/bge-small-en-v1.5")
    check_beside(place, "tasks", name, values)
    pulumi("refresh", "--stack", "tasks", *QUIET, "--expect-no-changes")
    before = target(place, "ecs")
    workload = project / "stacks" / "workloads" / "tasks.yaml"
    workload.write_text(workload.read_text().replace("peak_rps: 4", "peak_rps: 8"))
    pulumi("config", "set", "--stack", "tasks", "image", IMAGE.format(2))
    assert fired(pulumi(*up, "--skip-preview").stdout) == []
    service = ecs.describe_services(cluster=name, services=[name])["services"][0]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert task["containerDefinitions"][1]["image"].endswith("/vectors:2")
    assert target(place, "ecs")["MaxCapacity"] > before["MaxCapacity"]

    # An alarm takes a roll-out back: the `up` ends with its name, and the next one rolls it out.
    running = service["taskDefinition"]
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="ALARM", StateReason="fails")
    pulumi("config", "set", "--stack", "tasks", "image", IMAGE.format(3))
    schedule = ("--path", "aws.schedules[0].at", "cron(0 20 ? * MON-FRI *)")
    pulumi("config", "set", "--stack", "tasks", *schedule)
    fewest = ("--path", "aws.schedules[0].maximum", "3", "--type", "int")
    pulumi("config", "set", "--stack", "tasks", *fewest)
    taken_back = pulumi(*up, check=False)
    assert f"because the alarm {name}-errors rang" in taken_back.stdout
    service = ecs.describe_services(cluster=name, services=[name])["services"][0]
    assert service["taskDefinition"] == running
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="OK", StateReason="mended")
    again = pulumi(*up, "--skip-preview")
    assert "was taken back" in again.stdout
    service = ecs.describe_services(cluster=name, services=[name])["services"][0]
    assert service["taskDefinition"] != running
    pulumi("preview", "--stack", "tasks", "--non-interactive", "--expect-no-changes")
    scaling = place.cloud.client("application-autoscaling", REGION)
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MaxCapacity": 3}

    pulumi("destroy", "--stack", "tasks", *QUIET)
    assert place.cloud.inventory() == {}


def test_machines_on_ec2_come_up_change_and_go(
    place: World, project: Path, pulumi: Run, subnets: list[str]
) -> None:
    place.stacks("machines", cwd=project)
    up = ("up", "--stack", "machines", *QUIET, *PACK)
    for n, subnet in enumerate(subnets):
        pulumi("config", "set", "--stack", "machines", "--path", f"aws.subnets[{n}]", subnet)
    assert fired(pulumi(*up).stdout) == []
    values = outputs(pulumi, "machines")
    name = values["endpoint_name"]
    assert values["machine"] == "inf2.xlarge"

    ec2, groups = place.cloud.client("ec2", REGION), place.cloud.client("autoscaling", REGION)
    template = newest(ec2, name)
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    disk = template["BlockDeviceMappings"][0]["Ebs"]
    assert (disk["Encrypted"], disk["VolumeType"]) == (True, "gp3")
    script = b64decode(template["UserData"]).decode()
    assert "--device=/dev/neuron0" in script
    assert f"--auto-scaling-group-name {name}" in script
    group = groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    policy = group["MixedInstancesPolicy"]
    assert [each["InstanceType"] for each in policy["LaunchTemplate"]["Overrides"]] == [
        "inf2.xlarge", "inf2.8xlarge",
    ]  # fmt: skip
    assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100
    specification = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert specification["Version"] == "1"
    hook = groups.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"][0]
    assert (hook["LifecycleHookName"], hook["DefaultResult"]) == ("warm-up", "ABANDON")
    alarms = place.cloud.client("cloudwatch", REGION).describe_alarms(AlarmNamePrefix=name)
    assert {alarm["AlarmName"].rpartition("-")[2] for alarm in alarms["MetricAlarms"]} == {
        "errors", "latency", "unhealthy", "missing", "machines", "status",
    }  # fmt: skip
    check_roles_and_tags(pulumi, "machines", "meta-llama/Llama-3.1-8B")
    check_beside(place, "machines", name, values)
    pulumi("refresh", "--stack", "machines", *QUIET, "--expect-no-changes")

    workload = project / "stacks" / "workloads" / "machines.yaml"
    workload.write_text(workload.read_text().replace("peak_rps: 0.3", "peak_rps: 0.6"))
    newer = "s3://acme-models-{region}/llama-3.1-8b-neuron-2/"
    by_clock = ("--path", "aws.schedules[0].at", "cron(30 6 ? * MON-FRI *)")
    pulumi("config", "set", "--stack", "machines", *by_clock)
    fewest = ("--path", "aws.schedules[0].minimum", "3", "--type", "int")
    pulumi("config", "set", "--stack", "machines", *fewest)
    pulumi("config", "set", "--stack", "machines", "artifacts", newer)
    assert fired(pulumi(*up, "--skip-preview").stdout) == []
    assert "llama-3.1-8b-neuron-2/" in b64decode(newest(ec2, name)["UserData"]).decode()
    after = groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert after["MaxSize"] > group["MaxSize"]
    (action,) = groups.describe_scheduled_actions(AutoScalingGroupName=name)[
        "ScheduledUpdateGroupActions"
    ]
    assert (action["Recurrence"], action["MinSize"]) == ("30 6 * * 1-5", 3)
    assert action["MaxSize"] == after["MaxSize"]
    refreshes = groups.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]
    assert [each["Preferences"]["AutoRollback"] for each in refreshes] == [True]

    pulumi("destroy", "--stack", "machines", *QUIET)
    assert place.cloud.inventory() == {}


def test_a_function_comes_up_is_tried_by_a_tenth_and_goes(
    place: World, project: Path, pulumi: Run
) -> None:
    place.stacks("functions", cwd=project)
    up = ("up", "--stack", "functions", *QUIET, *PACK)
    assert fired(pulumi(*up).stdout) == []
    values = outputs(pulumi, "functions")
    name = values["endpoint_name"]
    assert values["machine"].startswith("lambda-arm.")

    functions = place.cloud.client("lambda", REGION)
    function = functions.get_function_configuration(FunctionName=name)
    assert function["Architectures"] == ["arm64"]
    assert function["MemorySize"] == 1769
    assert function["Timeout"] >= 18
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    url = functions.get_function_url_config(FunctionName=name, Qualifier="live")
    assert url["AuthType"] == "AWS_IAM"
    alarms = place.cloud.client("cloudwatch", REGION).describe_alarms(AlarmNamePrefix=name)
    assert {alarm["AlarmName"].rpartition("-")[2] for alarm in alarms["MetricAlarms"]} == {
        "errors", "latency", "throttles", "concurrency",
    }  # fmt: skip
    check_roles_and_tags(pulumi, "functions", "BAAI/bge-small-en-v1.5")
    check_beside(place, "functions", name, values)
    pulumi("refresh", "--stack", "functions", *QUIET, "--expect-no-changes")

    newer = "111122223333.dkr.ecr.{region}.amazonaws.com/vectors-function:2"
    pulumi("config", "set", "--stack", "functions", "image", newer)
    for key, value in (("stable_version", "1"), ("canary_share", "0.1")):
        path = ("--path", f"aws.function.{key}", value, "--type", KINDS_OF[key])
        pulumi("config", "set", "--stack", "functions", *path)
    assert fired(pulumi(*up, "--skip-preview").stdout) == []
    alias = functions.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "1"
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}
    pulumi("config", "rm", "--stack", "functions", "--path", "aws.function")
    # Copies that are kept ready, more of them in the morning.
    ready = ("--path", "aws.function.provisioned", "2", "--type", "int")
    pulumi("config", "set", "--stack", "functions", *ready)
    morning = ("--path", "aws.schedules[0].at", "cron(0 7 ? * MON-FRI *)")
    pulumi("config", "set", "--stack", "functions", *morning)
    more = ("--path", "aws.schedules[0].minimum", "3", "--type", "int")
    pulumi("config", "set", "--stack", "functions", *more)
    workload = project / "stacks" / "workloads" / "functions.yaml"
    workload.write_text(workload.read_text().replace("peak_rps: 1", "peak_rps: 2"))
    pulumi(*up, "--skip-preview")
    alias = functions.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "2"
    assert alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) == {}
    kept = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert kept["RequestedProvisionedConcurrentExecutions"] == 2
    assert target(place, "lambda")["MinCapacity"] == 2
    scaling = place.cloud.client("application-autoscaling", REGION)
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="lambda")["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 3}
    pulumi("refresh", "--stack", "functions", *QUIET, "--expect-no-changes")

    pulumi("destroy", "--stack", "functions", *QUIET)
    assert place.cloud.inventory() == {}


def test_tasks_on_machines_of_a_cluster_come_up_change_and_go(
    place: World, project: Path, pulumi: Run, subnets: list[str]
) -> None:
    place.stacks("cluster", cwd=project)
    up = ("up", "--stack", "cluster", *QUIET, *PACK)
    for n, subnet in enumerate(subnets):
        pulumi("config", "set", "--stack", "cluster", "--path", f"aws.subnets[{n}]", subnet)
    assert fired(pulumi(*up).stdout) == []
    values = outputs(pulumi, "cluster")
    name = values["endpoint_name"]
    ecs, groups = (place.cloud.client(kind, REGION) for kind in ("ecs", "autoscaling"))
    (provider,) = ecs.describe_capacity_providers(capacityProviders=[name])["capacityProviders"]
    (group,) = groups.describe_auto_scaling_groups()["AutoScalingGroups"]
    its = provider["autoScalingGroupProvider"]
    assert its["autoScalingGroupArn"] == group["AutoScalingGroupARN"]
    assert its["managedScaling"]["status"] == "ENABLED"
    assert (group["MinSize"], group["NewInstancesProtectedFromScaleIn"]) == (0, True)
    (cluster,) = ecs.describe_clusters(clusters=[name])["clusters"]
    assert cluster["capacityProviders"] == [name]
    (service,) = ecs.describe_services(cluster=name, services=[name])["services"]
    assert service["capacityProviderStrategy"][0]["capacityProvider"] == name
    assert service["placementConstraints"] == [{"type": "distinctInstance"}]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert task["requiresCompatibilities"] == ["EC2"]
    check_roles_and_tags(pulumi, "cluster", "BAAI/bge-small-en-v1.5")
    check_beside(place, "cluster", name, values)
    pulumi("refresh", "--stack", "cluster", *QUIET, "--expect-no-changes")

    workload = project / "stacks" / "workloads" / "cluster.yaml"
    workload.write_text(workload.read_text().replace("peak_rps: 30", "peak_rps: 300"))
    pulumi("config", "set", "--stack", "cluster", "image", IMAGE.format(2))
    assert fired(pulumi(*up, "--skip-preview").stdout) == []
    assert (
        groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]["MaxSize"]
        > (group["MaxSize"])
    )
    pulumi("destroy", "--stack", "cluster", *QUIET)
    assert place.cloud.inventory() == {}


def check_beside(place: World, stack: str, name: str, values: dict[str, Any]) -> None:
    """Clients find its name, people its page and what to do."""
    ssm = place.cloud.client("ssm", REGION)
    address = ssm.get_parameter(Name=f"/lichen/{stack}/prod/endpoint")["Parameter"]
    assert address["Value"] == name
    watching = place.cloud.client("cloudwatch", REGION)
    page = json.loads(watching.get_dashboard(DashboardName=name)["DashboardBody"])
    assert page["widgets"][0]["properties"]["title"] == "Requests a minute"
    assert all("$" not in str(each["properties"]["metrics"]) for each in page["widgets"])
    assert f"# {name}" in values["runbook"]


def newest(ec2: Any, name: str) -> dict[str, Any]:
    """The data of a launch template's newest version."""
    versions = ec2.describe_launch_template_versions(LaunchTemplateName=name, Versions=["$Latest"])[
        "LaunchTemplateVersions"
    ]
    found: dict[str, Any] = versions[0]["LaunchTemplateData"]
    return found


def check_roles_and_tags(pulumi: Run, stack: str, model: str) -> None:
    """No role may do anything to everything but what takes nothing narrower; all has the passport's
    tags."""
    for made_of_aws in resources(pulumi, stack):
        kind, inputs = made_of_aws["type"], made_of_aws.get("inputs", {})
        if kind == "aws:iam/rolePolicy:RolePolicy":
            wide = [
                action
                for statement in json.loads(inputs["policy"])["Statement"]
                for action in statement["Action"]
                if statement["Resource"] == ["*"]
            ]
            assert set(wide) <= {"ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint"}
        elif kind == "aws:autoscaling/group:Group":
            assert {"lichen:model", model} <= {
                word for tag in inputs["tags"] for word in (tag["key"], tag["value"])
            }
        elif kind.startswith("aws:") and not kind.startswith(UNTAGGED):
            assert inputs["tags"].get("lichen:model") == model, (kind, inputs["tags"])

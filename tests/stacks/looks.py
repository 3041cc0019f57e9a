"""What is looked at of the examples outside SageMaker, once they are up and once they changed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sandbox.world import QUIET
from tests.stacks.life import HOME, Life

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


def alarms_of(life: Life, name: str) -> set[str]:
    found = life.client("cloudwatch").describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
    assert all(len(alarm["AlarmActions"]) == 1 for alarm in found)  # the topic of its own
    return {alarm["AlarmName"].rpartition("-")[2] for alarm in found}


def beside(life: Life, model: str) -> None:
    """Clients find its name, people its page and what to do. No role may do anything to everything
    but what takes nothing narrower; all has the passport's tags."""
    values, name = life.seen, life.seen["endpoint_name"]
    address = life.client("ssm").get_parameter(Name=f"/lichen/{life.stack}/prod/endpoint")
    assert address["Parameter"]["Value"] == name
    body = life.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
    page = json.loads(body)
    assert page["widgets"][0]["properties"]["title"] == "Requests a minute"
    assert all("$" not in str(each["properties"]["metrics"]) for each in page["widgets"])
    assert f"# {name}" in values["runbook"]
    assert "aws sns subscribe --topic-arn arn:aws:sns:" in values["runbook"]
    for made in life.resources():
        kind, inputs = made["type"], made.get("inputs", {})
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


def service_of(life: Life) -> tuple[dict[str, Any], dict[str, Any]]:
    """The service of ECS, and its task definition."""
    ecs, name = life.client("ecs"), life.seen["endpoint_name"]
    (service,) = ecs.describe_services(cluster=name, services=[name])["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    return service, task["taskDefinition"]


def tasks(life: Life) -> None:
    service, task = service_of(life)
    name = life.seen["endpoint_name"]
    assert service["healthCheckGracePeriodSeconds"] >= 900
    rollout = service["deploymentConfiguration"]
    assert rollout["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert rollout["alarms"]["alarmNames"] == [f"{name}-errors", f"{name}-latency"]
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    copier, server = task["containerDefinitions"]
    assert server["image"].endswith("/vectors:1")
    assert server["dependsOn"] == [{"containerName": copier["name"], "condition": "SUCCESS"}]
    assert "s3://acme-models-eu-north-1/bge-small-en-v1.5/" in copier["command"]
    elb = life.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    group = elb.describe_target_groups()["TargetGroups"][0]
    assert (group["TargetType"], group["HealthCheckPath"]) == ("ip", "/ping")
    assert alarms_of(life, name) == {
        "errors", "latency", "unhealthy", "missing", "memory", "tasks",
    }  # fmt: skip
    beside(life, "BAAI/bge-small-en-v1.5")
    life.seen["most"] = life.target("ecs")["MaxCapacity"]


def tasks_changed(life: Life) -> None:
    """An alarm takes a roll-out back: the `up` ends with its name, and the next rolls it out."""
    service, task = service_of(life)
    name = life.seen["endpoint_name"]
    assert task["containerDefinitions"][1]["image"].endswith("/vectors:2")
    # Two tasks, one in each zone, do twice the work too.
    assert life.target("ecs")["MaxCapacity"] == life.seen["most"]
    running = service["taskDefinition"]
    watching = life.client("cloudwatch")
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="ALARM", StateReason="fails")
    schedule = [{"at": "cron(0 20 ? * MON-FRI *)", "maximum": 3}]
    life.configure(image=IMAGE.format(3), aws__schedules=schedule)
    assert f"because the alarm {name}-errors rang" in life.up(check=False)
    assert service_of(life)[0]["taskDefinition"] == running
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="OK", StateReason="mended")
    assert "was taken back" in life.up()
    assert service_of(life)[0]["taskDefinition"] != running
    life.pulumi("preview", "--non-interactive", "--expect-no-changes")
    scaling = life.client("application-autoscaling")
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MaxCapacity": 3}


def balanced(life: Life, url: str) -> bool:
    """Whether the load balancer at its URL has somebody who answers."""
    return bool(life.place.cloud.answered(HOME, str(urlsplit(url).hostname)))


def called(life: Life, name: str) -> bool:
    """Whether the function answers."""
    answer = life.client("lambda").invoke(FunctionName=name, Qualifier="live", Payload=b"{}")
    return bool(answer["StatusCode"] == 200)


class Asked(NamedTuple):
    """How clients ask: the parameter and the output that say what they call, and whether that
    answers."""

    parameter: str
    output: str
    answers: Callable[[Life, str], bool]


AT_URL = Asked("url", "url", balanced)
BY_NAME = Asked("endpoint", "endpoint_name", called)


def newest(life: Life) -> dict[str, Any]:
    """The data of the launch template's newest version."""
    versions = life.client("ec2").describe_launch_template_versions(
        LaunchTemplateName=life.seen["endpoint_name"], Versions=["$Latest"]
    )
    return dict(versions["LaunchTemplateVersions"][0]["LaunchTemplateData"])


def group_of(life: Life) -> dict[str, Any]:
    (group,) = life.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return dict(group)


def version_of(group: dict[str, Any]) -> str:
    """The version of the launch template that a group starts machines of."""
    policy = group["MixedInstancesPolicy"]["LaunchTemplate"]
    return str(policy["LaunchTemplateSpecification"]["Version"])


def machines(life: Life) -> None:
    name, template, group = life.seen["endpoint_name"], newest(life), group_of(life)
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    disk = template["BlockDeviceMappings"][0]["Ebs"]
    assert (disk["Encrypted"], disk["VolumeType"]) == (True, "gp3")
    script = b64decode(template["UserData"]).decode()
    assert "--device=/dev/neuron0" in script
    assert f"--auto-scaling-group-name {name}" in script
    policy = group["MixedInstancesPolicy"]
    assert [each["InstanceType"] for each in policy["LaunchTemplate"]["Overrides"]] == [
        "inf2.xlarge", "inf2.8xlarge",
    ]  # fmt: skip
    assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100
    assert version_of(group) == "1"
    life.seen["machines"] = {each["InstanceId"] for each in group["Instances"]}
    hooks = life.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=name)
    (hook,) = hooks["LifecycleHooks"]
    assert (hook["LifecycleHookName"], hook["DefaultResult"]) == ("warm-up", "ABANDON")
    assert alarms_of(life, name) == {
        "errors", "latency", "unhealthy", "missing", "machines", "status",
    }  # fmt: skip
    beside(life, "meta-llama/Llama-3.1-8B")
    life.seen["most"] = group["MaxSize"]
    life.configure(aws__schedules=[{"at": "cron(30 6 ? * MON-FRI *)", "minimum": 3}])


def machines_changed(life: Life) -> None:
    name, after, groups = life.seen["endpoint_name"], group_of(life), life.client("autoscaling")
    assert "acme-newer-eu-north-1" in b64decode(newest(life)["UserData"]).decode()
    assert after["MaxSize"] > life.seen["most"]
    (action,) = groups.describe_scheduled_actions(AutoScalingGroupName=name)[
        "ScheduledUpdateGroupActions"
    ]
    assert (action["Recurrence"], action["MinSize"]) == ("30 6 * * 1-5", 3)
    assert action["MaxSize"] == after["MaxSize"]
    # The machines are of the new version, and none of the old ones is left.
    version, running = version_of(after), {each["InstanceId"] for each in after["Instances"]}
    assert version == "2"
    assert not running & life.seen["machines"]
    # An alarm takes the next one back: the `up` ends with its name, and the same machines serve.
    watching = life.client("cloudwatch")
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="ALARM", StateReason="fails")
    life.configure(artifacts=str(life.config("artifacts")).replace("acme-newer", "acme-models"))
    for _ in range(2):  # as long as the cause is there
        ended = life.up(check=False)
        assert f"because the alarm {name}-errors rang" in ended
        assert "Traceback" not in ended
        now = group_of(life)
        assert (version_of(now), {each["InstanceId"] for each in now["Instances"]}) == (
            version,
            running,
        )
    refreshes = groups.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]
    assert [each["Status"] for each in refreshes] == [
        "RollbackSuccessful", "RollbackSuccessful", "Successful",
    ]  # fmt: skip
    # The old machines may still fetch what they serve.
    files = {
        one
        for made in life.resources()
        if made["type"] == "aws:iam/rolePolicy:RolePolicy"
        for statement in json.loads(made["inputs"]["policy"])["Statement"]
        if "s3:GetObject" in statement["Action"]
        for one in statement["Resource"]
    }
    assert any("acme-newer" in each for each in files)
    watching.set_alarm_state(AlarmName=f"{name}-errors", StateValue="OK", StateReason="mended")
    life.up()
    assert version_of(group_of(life)) == "3"
    life.pulumi("preview", "--non-interactive", "--expect-no-changes")


def on_machines(life: Life, model: str) -> dict[str, Any]:
    """Tasks on machines of a cluster; its task definition."""
    name, ecs, group = life.seen["endpoint_name"], life.client("ecs"), group_of(life)
    (provider,) = ecs.describe_capacity_providers(capacityProviders=[name])["capacityProviders"]
    its = provider["autoScalingGroupProvider"]
    assert its["autoScalingGroupArn"] == group["AutoScalingGroupARN"]
    assert its["managedScaling"]["status"] == "ENABLED"
    assert (group["MinSize"], group["NewInstancesProtectedFromScaleIn"]) == (0, True)
    (cluster,) = ecs.describe_clusters(clusters=[name])["clusters"]
    assert cluster["capacityProviders"] == [name]
    service, task = service_of(life)
    assert service["capacityProviderStrategy"][0]["capacityProvider"] == name
    assert service["placementConstraints"] == [{"type": "distinctInstance"}]
    assert task["requiresCompatibilities"] == ["EC2"]
    beside(life, model)
    life.seen["most"] = group["MaxSize"]
    return task


def cluster(life: Life) -> None:
    on_machines(life, "BAAI/bge-small-en-v1.5")


def answers(life: Life) -> None:
    """A container that sees the chip, on a machine whose image has the driver."""
    task = on_machines(life, "meta-llama/Llama-3.1-8B")
    server = task["containerDefinitions"][-1]
    assert [each["hostPath"] for each in server["linuxParameters"]["devices"]] == ["/dev/neuron0"]
    assert "neuronx" in server["image"]
    image = newest(life)["ImageId"]
    (machine_image,) = life.client("ec2").describe_images(ImageIds=[image])["Images"]
    assert "neuron" in machine_image["Name"]


def larger(life: Life) -> None:
    assert group_of(life)["MaxSize"] > life.seen["most"]


def functions(life: Life) -> None:
    name, of = life.seen["endpoint_name"], life.client("lambda")
    function = of.get_function_configuration(FunctionName=name)
    assert function["Architectures"] == ["arm64"]
    assert function["MemorySize"] == 1769
    assert function["Timeout"] >= 18
    assert of.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    url = of.get_function_url_config(FunctionName=name, Qualifier="live")
    assert url["AuthType"] == "AWS_IAM"
    assert alarms_of(life, name) == {"errors", "latency", "throttles", "concurrency"}
    beside(life, "BAAI/bge-small-en-v1.5")
    # A request starts a copy where none waits, and the next one finds it.
    assert [function_starts(life) for _ in range(2)] == [True, False]
    life.place.cloud.idle()
    assert function_starts(life)
    life.configure(aws__function={"stable_version": "1", "canary_share": 0.1})


def function_starts(life: Life) -> bool:
    """Whether a request to the function starts a copy, by what Lambda logs of it."""
    answer = life.client("lambda").invoke(
        FunctionName=life.seen["endpoint_name"], Qualifier="live", LogType="Tail", Payload=b"{}"
    )
    assert answer["StatusCode"] == 200
    return "Init Duration" in b64decode(answer["LogResult"]).decode()


def functions_changed(life: Life) -> None:
    """A tenth tries the new version; then copies are kept ready, more of them in the morning."""
    name, of = life.seen["endpoint_name"], life.client("lambda")
    alias = of.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "1"
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}
    morning = [{"at": "cron(0 7 ? * MON-FRI *)", "minimum": 3}]
    life.configure(aws__function={"provisioned": 2}, aws__schedules=morning)
    life.up()
    alias = of.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "2"
    assert alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) == {}
    kept = of.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert kept["RequestedProvisionedConcurrentExecutions"] == 2
    assert not function_starts(life)
    assert life.target("lambda")["MinCapacity"] == 2
    scaling = life.client("application-autoscaling")
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="lambda")["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 3}


def wrong_subnet(life: Life) -> None:
    """A subnet that is not there is said before anything is made."""
    there = life.config("aws.subnets")
    life.configure(aws__subnets=["subnet-0123456789abcdef0", there[0]])
    printed = life.pulumi("up", *QUIET, "--skip-preview", check=False)
    assert f"subnet-0123456789abcdef0 cannot be read in {HOME}" in printed
    assert life.place.cloud.inventory() == {}
    life.configure(aws__subnets=there)

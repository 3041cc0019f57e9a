"""One resource of each type that the emulated AWS has; `step` changes some of them."""

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

step = pulumi.Config().get_int("step") or 1
tags = {"lichen:model": "llama", "step": str(step)}

serves = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
}
trust = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [serves]})
role = aws.iam.Role("role", assume_role_policy=trust, tags=tags)
key = aws.kms.Key("key", enable_key_rotation=True, deletion_window_in_days=7, tags=tags)
aws.kms.Alias("alias", target_key_id=key.key_id)
decrypts = {
    "Effect": "Allow",
    "Action": ["kms:CreateGrant", "kms:Decrypt"],
    "Resource": key.arn,
}
policy = aws.iam.RolePolicy(
    "policy",
    role=role.name,
    policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [decrypts]}),
)
model = aws.sagemaker.Model(
    "model",
    execution_role_arn=role.arn,
    primary_container={
        "image": f"djl:{step}",
        "environment": {"HF_TOKEN": pulumi.Output.secret("hush-hush")},
    },
    enable_network_isolation=True,
    tags=tags,
)
configuration = aws.sagemaker.EndpointConfiguration(
    "configuration",
    kms_key_arn=key.arn,
    production_variants=[
        {
            "variant_name": "main",
            "model_name": model.name,
            "instance_type": "ml.inf2.xlarge",
            "initial_instance_count": 1,
        }
    ],
    tags=tags,
)
endpoint = aws.sagemaker.Endpoint(
    "endpoint",
    name="chat",
    endpoint_config_name=configuration.name,
    tags=tags,
    opts=pulumi.ResourceOptions(depends_on=[policy]),
)
aws.cloudwatch.LogGroup(
    "logs",
    name="/aws/sagemaker/Endpoints/chat",
    retention_in_days=30,
    kms_key_id=key.arn,
    tags=tags,
)
aws.cloudwatch.MetricAlarm(
    "alarm",
    name="chat-errors",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="Invocation5XXErrors",
    namespace="AWS/SageMaker",
    dimensions={"EndpointName": endpoint.name, "VariantName": "main"},
    period=60,
    statistic="Sum",
    threshold=5 * step,
    tags=tags,
)
target = aws.appautoscaling.Target(
    "target",
    min_capacity=1,
    max_capacity=3 + step,
    resource_id=endpoint.name.apply(lambda name: f"endpoint/{name}/variant/main"),
    scalable_dimension="sagemaker:variant:DesiredInstanceCount",
    service_namespace="sagemaker",
    tags=tags,
)
of_target = {
    "resource_id": target.resource_id,
    "scalable_dimension": target.scalable_dimension,
    "service_namespace": target.service_namespace,
}
aws.appautoscaling.Policy(
    "scaling",
    policy_type="TargetTrackingScaling",
    target_tracking_scaling_policy_configuration={
        "target_value": 70.5,
        "predefined_metric_specification": {
            "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
        },
    },
    **of_target,
)
aws.appautoscaling.ScheduledAction(
    "morning",
    schedule="cron(0 7 ? * MON-FRI *)",
    scalable_target_action={"min_capacity": 1, "max_capacity": 2},
    **of_target,
)
aws.ssm.Parameter("parameter", name="/lichen/chat/dev/endpoint", type="String", value=endpoint.name)
aws.cloudwatch.Dashboard("dashboard", dashboard_name="chat", dashboard_body='{"widgets":[]}')
aws.scheduler.Schedule(
    "nightly",
    schedule_expression="cron(0 2 * * ? *)",
    flexible_time_window={"mode": "OFF"},
    target={
        "arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob",
        "role_arn": role.arn,
        "input": "{}",
    },
)
failed = aws.cloudwatch.EventRule("failed", event_pattern='{"source": ["aws.sagemaker"]}')
aws.cloudwatch.EventTarget(
    "page", rule=failed.name, target_id="page", arn="arn:aws:sns:eu-north-1:123456789012:page"
)
# By Cloud Control: a model that may have no copy running.
native = pulumi.ResourceOptions(provider=aws_native.Provider("native", region="eu-north-1"))
sleepy = aws_native.sagemaker.EndpointConfig(
    "sleepy",
    execution_role_arn=role.arn,
    enable_network_isolation=True,
    production_variants=[
        {
            "variant_name": "all",
            "instance_type": "ml.inf2.xlarge",
            "initial_instance_count": 1,
            "managed_instance_scaling": {
                "status": "ENABLED",
                "min_instance_count": 0,
                "max_instance_count": step,
            },
        }
    ],
    opts=native,
)
asleep = aws_native.sagemaker.Endpoint(
    "asleep", endpoint_config_name=sleepy.endpoint_config_name, opts=native
)
aws_native.sagemaker.InferenceComponent(
    "copies",
    endpoint_name=asleep.endpoint_name,
    variant_name="all",
    specification={
        "model_name": model.name,
        "compute_resource_requirements": {
            "number_of_accelerator_devices_required": 1,
            "min_memory_required_in_mb": 8192,
        },
    },
    runtime_config={"copy_count": 1},
    opts=pulumi.ResourceOptions.merge(
        native, pulumi.ResourceOptions(ignore_changes=["runtimeConfig"])
    ),
)
# A provider of its own, with another region and tags.
elsewhere = aws.Provider(
    "elsewhere", region="eu-west-1", default_tags={"tags": {"team": "platform"}}
)
aws.cloudwatch.LogGroup(
    "far",
    name="/far",
    log_group_class="STANDARD" if step == 1 else "INFREQUENT_ACCESS",
    opts=pulumi.ResourceOptions(provider=elsewhere),
)

pulumi.export("endpoint", endpoint.arn)
pulumi.export("account", aws.get_caller_identity().account_id)

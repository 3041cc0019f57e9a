"""What a user asks of an endpoint. Its annotations and sentences are the package's schema."""

from typing import Any, NotRequired, TypedDict

import pulumi


class EndpointArgs(TypedDict):
    """What is served, and where its files are.

    ``{region}`` in `artifacts`, `image`, `registry` and `results` stands for the chosen region:
    SageMaker reads all of them in the endpoint's own.
    """

    workload: dict[str, Any]
    """The workload: name, model, traffic, latency, where it may live, environment."""
    artifacts: pulumi.Input[str]
    """The model's files: `s3://bucket/prefix/`, or one `.tar.gz`. For Inferentia they are compiled
    for the shape in the receipt (`sizing.compiled_batch`, `compiled_sequence_tokens`)."""
    image: NotRequired[pulumi.Input[str]]
    """The serving image in ECR, for whatever chip is chosen; AWS's own for that chip where left
    out."""
    registry: NotRequired[str]
    """An ECR registry that keeps copies of AWS's images under their own names, such as
    `111122223333.dkr.ecr.{region}.amazonaws.com`: AWS does not publish each in every region."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Settings of the container, over those that the component gives it. No secrets: SageMaker
    shows them to whoever may describe the model."""
    results: NotRequired[pulumi.Input[str]]
    """Where an asynchronous endpoint writes its answers: `s3://bucket/prefix/`."""
    artifacts_key: NotRequired[pulumi.Input[str]]
    """The ARN of the KMS key that `artifacts` are encrypted with, where it is a key of yours."""
    alarm_topic: NotRequired[pulumi.Input[str]]
    """The ARN of an SNS topic that alarms are sent to."""
    subnets: NotRequired[list[str]]
    """Private subnets that the model runs in, in the chosen region."""
    security_groups: NotRequired[list[str]]
    """Security groups of the model; given with `subnets`."""
    objective: NotRequired[str]
    """`carbon` (the default), `cost` or `balanced`: what the placement makes least."""

"""Lambda's function: its processor and its memory."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import CloudFunction, KeptWarm, StartedImage
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:lambda/function:Function", "aws-native:lambda:Function"),
    "terraform": ("aws_lambda_function", "awscc_lambda_function"),
    "cloudformation": ("AWS::Lambda::Function", "AWS::Serverless::Function"),
}
FACTS = (CloudFunction, KeptWarm, StartedImage)

_INTERPRETED = ("python", "nodejs", "ruby")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A CloudFunction; a KeptWarm where SAM's function states its provisioned concurrency, a
    StartedImage where its passport says that it serves a model.

    Code written in the template itself has no libraries of its own, so it runs on any processor.
    """
    architectures = properties.each_text("architectures")
    package = properties.text("package_type")
    architecture = architectures[0] if architectures else None
    yield CloudFunction(
        path=properties.at("architectures"),
        architecture=field(architecture),
        architecture_at=properties.at("architectures"),
        image=field(package if is_unknown(package) else package == "Image"),
        neutral=field(_neutral(properties)),
        memory_mib=field(properties.amount("memory_size")),
        memory_mib_at=properties.at("memory_size"),
        runtime=field(properties.text("runtime")),
        runtime_at=properties.at("runtime"),
    )
    if context.says_what_it_serves:
        image = properties.stated_text("image_uri")
        if image.value is None:
            image = properties.block("code").stated_text("image_uri")
        yield StartedImage(
            path=image.path,
            image=field(image.value),
            image_at=image.path,
            architecture=field(architecture),
            architecture_at=properties.at("architectures"),
        )
    warm = properties.block("provisioned_concurrency_config").stated_whole(
        "provisioned_concurrent_executions"
    )
    if warm.value is not None:
        yield KeptWarm(
            path=warm.path,
            copies=field(warm.value),
            copies_at=warm.path,
            unit="copies of the function",
            remove=properties.at("provisioned_concurrency_config"),
            ceiling=field(properties.whole("reserved_concurrent_executions")),
            ceiling_at=properties.at("reserved_concurrent_executions"),
        )


def _neutral(properties: Properties) -> Maybe[bool]:
    inline = properties.given("inline_code") is True or (
        properties.block("code").given("zip_file") is True
    )
    runtime = properties.text("runtime")
    if not inline or is_unknown(runtime):
        return False
    return (runtime or "").startswith(_INTERPRETED) and properties.given("layers") is False

"""A second model that gets copies of requests, and requests that are kept: both off by default."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen.document import InputError, did_you_mean
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import Account
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.locations import Repository, objects, repository
from lichen_components.aws.sagemaker.model import Ground, located, model_of
from lichen_components.aws.site import Site
from lichen_components.errors import input_errors
from lichen_components.plan import Plan

SHADOW = "shadow"
"""The name of the shadow variant."""

_MODES = {"input": ("Input",), "output": ("Output",), "both": ("Input", "Output")}


def check_comparing(args: AwsArgs, mode: str, region: str) -> None:
    """:class:`InputError` where a shadow or a capture cannot be made as it is asked for."""
    shadow, capture = args.get("shadow"), args.get("capture")
    for field in ("shadow", "capture"):
        if field in args and mode != "real-time":
            raise InputError(
                f"only a real-time endpoint has it, and this one is {mode}",
                fix=f"leave {field} out",
                field=field,
            )
    if shadow is not None and not 0 < shadow.get("share", 1.0) <= 1:
        raise InputError(
            "is the share of requests that are copied: above 0, at most 1",
            fix="share: 1",
            field="shadow.share",
        )
    if capture is None:
        return
    if "destination" not in capture:
        raise InputError(
            "is required: where requests are kept",
            fix="destination: s3://<bucket>/<prefix>/",
            field="capture.destination",
        )
    if isinstance(capture["destination"], str):
        objects(capture["destination"], region, "capture.destination", archive=False)
    if not 1 <= capture.get("percent", 100) <= 100:
        raise InputError(
            "is how many requests of a hundred are kept: 1 to 100",
            fix="percent: 100",
            field="capture.percent",
        )
    what = capture.get("what", "both")
    if what not in _MODES:
        raise InputError(
            f"{what!r} is nothing that is kept",
            fix=did_you_mean(what, list(_MODES)),
            field="capture.what",
        )


def shadow_variants(
    site: Site, plan: Plan, base: Ground, variant: dict[str, Any]
) -> list[aws.sagemaker.EndpointConfigurationShadowProductionVariantArgs] | None:
    """The variant that gets copies of requests, on as many machines of the same type; else None."""
    shadow = aws_args(plan.args).get("shadow")
    if shadow is None:
        return None
    artifacts = (
        located(shadow["artifacts"], site.region, "shadow.artifacts")
        if "artifacts" in shadow
        else base.artifacts
    )
    model = model_of(
        site,
        plan,
        base.role,
        base.access,
        image=_image(shadow["image"], site.region) if "image" in shadow else base.image,
        artifacts=artifacts,
        environment=shadow.get("environment", {}),
        called="shadow",
    )
    return [
        aws.sagemaker.EndpointConfigurationShadowProductionVariantArgs(
            **{
                **variant,
                "variant_name": SHADOW,
                "model_name": model.name,
                # Its weight over the answering variant's, which is 1, is the share.
                "initial_variant_weight": shadow.get("share", 1.0),
                "routing_configs": None,
            }
        )
    ]


def _image(uri: pulumi.Input[str], region: str) -> pulumi.Output[Repository]:
    return pulumi.Output.from_input(uri).apply(
        input_errors()(partial(repository, region=region, field="shadow.image"))
    )


def capture_of(
    args: AwsArgs, region: str
) -> aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs | None:
    """Where requests and answers are kept, if they are."""
    capture = args.get("capture")
    if capture is None:
        return None
    return aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs(
        enable_capture=True,
        initial_sampling_percentage=capture.get("percent", 100),
        destination_s3_uri=located(
            capture["destination"], region, "capture.destination", archive=False
        ).apply(lambda known: known.uri),
        kms_key_id=capture.get("key"),
        capture_options=[
            aws.sagemaker.EndpointConfigurationDataCaptureConfigCaptureOptionArgs(capture_mode=mode)
            for mode in _MODES[capture.get("what", "both")]
        ],
    )


def comparing_statements(
    args: AwsArgs, account: Account, region: str
) -> pulumi.Output[list[Statement]]:
    """What the role may do for the shadow's files and for what is kept."""
    none: pulumi.Output[list[Statement]] = pulumi.Output.from_input([])
    shadow, capture = args.get("shadow") or {}, args.get("capture")
    reads = writes = none
    if "artifacts" in shadow:
        reads = pulumi.Output.all(
            account.partition, located(shadow["artifacts"], region, "shadow.artifacts")
        ).apply(lambda known: access.read_objects(*known))
    pulls = none
    if "image" in shadow:
        pulls = pulumi.Output.all(account.partition, _image(shadow["image"], region)).apply(
            lambda known: access.pull_image(*known)[1:]
        )
    if capture is not None:
        writes = pulumi.Output.all(
            account.partition,
            located(capture["destination"], region, "capture.destination", archive=False),
            [capture["key"]] if "key" in capture else [],
        ).apply(
            lambda known: [
                *access.write_objects(known[0], known[1]),
                *(access.use_keys(known[2]) if known[2] else []),
            ]
        )
    return pulumi.Output.all(reads, pulls, writes).apply(lambda parts: [*chain(*parts)])

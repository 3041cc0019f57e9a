"""Every way to say where a resource goes, with a value that is open and one that is secret."""

import pulumi
import pulumi_aws as aws


def configuration(
    name: str,
    machine: pulumi.Input[str] = "ml.g5.12xlarge",
    tags: pulumi.Input[dict[str, pulumi.Input[str]]] | None = None,
    region: str | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> None:
    aws.sagemaker.EndpointConfiguration(
        name,
        production_variants=[
            aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                variant_name="all",
                model_name="chat",
                instance_type=machine,
                initial_instance_count=4,
            )
        ],
        tags=tags,
        region=region,
        opts=opts,
    )


class Pair(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("tests:sources:Pair", name)
        configuration(f"{name}-inner", opts=pulumi.ResourceOptions(parent=self))


key = aws.kms.Key("key", description="opens late")
elsewhere = aws.Provider("elsewhere", region="us-west-2")

configuration("default")
configuration("own", region="ap-south-1")
configuration("explicit", opts=pulumi.ResourceOptions(provider=elsewhere))
configuration("open", tags={"lichen:model": key.arn, "team": "search"})
configuration("tagged", tags={"lichen:model": pulumi.Output.secret("hush-hush"), "team": "search"})
configuration("secret", machine=pulumi.Output.secret("ml.g5.48xlarge"))
Pair("pair")

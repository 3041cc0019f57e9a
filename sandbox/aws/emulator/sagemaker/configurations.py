"""What CreateEndpointConfig refuses: parts of a configuration that exclude or need each other."""

from collections.abc import Callable
from typing import Any

from moto.sagemaker.models import SageMakerModelBackend

from sandbox.aws.emulator.sagemaker import refused
from sandbox.aws.emulator.sagemaker.machines import machine

Asked = Callable[[str], Any]
Variant = dict[str, Any]

# Regions where users were refused a minimum of 0 (stdapi-ai issue 43, 2026-08).
_NO_ZERO = {"eu-west-3"}


def check(backend: SageMakerModelBackend, asked: Asked) -> None:
    """Refuse what AWS refuses; `asked` gives the members of the request."""
    variants, shadows = asked("ProductionVariants"), asked("ShadowProductionVariants") or []
    names = [variant["VariantName"] for variant in [*variants, *shadows]]
    for name in names:
        if names.count(name) > 1:
            raise refused(f'Variant name "{name}" is used more than once.')
    for variant in [*variants, *shadows]:
        _variant(backend, variant, asked)
    if any("ServerlessConfig" in variant for variant in variants):
        _serverless(variants, asked)
    if shadows and (len(variants) != 1 or len(shadows) != 1):
        raise refused("A shadow variant needs exactly one production variant beside it.")
    if shadows and asked("AsyncInferenceConfig"):
        raise refused("Shadow variants are not supported with AsyncInferenceConfig.")


def _variant(backend: SageMakerModelBackend, variant: Variant, asked: Asked) -> None:
    name, scaling = variant["VariantName"], variant.get("ManagedInstanceScaling")
    if ("InstanceType" in variant) == ("ServerlessConfig" in variant):
        raise refused(f'Variant "{name}" needs exactly one of InstanceType and ServerlessConfig.')
    if "ModelName" in variant:
        backend.describe_model(variant["ModelName"])  # refuses one that is not there
        for member in ("EnableNetworkIsolation", "VpcConfig"):
            if asked(member):
                raise refused(
                    f'{member} is not supported with a model in variant "{name}": it belongs to '
                    f"the model."
                )
        if scaling:
            raise refused(
                f'ManagedInstanceScaling of variant "{name}" is supported for endpoints that host '
                f"inference components only; it has a model."
            )
    elif not asked("ExecutionRoleArn"):
        raise refused(f'ExecutionRoleArn is required: variant "{name}" has no model.')
    if "InstanceType" in variant:
        _machine(variant)
        if "InitialInstanceCount" not in variant:
            raise refused(f'InitialInstanceCount is required in variant "{name}".')
    if scaling:
        _scaling(backend.region_name, variant, scaling)


def _machine(variant: Variant) -> None:
    kind, its = variant["InstanceType"], machine(variant["InstanceType"])
    if its is None:
        return
    if "VolumeSizeInGB" in variant and its.instance_store_gb:
        raise refused(
            f"VolumeSizeInGB is not supported for instance type {kind}: it has instance storage "
            f"of {its.instance_store_gb} GB."
        )
    image = variant.get("InferenceAmiVersion", "")
    if ("neuron" in image and not its.neuron_devices) or ("gpu" in image and not its.gpus):
        raise refused(f"InferenceAmiVersion {image} is not supported for instance type {kind}.")


def _scaling(region: str, variant: Variant, scaling: dict[str, Any]) -> None:
    least, most = scaling.get("MinInstanceCount", 1), scaling.get("MaxInstanceCount")
    if least == 0 and region in _NO_ZERO:
        raise refused(f"MinInstanceCount must be at least 1 in {region}.")
    if most is not None and least > most:
        raise refused(f"MinInstanceCount {least} is above MaxInstanceCount {most}.")
    if most is not None and variant.get("InitialInstanceCount", least) > most:
        raise refused(f"InitialInstanceCount is above MaxInstanceCount {most}.")


def _serverless(variants: list[Variant], asked: Asked) -> None:
    if len(variants) != 1:
        raise refused("Serverless inference supports one variant.")
    for member in ("AsyncInferenceConfig", "DataCaptureConfig", "ShadowProductionVariants"):
        if asked(member):
            raise refused(f"{member} is not supported with serverless inference.")
    given = variants[0]["ServerlessConfig"]
    if given["MemorySizeInMB"] % 1024:
        raise refused(
            f"MemorySizeInMB is {given['MemorySizeInMB']}: it takes 1024, 2048, 3072, 4096, 5120 "
            f"and 6144."
        )
    if given.get("ProvisionedConcurrency", 0) > given["MaxConcurrency"]:
        raise refused("ProvisionedConcurrency is above MaxConcurrency.")
    without = "VolumeSizeInGB InferenceAmiVersion InitialInstanceCount "
    without += "ModelDataDownloadTimeoutInSeconds ContainerStartupHealthCheckTimeoutInSeconds"
    for member in without.split():
        if member in variants[0]:
            raise refused(f"{member} is not supported with serverless inference.")


def check_served(backend: SageMakerModelBackend, variants: list[Variant]) -> None:
    """Refuse models that a serverless variant cannot have: in a network, or isolated."""
    for variant in variants:
        if "ServerlessConfig" in variant:
            model = backend.describe_model(variant["ModelName"])
            check_archives(model, "serverless inference")
            isolated = getattr(model, "enable_network_isolation", False)
            for member, there in (
                ("VpcConfig", model.vpc_config),
                ("EnableNetworkIsolation", isolated),
            ):
                if there:
                    raise refused(
                        f"{member} of model {variant['ModelName']} is not supported with "
                        f"serverless inference."
                    )


def check_archives(model: Any, what: str) -> None:
    """Refuse a model that names its files by ModelDataSource (SageMaker API, ContainerDefinition:
    it goes with neither serverless endpoints nor batch transform)."""
    for container in [model.primary_container or {}, *(model.containers or [])]:
        if container.get("ModelDataSource"):
            raise refused(
                f"ModelDataSource of model {model.model_name} is not supported with {what}: use "
                f"ModelDataUrl."
            )

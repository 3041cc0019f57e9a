"""SageMaker: models, and how an endpoint is updated (SageMaker API; SageMaker Developer Guide,
"Deployment guardrails")."""

from typing import Any

from moto.sagemaker.models import sagemaker_backends

from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "ValidationException"
_LEAST_BATCH_PCT, _LEAST_STEP_PCT, _MOST_PCT = 5, 10, 50


def _create_model(request: Request) -> None:
    primary, several = request["PrimaryContainer"], request["Containers"]
    refuse(
        _CODE,
        (
            (primary is None) == (not several),
            "Specify exactly one of PrimaryContainer or Containers.",
        ),
    )
    for container in [primary] if primary else several:
        url = container.get("ModelDataUrl")
        refuse(
            _CODE,
            (
                not (container.get("Image") or container.get("ModelPackageName")),
                "Specify one of Image and ModelPackageName in a container.",
            ),
            (
                url and container.get("ModelDataSource"),
                "Both ModelDataUrl and ModelDataSource are given: they exclude each other.",
            ),
            (
                url and container.get("Mode") != "MultiModel" and not url.endswith(".tar.gz"),
                f"ModelDataUrl {url} must point to a single gzip compressed tar archive "
                f"(.tar.gz suffix).",
            ),
        )


def _update_endpoint(request: Request) -> None:
    backend = sagemaker_backends[request.account][request.region]
    endpoint = backend.endpoints.get(request["EndpointName"])
    now = endpoint and backend.endpoint_configs.get(endpoint.endpoint_config_name)
    then = backend.endpoint_configs.get(request["EndpointConfigName"])
    if not now or not then:
        return
    old, new = now.production_variants, then.production_variants
    names = [{variant["VariantName"] for variant in each} for each in (old, new)]
    without = [{"ServerlessConfig" in variant for variant in each} for each in (old, new)]
    deployment = request["DeploymentConfig"]
    refuse(
        _CODE,
        (
            without[0] != without[1],
            "An endpoint of machines cannot become serverless, nor a serverless one of machines.",
        ),
        (
            deployment and names[0] != names[1],
            "With deployment guardrails the new configuration has the variants of the old one.",
        ),
    )
    if deployment:
        _check_policies(deployment, new)


def _check_policies(deployment: dict[str, Any], variants: list[dict[str, Any]]) -> None:
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    rolling = deployment.get("RollingUpdatePolicy")
    refuse(
        _CODE,
        (blue_green and rolling, "Only one update policy may be used in a deployment."),
        (
            rolling and len(variants) > 1,
            "Rolling deployments are not supported for endpoints with more than one variant.",
        ),
    )
    machines = max(variant.get("InitialInstanceCount", 1) for variant in variants)
    if rolling:
        _check_part("MaximumBatchSize", rolling["MaximumBatchSize"], machines, _LEAST_BATCH_PCT)
        return
    traffic = (blue_green or {}).get("TrafficRoutingConfiguration") or {}
    for kind, part, least in (
        ("CANARY", "CanarySize", 0),
        ("LINEAR", "LinearStepSize", _LEAST_STEP_PCT),
    ):
        if traffic.get("Type") == kind:
            refuse(_CODE, (part not in traffic, f"{part} is required for {kind}."))
            _check_part(part, traffic[part], machines, least)


def _check_part(what: str, size: dict[str, Any], machines: int, least_pct: int) -> None:
    """A part of a fleet is half of it at most; of a canary no least is documented."""
    count = size["Value"]
    percent = 100 * count / machines if size["Type"] == "INSTANCE_COUNT" else count
    refuse(
        _CODE,
        (
            not least_pct <= percent <= _MOST_PCT,
            f"{what} must be {least_pct} to {_MOST_PCT} percent of the variant's instances.",
        ),
    )


def _update_capacities(request: Request) -> None:
    backend = sagemaker_backends[request.account][request.region]
    endpoint = backend.endpoints.get(request["EndpointName"])
    there = [variant["VariantName"] for variant in endpoint.production_variants] if endpoint else []
    for wanted in request["DesiredWeightsAndCapacities"]:
        name = wanted["VariantName"]
        refuse(_CODE, (endpoint and name not in there, f'Could not find variant "{name}".'))


CHECKS: dict[str, Check] = {
    "CreateModel": _create_model,
    "UpdateEndpoint": _update_endpoint,
    "UpdateEndpointWeightsAndCapacities": _update_capacities,
}

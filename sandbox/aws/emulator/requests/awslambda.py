"""Lambda: functions of an image, aliases and URLs (Lambda API and Developer Guide)."""

from typing import Any

from moto.awslambda.models import lambda_backends

from sandbox.aws.emulator import policies
from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "InvalidParameterValueException"
_MOST_VARIABLES_BYTES = 4096
_RESERVED = (
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_EXECUTION_ENV",
    "_HANDLER",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "LAMBDA_TASK_ROOT",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
)


def _check_configuration(request: Request) -> None:
    """What a function may not have, when it is made and when it is changed."""
    variables = (request["Environment"] or {}).get("Variables") or {}
    size = sum(len(key) + len(value) for key, value in variables.items())
    taken = [name for name in _RESERVED if name in variables]
    network = request["VpcConfig"] or {}
    refuse(
        _CODE,
        (
            size > _MOST_VARIABLES_BYTES,
            f"Lambda was unable to configure your environment variables because they have exceeded "
            f"the 4 KB limit ({_MOST_VARIABLES_BYTES} bytes).",
        ),
        (
            taken,
            f"Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided contains reserved keys: {', '.join(taken)}",
        ),
        (
            bool(network.get("SubnetIds")) != bool(network.get("SecurityGroupIds")),
            "SubnetIds and SecurityGroupIds must coexist or be both empty: a security group is "
            "missing, or a subnet.",
        ),
    )
    if request["Role"]:
        role = policies.role(request.account, request["Role"])
        services = [f"lambda.{domain}" for domain in ("amazonaws.com", "amazonaws.com.cn")]
        context = {"aws:SourceAccount": request.account}
        refuse(
            _CODE,
            (
                role is None
                or not any(policies.trusts(role, service, context) for service in services),
                "The role defined for the function cannot be assumed by Lambda.",
            ),
        )


def _create(request: Request) -> None:
    code = request["Code"] or {}
    if request["PackageType"] == "Image":
        for member in ("Handler", "Runtime", "Layers"):
            refuse(
                _CODE,
                (
                    request[member],
                    f"Please don't provide {member} when the function is of package type Image.",
                ),
            )
        snap = (request["SnapStart"] or {}).get("ApplyOn", "None")
        refuse(
            _CODE,
            (snap != "None", "SnapStart is not supported for functions of package type Image."),
            (not code.get("ImageUri"), "Code must have an ImageUri for package type Image."),
        )
    _check_configuration(request)


def _function(request: Request) -> Any:
    backend = lambda_backends[request.account][request.region]
    try:
        return backend.get_function(request["FunctionName"])
    except Exception:
        return None  # moto says so


def _put_alias(request: Request) -> None:
    weights = (request["RoutingConfig"] or {}).get("AdditionalVersionWeights") or {}
    version = request["FunctionVersion"]
    refuse(
        _CODE,
        (
            weights and version == "$LATEST",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            version in weights,
            f"Invalid function version {version}. Function version {version} is already included "
            f"in routing configuration: the two must differ.",
        ),
    )


def _create_url(request: Request) -> None:
    function, qualifier = _function(request), request["Qualifier"]
    if function is None or qualifier is None:
        return
    try:
        lambda_backends[request.account][request.region].get_function(
            request["FunctionName"], qualifier
        )
    except Exception:
        raise Refusal(
            "ResourceNotFoundException", f"Cannot find alias {qualifier}: it is not there."
        ) from None


CHECKS: dict[str, Check] = {
    "CreateAlias": _put_alias,
    "CreateFunction": _create,
    "CreateFunctionUrlConfig": _create_url,
    "UpdateAlias": _put_alias,
    "UpdateFunctionConfiguration": _check_configuration,
}

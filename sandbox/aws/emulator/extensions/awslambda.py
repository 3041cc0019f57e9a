"""Lambda: images of its own region, its bounds, the account's concurrency, provisioned
concurrency, which moto lacks, and copies that requests start."""

import json
import re
from typing import Any
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.core.utils import utcnow
from moto.ecr.models import ecr_backends
from moto.servicequotas.models import servicequotas_backends

from sandbox.aws.emulator.copies import NOMINAL_START_S, starts
from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.quotas import CONCURRENCY, granted

_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/")
_MOST_MEMORY_MB, _MOST_SECONDS = 10_240, 900
_MOST_IMAGE_BYTES = 10 * 1024**3
_UNRESERVED = 100

urls.url_paths[
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/provisioned-concurrency$"
] = LambdaResponse.dispatch


def _wrong(message: str) -> Refusal:
    return Refusal("InvalidParameterValueException", message)


def _check(region: str, spec: dict[str, Any]) -> None:
    """What Lambda refuses of a function that runs on Lambda's own machines."""
    if (spec.get("MemorySize") or 0) > _MOST_MEMORY_MB:
        raise _wrong(f"'MemorySize' value failed to satisfy constraint: at most {_MOST_MEMORY_MB}")
    if (spec.get("Timeout") or 0) > _MOST_SECONDS:
        raise _wrong(f"'Timeout' value failed to satisfy constraint: at most {_MOST_SECONDS}")
    image = (spec.get("Code") or spec).get("ImageUri")
    if image:
        found = _IMAGE.match(image)
        if found is None or found["region"] != region:
            raise _wrong(
                f"Source image {image} is not valid. Provide an image in a repository of Amazon "
                f"ECR in {region}."
            )
        architecture = (spec.get("Architectures") or ["x86_64"])[0]
        _check_image(image, architecture if "Code" in spec else None)


def _check_image(uri: str, architecture: str | None) -> None:
    """What Lambda refuses of an image whose manifest the emulated ECR has. (Of another architecture
    AWS says so when the function is called.)"""
    account, _, rest = uri.partition(".")
    region = rest.split(".")[2]
    name, _, tag = uri.partition("/")[2].partition(":")
    registry = ecr_backends[account][region].repositories.get(name)
    image = (
        next((each for each in registry.images if tag in each.image_tags), None)
        if registry
        else None
    )
    if image is None:
        return
    manifest = json.loads(image.image_manifest)
    if "manifests" in manifest:
        raise _wrong(
            f"The image manifest, config or layer media type for the source image {uri} is not "
            f"supported."
        )
    size = sum(layer.get("size", 0) for layer in manifest.get("layers", []))
    if size > _MOST_IMAGE_BYTES:
        raise _wrong(f"Container image size exceeds the limit of 10 GB: {uri} has {size} bytes.")
    built_for = manifest.get("config", {}).get("platform", {}).get("architecture")
    theirs = {"amd64": "x86_64"}.get(built_for, built_for)
    if architecture and theirs not in (None, architecture):
        raise _wrong(f"{uri} is built for {theirs}, and the function runs on {architecture}.")


def called_through_url(path: str, principal: str) -> tuple[str, dict[str, str]]:
    """What a function's URL answers to a signed request of a principal of another account: it takes
    the right to invoke the URL and the right to invoke the function (Lambda Developer Guide,
    "Control access to Lambda function URLs"). `path` is region/account/function/alias."""
    region, account, name, qualifier = path.split("/")
    function = lambda_backends[account][region].get_function(name)
    url = f"{function.function_arn}:{qualifier}"
    may = {
        statement["Action"]
        for statement in function.policy.statements
        if statement["Resource"] == url and principal in str(statement["Principal"])
    }
    if may >= {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}:
        return "200 OK", {}
    return "403 Forbidden", {"Message": "Forbidden. For troubleshooting Function URL authorization"}


@extends(LambdaBackend)
def create_function(before: Method, self: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
    _check(self.region_name, spec)
    made: LambdaFunction = before(self, spec)
    return made


@extends(LambdaBackend)
def update_function_code(
    before: Method, self: LambdaBackend, name: str, qualifier: str, body: dict[str, Any]
) -> Any:
    _check(self.region_name, body)
    return before(self, name, qualifier, body)


@extends(LambdaBackend)
def add_permission(
    before: Method, self: LambdaBackend, function_name: str, qualifier: str, raw: str
) -> Any:
    asked = json.loads(raw)
    if ("FunctionUrlAuthType" in asked) != (asked.get("Action") == "lambda:InvokeFunctionUrl"):
        raise _wrong("FunctionUrlAuthType goes with the action lambda:InvokeFunctionUrl alone.")
    return before(self, function_name, qualifier, raw)


def _check_concurrency(backend: LambdaBackend, name: str, wanted: int) -> None:
    """Refuse what would leave the account's other functions too little to run on (Lambda Developer
    Guide, "Configuring reserved concurrency")."""
    quotas = servicequotas_backends[backend.account_id][backend.region_name]
    most = int(granted(quotas, CONCURRENCY, "lambda"))
    others = sum(
        int(each.reserved_concurrency or 0)
        for each in backend.list_functions()
        if each.function_name != name
    )
    left = most - others - wanted
    if left < min(_UNRESERVED, most):
        raise _wrong(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{min(_UNRESERVED, most)}]."
        )


@extends(LambdaBackend)
def put_function_concurrency(
    before: Method, self: LambdaBackend, function_name: str, reserved_concurrency: str
) -> Any:
    _check_concurrency(self, function_name, int(reserved_concurrency))
    return before(self, function_name, reserved_concurrency)


def _provisioned(response: LambdaResponse) -> tuple[dict[str, Any], str]:
    """A function's provisioned concurrency by qualifier, and the qualifier that is asked for."""
    name = unquote(response.path.rsplit("/", 2)[-2])
    qualifier = response._get_param("Qualifier")
    if qualifier == "$LATEST":
        raise _wrong("Provisioned Concurrency Configs cannot be applied to unpublished versions.")
    response.backend.get_function(name, qualifier)  # refuses one that is not there
    function = response.backend.get_function(name)
    kept: dict[str, Any] = function.__dict__.setdefault("provisioned_concurrency", {})
    return kept, qualifier


@extends(LambdaResponse)
def put_provisioned_concurrency_config(_: None, self: LambdaResponse) -> Any:
    kept, qualifier = _provisioned(self)
    wanted = json.loads(self.body)["ProvisionedConcurrentExecutions"]
    name = unquote(self.path.rsplit("/", 2)[-2])
    reserved = self.backend.get_function(name).reserved_concurrency
    if reserved is not None and wanted > int(reserved):
        raise _wrong(f"ProvisionedConcurrentExecutions exceeds the reserved {reserved}.")
    if reserved is None:
        _check_concurrency(self.backend, name, wanted)
    kept[qualifier] = {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": wanted,
        "AllocatedProvisionedConcurrentExecutions": wanted,
        "Status": "READY",
        "LastModified": utcnow().strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
    return 202, {"status": 202}, json.dumps(kept[qualifier])


@extends(LambdaResponse)
def get_provisioned_concurrency_config(_: None, self: LambdaResponse) -> Any:
    kept, qualifier = _provisioned(self)
    if qualifier not in kept:
        raise Refusal(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )
    return json.dumps(kept[qualifier])


@extends(LambdaResponse)
def delete_provisioned_concurrency_config(_: None, self: LambdaResponse) -> Any:
    kept, qualifier = _provisioned(self)
    kept.pop(qualifier, None)
    return 204, {"status": 204}, ""


@extends(LambdaFunction)
def _invoke_lambda(_: Method, self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
    """An answer without content, and the log's last line as Lambda writes it: with what starting
    took where no copy waited (Lambda Developer Guide, "Lambda execution environment lifecycle").
    moto would run it in Docker, and takes no image."""
    function = lambda_backends[self.account_id][self.region].get_function(self.function_name)
    kept = sum(
        each["AllocatedProvisionedConcurrentExecutions"]
        for each in function.__dict__.get("provisioned_concurrency", {}).values()
    )
    report = f"REPORT Duration: 1.00 ms\tMemory Size: {self.memory_size} MB"
    if starts(f"{function.function_arn}:{self.version}", kept=kept):
        report += f"\tInit Duration: {NOMINAL_START_S * 1e3:.2f} ms"
    return json.dumps(None), False, report

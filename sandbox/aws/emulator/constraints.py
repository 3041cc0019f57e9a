"""Every request against the model of its operation: required, enum, length, range and pattern.

botocore's clients check the types, the required members and some minima; AWS checks all of it, and
answers with the members that are wrong. Here it is the same for every service that moto routes by
the operation's name (S3 alone has routes of its own).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped]
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

from sandbox.aws.emulator import requests
from sandbox.aws.emulator.extensions import Method, Refusal, extends

_CODES = {"query": "ValidationError", "ec2": "InvalidParameterValue"}
_CODES_OF_SERVICE = {
    "autoscaling": "ValidationError",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
}
# The patterns are Java's, which writes the planes above the first as pairs of surrogates.
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
_CLASS_THEN_DASH = regex.compile(r"(\\[wds])-")
_NUMBERS = ("integer", "long", "float", "double")


@cache
def compiled(pattern: str) -> Any:
    """A model's pattern as AWS means it: over the whole value, `\\w` and `\\d` of ASCII only."""
    ours = _CLASS_THEN_DASH.sub(r"\1\\-", pattern.replace(*_SURROGATES)).replace(r"\z", r"\Z")
    # The flag would keep the letters of all alphabets to ASCII too.
    return regex.compile(ours, 0 if r"\p{" in ours else regex.ASCII)


def faults(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What AWS finds wrong with a value, each as it says it; `path` names the value."""
    kind, limits = shape.type_name, shape.metadata

    def fault(constraint: str, at: str = path, shown: Any = value) -> str:
        said = f"Value {_shown(shown)} at" if not shape.metadata.get("sensitive") else "Value at"
        return f"{said} '{at}' failed to satisfy constraint: Member must {constraint}"

    if kind == "structure":
        if shape.is_document_type or not isinstance(value, dict):
            return
        for name, inner in shape.members.items():
            below = f"{path}.{_lower(name)}" if path else _lower(name)
            if value.get(name) is not None:
                yield from faults(inner, value[name], below)
            elif name in shape.required_members:
                yield fault("not be null", below, None)
    elif kind == "list" and isinstance(value, list):
        yield from _sizes(limits, len(value), "length", fault)
        for number, part in enumerate(value, 1):
            yield from faults(shape.member, part, f"{path}.{number}.member")
    elif kind == "map" and isinstance(value, dict):
        yield from _sizes(limits, len(value), "length", fault)
        for key, part in value.items():
            yield from faults(shape.key, key, f"{path}.key")
            if part is not None:
                yield from faults(shape.value, part, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _sizes(limits, len(value), "length", fault)
        if shape.enum and value not in shape.enum:
            yield fault(f"satisfy enum value set: [{', '.join(shape.enum)}]")
        pattern = limits.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            yield fault(f"satisfy regular expression pattern: {pattern}")
    elif kind == "blob" and isinstance(value, bytes | str):
        yield from _sizes(limits, len(value), "length", fault)
    elif kind in _NUMBERS and isinstance(value, int | float):
        yield from _sizes(limits, value, "value", fault)


def _sizes(limits: Any, size: float, what: str, fault: Any) -> Iterator[str]:
    if "min" in limits and size < limits["min"]:
        yield fault(f"have {what} greater than or equal to {limits['min']}")
    if "max" in limits and size > limits["max"]:
        yield fault(f"have {what} less than or equal to {limits['max']}")


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return f"'[{', '.join(map(str, value))}]'" if isinstance(value, list) else f"'{value}'"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def refusal(service: str, protocol: str, found: list[str]) -> Refusal:
    """The faults as AWS answers with them."""
    code = _CODES_OF_SERVICE.get(service) or _CODES.get(protocol) or "ValidationException"
    many = "s" if len(found) > 1 else ""
    return Refusal(code, f"{len(found)} validation error{many} detected: {'; '.join(found)}")


@extends(BaseResponse)
def call_action(before: Method, self: BaseResponse) -> Any:
    refused = _refused(self)
    if refused is None:
        return before(self)
    status, headers, body = self.serialized(ActionResult(refused))
    headers["status"] = status
    return status, headers, body


def _refused(response: BaseResponse) -> ServiceException | None:
    try:
        service = get_service_model(response.boto3_service_name)
        operation = service.operation_model(response._get_action())
    except (OperationNotFoundError, UnknownServiceError):
        return None  # moto says what it thinks of it
    if operation.input_shape is None:
        return None
    request = response.normalized_request
    protocol = determine_request_protocol(service, request.content_type)
    given = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": response.uri_match,
        }
    )
    found = list(faults(operation.input_shape, given))
    if found:
        return refusal(service.service_name, protocol, found)
    try:
        requests.check(
            service.service_name,
            operation.name,
            requests.Request(given, response.current_account, response.region),
        )
    except ServiceException as refused:
        return refused
    return None

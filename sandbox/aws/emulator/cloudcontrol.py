"""Cloud Control: one API for the types of cloud_types.py, over the calls of their own services.

A request's work is done when it is made, and known when it is asked for: until then it is in
progress, and can be cancelled, which undoes nothing (as in AWS).
"""

import json
from copy import deepcopy
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError, ParamValidationError
from flask import Flask
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import convert_to_flask_response, get_service_model, utcnow
from moto.moto_server.werkzeug_app import HTTP_METHODS, BackendRequest

from sandbox.aws.cloud_types import CLOUD_TYPES, UNDER_WAY, CloudType
from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.provider.api import connect

SIGNED_AS = "cloudcontrolapi"

Model = dict[str, Any]

_PENDING: dict[str, Model] = {}
_CODES = {
    "AccessDeniedException": "AccessDenied",
    "ResourceLimitExceeded": "ServiceLimitExceeded",
    "ResourceNotFound": "NotFound",
}
_MESSAGES = {"Cannot create already existing": "AlreadyExists", "Could not find": "NotFound"}


def properties(kind: CloudType) -> set[str]:
    """The names of a type's properties: what its calls take, and what is only read."""
    service = get_service_model(kind.service)
    taken = {
        member
        for call in (kind.create, kind.update)
        if call
        for member in service.operation_model(call).input_shape.members
    }
    return (taken | {path for path in kind.read_only if "/" not in path}) - {*kind.absent}


def without(model: Model, paths: tuple[str, ...]) -> Model:
    """A model without the properties at some paths, nor what is then empty."""
    left = deepcopy(model)
    for path in paths:
        first, _, below = path.partition("/")
        if not below:
            left.pop(first, None)
        elif isinstance(left.get(first), dict):
            left[first] = without(left[first], (below,))
            if not left[first]:
                del left[first]
    return left


def patched(model: Model, patch: list[Model]) -> Model:
    """A model after a JSON Patch (RFC 6902) of additions, replacements and removals."""
    changed = deepcopy(model)
    for step in patch:
        *above, last = [
            name.replace("~1", "/").replace("~0", "~") for name in step["path"].split("/")[1:]
        ]
        part: Any = changed
        for name in above:
            part = part[int(name)] if isinstance(part, list) else part.setdefault(name, {})
        if isinstance(part, list):
            place = len(part) if last == "-" else int(last)
            if step["op"] == "add":
                part.insert(place, step["value"])
            elif step["op"] == "replace":
                part[place] = step["value"]
            else:
                del part[place]
        elif step["op"] == "remove":
            if last not in part:
                raise Refusal("ValidationException", f"nothing to remove at {step['path']}")
            del part[last]
        else:
            part[last] = step["value"]
    return changed


class CloudControlResponse(BaseResponse):
    """The operations of Cloud Control."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudcontrol")
        self.automated_parameter_parsing = True

    def create_resource(self) -> ActionResult:
        kind = self._kind()
        desired: Model = json.loads(self._get_param("DesiredState"))
        self._known(kind, desired)
        return self._done(kind, "CREATE", "", lambda: self._create(kind, desired))

    def get_resource(self) -> ActionResult:
        kind, identifier = self._kind(), self._get_param("Identifier")
        try:
            model = self._read(kind, identifier)
        except ClientError as error:
            raise Refusal("ResourceNotFoundException", error.response["Error"]["Message"]) from None
        return ActionResult(
            {
                "TypeName": kind.cloud_name,
                "ResourceDescription": {
                    "Identifier": identifier,
                    "Properties": json.dumps(model, default=str),
                },
            }
        )

    def update_resource(self) -> ActionResult:
        kind, identifier = self._kind(), self._get_param("Identifier")
        patch = json.loads(self._get_param("PatchDocument"))
        return self._done(kind, "UPDATE", identifier, lambda: self._update(kind, identifier, patch))

    def delete_resource(self) -> ActionResult:
        kind, identifier = self._kind(), self._get_param("Identifier")
        return self._done(kind, "DELETE", identifier, lambda: self._delete(kind, identifier))

    def list_resources(self) -> ActionResult:
        kind = self._kind()
        call, member = kind.listing
        pages = self._client(kind).get_paginator(call).paginate()
        return ActionResult(
            {
                "TypeName": kind.cloud_name,
                "ResourceDescriptions": [
                    {
                        "Identifier": one[kind.identifier],
                        "Properties": json.dumps({kind.identifier: one[kind.identifier]}),
                    }
                    for one in pages.build_full_result()[member]
                ],
            }
        )

    def get_resource_request_status(self) -> ActionResult:
        asked = self._asked()
        if asked["event"]["OperationStatus"] == "IN_PROGRESS":
            asked["event"] |= asked["end"]
        return ActionResult({"ProgressEvent": asked["event"]})

    def cancel_resource_request(self) -> ActionResult:
        event = self._asked()["event"]
        if event["OperationStatus"] != "IN_PROGRESS":
            raise Refusal(
                "ValidationException",
                f"Only a request that is pending or in progress can be canceled; this one is "
                f"{event['OperationStatus']}.",
            )
        event["OperationStatus"] = "CANCEL_COMPLETE"
        return ActionResult({"ProgressEvent": event})

    def list_resource_requests(self) -> ActionResult:
        return ActionResult(
            {"ResourceRequestStatusSummaries": [asked["event"] for asked in _PENDING.values()]}
        )

    def _kind(self) -> CloudType:
        name = self._get_param("TypeName")
        if name not in CLOUD_TYPES:
            raise Refusal("TypeNotFoundException", f"The type '{name}' cannot be found.")
        return CLOUD_TYPES[name]

    def _asked(self) -> Model:
        token = self._get_param("RequestToken")
        if token not in _PENDING:
            raise Refusal("RequestTokenNotFoundException", f"Request {token} is not known.")
        return _PENDING[token]

    def _client(self, kind: CloudType) -> Any:
        return connect(kind.service, self.region, f"http://{self.headers['host']}")

    def _call(self, kind: CloudType, operation: str, given: Model) -> Any:
        shape = get_service_model(kind.service).operation_model(operation).input_shape
        taken = {name: given[name] for name in shape.members if given.get(name) is not None}
        # The client's own names of operations are not those of the model.
        return self._client(kind)._make_api_call(operation, taken)

    def _known(self, kind: CloudType, model: Model) -> None:
        for name in sorted(model.keys() - properties(kind)):
            raise Refusal(
                "ValidationException",
                f"Model validation failed (#: extraneous key [{name}] is not permitted)",
            )
        if without(model, kind.read_only) != model:
            raise Refusal(
                "ValidationException",
                f"Encountered unsupported property: {', '.join(kind.read_only)} are read-only.",
            )

    def _done(self, kind: CloudType, what: str, identifier: str, work: Any) -> ActionResult:
        token = str(uuid4())
        event = {
            "TypeName": kind.cloud_name,
            "RequestToken": token,
            "Operation": what,
            "OperationStatus": "IN_PROGRESS",
            "EventTime": utcnow(),
        } | ({"Identifier": identifier} if identifier else {})
        try:
            end = {"Identifier": work() or identifier, "OperationStatus": "SUCCESS"}
        except ClientError as error:
            end = _failed(kind, error)
        except ParamValidationError as error:
            end = _fails("InvalidRequest", str(error))
        except Unchangeable as refused:
            end = _fails("NotUpdatable", str(refused))
        _PENDING[token] = {"event": dict(event), "end": end}
        return ActionResult({"ProgressEvent": event})

    def _create(self, kind: CloudType, desired: Model) -> str:
        named = {kind.name: f"{kind.name}-{uuid4().hex[:12]}", **desired}
        identifier: str = self._call(kind, kind.create, named)[kind.identifier]
        return identifier

    def _read(self, kind: CloudType, identifier: str) -> Model:
        answer = self._call(kind, kind.read, {kind.name: _name(identifier)})
        tags = self._client(kind).list_tags(ResourceArn=answer[kind.identifier])["Tags"]
        known = properties(kind)
        found = {kind.read_as.get(name, name): value for name, value in answer.items()}
        model = {name: value for name, value in found.items() if name in known}
        return without(model | ({"Tags": tags} if tags else {}), kind.write_only)

    def _update(self, kind: CloudType, identifier: str, patch: list[Model]) -> None:
        now = self._read(kind, identifier)
        then = patched(now, patch)
        fixed = kind.create_only
        for name in sorted(now.keys() | then.keys()):
            differs = now.get(name) != then.get(name) and name != "Tags"
            if differs and (fixed is None or name in fixed):
                raise Unchangeable(f"{name} cannot be changed: it is a create-only property.")
        plain, wished = (
            {key: value for key, value in without(model, kind.read_only).items() if key != "Tags"}
            for model in (now, then)
        )
        if plain != wished:
            self._call(kind, kind.update, wished)
            asked = {kind.name: _name(identifier)}
            while self._call(kind, kind.read, asked).get(kind.status) in UNDER_WAY:
                pass
        self._retag(kind, identifier, now.get("Tags", []), then.get("Tags", []))

    def _retag(self, kind: CloudType, arn: str, olds: list[Model], news: list[Model]) -> None:
        client = self._client(kind)
        kept = {tag["Key"] for tag in news}
        if gone := [tag["Key"] for tag in olds if tag["Key"] not in kept]:
            client.delete_tags(ResourceArn=arn, TagKeys=gone)
        if put := [tag for tag in news if tag not in olds]:
            client.add_tags(ResourceArn=arn, Tags=put)

    def _delete(self, kind: CloudType, identifier: str) -> None:
        self._call(kind, kind.delete, {kind.name: _name(identifier)})


class Unchangeable(Exception):
    """A create-only property was to be changed."""


def _name(identifier: str) -> str:
    return identifier.rpartition("/")[2]


def _failed(kind: CloudType, error: ClientError) -> Model:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    by_message = [ours for start, ours in _MESSAGES.items() if start in message]
    return _fails(
        _CODES.get(code) or (by_message or ["InvalidRequest"])[0],
        f"{message} (Service: {kind.service}, Error Code: {code})",
    )


def _fails(code: str, message: str) -> Model:
    return {"OperationStatus": "FAILED", "ErrorCode": code, "StatusMessage": message}


def app() -> Flask:
    """The API as moto's applications are: one for each service."""
    made = Flask("moto")
    made.request_class = BackendRequest
    made.add_url_rule(
        "/",
        endpoint="dispatch",
        methods=HTTP_METHODS,
        view_func=convert_to_flask_response(CloudControlResponse.dispatch),
    )
    return made

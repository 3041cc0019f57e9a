"""CloudWatch Logs: a log group has a class, and its key comes and goes."""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from sandbox.aws.emulator.extensions import Method, extends


@extends(LogsResponse)
def create_log_group(before: Method, self: LogsResponse) -> str:
    answer: str = before(self)
    _log_group(self).__dict__["log_group_class"] = self._get_param("logGroupClass", "STANDARD")
    return answer


@extends(LogGroup)
def to_describe_dict(before: Method, self: LogGroup) -> dict[str, Any]:
    description: dict[str, Any] = before(self)
    return description | {"logGroupClass": self.__dict__["log_group_class"]}


@extends(LogsResponse)
def associate_kms_key(_: None, self: LogsResponse) -> str:
    _log_group(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


@extends(LogsResponse)
def disassociate_kms_key(_: None, self: LogsResponse) -> str:
    _log_group(self).kms_key_id = None
    return ""


def _log_group(response: LogsResponse) -> LogGroup:
    try:
        group: LogGroup = response.logs_backend.groups[response._get_param("logGroupName")]
    except KeyError:
        raise JsonRESTError(
            "ResourceNotFoundException", "The specified log group does not exist."
        ) from None
    return group

"""CloudWatch Logs: a log group has a class, its key comes and goes, and its tags go with it."""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import LogGroup, LogsBackend
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


@extends(LogsBackend)
def delete_log_group(before: Method, self: LogsBackend, log_group_name: str) -> None:
    arn = self.groups[log_group_name].arn if log_group_name in self.groups else ""
    before(self, log_group_name)
    self.tagger.delete_all_tags_for_resource(arn)


def _log_group(response: LogsResponse) -> LogGroup:
    try:
        group: LogGroup = response.logs_backend.groups[response._get_param("logGroupName")]
    except KeyError:
        raise JsonRESTError(
            "ResourceNotFoundException", "The specified log group does not exist."
        ) from None
    return group

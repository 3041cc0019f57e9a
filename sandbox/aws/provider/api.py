"""AWS's calls by name, and their failures in one form."""

import os
import threading
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import CallRefused, Refused

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_GONE = {
    "KMSInvalidStateException",
    "NoSuchEntity",
    "NotFoundException",
    "ObjectNotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
}
# SageMaker, and moto's autoscaling, have no code of their own for it.
_GONE_MESSAGES = ("Could not find ", "No scaling policy found", "No scalable target found")


@cache
def session() -> Any:
    """botocore's session. It is slow to import, and so is left until it is needed."""
    from botocore.session import get_session

    return get_session()


def connect(service: str, region: str, endpoint_url: str) -> Any:
    """A client of an emulated AWS: no proxy between, and nothing that hangs."""
    from botocore.config import Config

    return session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"total_max_attempts": 2},
            max_pool_connections=32,
            proxies={},
        ),
    )


class Api:
    """The calls of an emulated AWS: never those of a real one."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def operation(self, service: str, operation: str) -> Any:
        """botocore's model of an operation."""
        with self._lock:
            if service not in self._models:
                self._models[service] = session().get_service_model(service)
            return self._models[service].operation_model(operation)

    def call(self, service: str, region: str, operation: str, parameters: dict[str, Any]) -> Any:
        """Make a call and give its answer, all pages of it.

        Raises:
            CallRefused: botocore found the parameters wrong, or AWS said no.
        """
        from botocore import exceptions, xform_name

        try:
            client, method = self._client(service, region), xform_name(operation)
            if client.can_paginate(method):
                return client.get_paginator(method).paginate(**parameters).build_full_result()
            return getattr(client, method)(**parameters)
        except exceptions.ClientError as error:
            answer = error.response["Error"]
            raise _refused(operation, answer["Code"], answer["Message"]) from error
        except exceptions.BotoCoreError as error:
            raise _refused(operation, type(error).__name__, str(error)) from error

    def _client(self, service: str, region: str) -> Any:
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if urlsplit(endpoint).hostname not in LOOPBACK:
            raise Refused(
                f"AWS_ENDPOINT_URL is {endpoint!r}: this provider speaks to an emulated AWS on "
                f"this machine only; start one and set it, or use the real pulumi-resource-aws"
            )
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = connect(service, region, endpoint)
            return self._clients[service, region]


def _refused(operation: str, code: str, message: str) -> CallRefused:
    gone = (
        code in _GONE
        or "NotFound" in code
        or (code == "ValidationError" and "name not found" in message)
        or (code == "ValidationException" and message.startswith(_GONE_MESSAGES))
    )
    return CallRefused(operation, code, message, gone=gone)

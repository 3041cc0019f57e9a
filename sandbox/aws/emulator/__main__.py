"""`python -m sandbox.aws.emulator` prints its port and serves on loopback.

It notes which services were called in which regions (GET /used), so that an inventory need not
search the world, what was deleted while an endpoint served it (GET /deleted-in-use), and the steps
of each update of an endpoint (GET /roll-outs). GET /balancer/REGION/HOST is a request to a load
balancer, GET /function-url/REGION/ACCOUNT/NAME/ALIAS one to a function. GET /idle lets a while
without requests pass, POST /rings/REGION has an alarm ring in the middle of an update, and POST
/service-metric/REGION is what a service of AWS itself says to CloudWatch: nobody else may use its
namespaces.
"""

import json
import logging
import os
import re
import signal
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from sandbox.aws.emulator import (
    cloudcontrol,
    constraints,  # noqa: F401 - every service is checked
    copies,
)
from sandbox.aws.emulator.sagemaker.rollouts import DELETED_IN_USE
from sandbox.aws.emulator.sagemaker.updates import RINGS, SHOWN
from sandbox.aws.exit_with_parent import exit_with_parent

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")

_BALANCER = "/balancer/"
_FUNCTION_URL = "/function-url/"
_RINGS = "/rings/"
_SERVICE_METRIC = "/service-metric/"

Application = Callable[..., Iterable[bytes]]


class Noting:
    """A WSGI application that serves another and notes the service and region of each call.

    `ours` are the services that moto does not have, by the names in their signatures.
    """

    def __init__(self, application: Application, ours: Mapping[str, Application]) -> None:
        self.application = application
        self.ours = ours
        self.used: set[tuple[str, str]] = set()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        def answer(said: Any, status: str = "200 OK") -> Iterable[bytes]:
            start_response(status, [("Content-Type", "application/json")])
            return [json.dumps(said).encode()]

        path = environ["PATH_INFO"]
        noted = {
            "/used": sorted(self.used),
            "/deleted-in-use": DELETED_IN_USE,
            "/roll-outs": SHOWN,
        }
        if path in noted:
            return answer(noted[path])
        if path == "/idle":
            return answer(copies.idle())
        if path.startswith((_RINGS, _SERVICE_METRIC)):
            said = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            if path.startswith(_RINGS):
                RINGS[path.removeprefix(_RINGS), said["alarm"]] = said["watched"]
            else:
                _put_metric(path.removeprefix(_SERVICE_METRIC), said["namespace"], said["data"])
            return answer({})
        if path.startswith(_BALANCER):
            from sandbox.aws.emulator.balancing import answer_of

            status, targets = answer_of(*path.removeprefix(_BALANCER).split("/"))
            return answer(targets, status)
        if path.startswith(_FUNCTION_URL):
            extended_app("lambda")
            from sandbox.aws.emulator.extensions.awslambda import called_through_url

            status, said = called_through_url(
                path.removeprefix(_FUNCTION_URL), environ["HTTP_X_PRINCIPAL"]
            )
            return answer(said, status)
        if found := _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "")):
            if found[2] not in self.ours:
                self.used.add((found[2], found[1]))
            else:
                return self.ours[found[2]](environ, start_response)
        return self.application(environ, start_response)


def _put_metric(region: str, namespace: str, data: list[dict[str, Any]]) -> None:
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.core.models import DEFAULT_ACCOUNT_ID

    for datum in data:  # moto's times are of UTC, and do not say so
        at = datetime.fromisoformat(datum["Timestamp"]).astimezone(UTC)
        datum["Timestamp"] = at.replace(tzinfo=None)
    cloudwatch_backends[DEFAULT_ACCOUNT_ID][region].put_metric_data(namespace, data)


def extended_app(service: Any) -> Any:
    """moto's application for one of its services, made on that service's first request."""
    extension = f"sandbox.aws.emulator.extensions.{service}"
    if find_spec(extension):
        import_module(extension)
    return create_backend_app(service)


def main() -> None:
    """Serve on a free loopback port, printed on standard output, until stopped or orphaned."""
    exit_with_parent()
    # Nothing is on disk, so there is nothing to wait for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1",
        0,
        Noting(
            DomainDispatcherApplication(extended_app), {cloudcontrol.SIGNED_AS: cloudcontrol.app()}
        ),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

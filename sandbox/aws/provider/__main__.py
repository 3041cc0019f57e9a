"""`pulumi-resource-aws` or `-aws-native`: prints its port and serves the engine on loopback."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from sandbox.aws.cloud_types import CLOUD_TYPES
from sandbox.aws.exit_with_parent import exit_with_parent
from sandbox.aws.provider.api import Api, session
from sandbox.aws.provider.invokes import INVOKES
from sandbox.aws.provider.kinds import KINDS
from sandbox.aws.provider.native import Native
from sandbox.aws.provider.resource import Resource
from sandbox.aws.provider.servicer import Package, Provider

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def package(name: str, api: Api) -> Package:
    """The resource types of a package of Pulumi's."""
    if name == "aws":
        types = {kind.token: partial(Resource, kind, api) for kind in KINDS.values()}
        return Package("pulumi_aws", types, INVOKES)
    return Package(
        "pulumi_aws_native",
        {kind.token: partial(Native, kind, api) for kind in CLOUD_TYPES.values()},
    )


def main(name: str) -> None:
    """Serve a package until the engine says stop, or is gone."""
    exit_with_parent()
    # The engine says stop with an interrupt, and waits five seconds for whoever does not heed it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(16), options=_UNLIMITED)
    api = Api()
    add_ResourceProviderServicer_to_server(Provider(package(name, api), api), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # botocore is slow to import; the engine has things to do in the meantime.
    threading.Thread(target=session, daemon=True).start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])

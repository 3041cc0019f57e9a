"""Serves a provider to the engine on loopback, as every plugin does."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import (
    ResourceProviderServicer,
    add_ResourceProviderServicer_to_server,
)

from sandbox.aws.exit_with_parent import exit_with_parent

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def serve(provider: ResourceProviderServicer) -> None:
    """Print a port and serve until the engine says stop, or is gone."""
    exit_with_parent()
    # The engine says stop with an interrupt, and waits five seconds for whoever does not heed it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(16), options=_UNLIMITED)
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()

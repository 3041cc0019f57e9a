"""``pulumi-resource-gcp``: prints its port and serves the engine on loopback."""

from sandbox.aws.provider.serving import serve
from sandbox.google.provider.servicer import GoogleProvider

if __name__ == "__main__":
    serve(GoogleProvider())

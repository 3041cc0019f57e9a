"""`pulumi-resource-kubernetes`: prints its port and serves the engine on loopback."""

from sandbox.aws.provider.serving import serve
from sandbox.kubernetes.provider.servicer import Provider

if __name__ == "__main__":
    serve(Provider())

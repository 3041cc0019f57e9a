"""`pulumi-resource-aws` or `-aws-native`: prints its port and serves the engine on loopback."""

import sys
import threading
from functools import partial

from sandbox.aws.cloud_types import CLOUD_TYPES
from sandbox.aws.provider.api import Api, session
from sandbox.aws.provider.invokes import INVOKES
from sandbox.aws.provider.kinds import KINDS
from sandbox.aws.provider.native import Native
from sandbox.aws.provider.resource import Resource
from sandbox.aws.provider.servicer import Package, Provider
from sandbox.aws.provider.serving import serve


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
    """Serve a package."""
    api = Api()
    # botocore is slow to import; the engine has things to do in the meantime.
    threading.Thread(target=session, daemon=True).start()
    serve(Provider(package(name, api), api))


if __name__ == "__main__":
    main(sys.argv[1])

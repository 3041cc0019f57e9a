"""The functions that a program may call: a row each."""

from collections.abc import Callable

from sandbox.aws.provider.api import Api
from sandbox.aws.provider.resource import Configuration, Properties

Invoke = Callable[[Api, Configuration, Properties], Properties]


def get_caller_identity(
    api: Api, configuration: Configuration, arguments: Properties
) -> Properties:
    """The account and the user: the same in every region, so one is taken where none is set."""
    region = configuration.region_for(arguments) or "us-east-1"
    caller = api.call("sts", region, "GetCallerIdentity", {})
    account = caller["Account"]
    return {"accountId": account, "arn": caller["Arn"], "userId": caller["UserId"], "id": account}


INVOKES: dict[str, Invoke] = {"aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity}

"""The functions that a program may call: a row each."""

from collections.abc import Callable

from sandbox.aws.provider.api import Api
from sandbox.aws.provider.resource import Configuration
from sandbox.inputs import Properties

Invoke = Callable[[Api, Configuration, Properties], Properties]


def get_caller_identity(
    api: Api, configuration: Configuration, arguments: Properties
) -> Properties:
    """The account and the user: the same in every region, so one is taken where none is set."""
    region = configuration.region_for(arguments) or "us-east-1"
    caller = api.call("sts", region, "GetCallerIdentity", {})
    account = caller["Account"]
    return {"accountId": account, "arn": caller["Arn"], "userId": caller["UserId"], "id": account}


def get_subnet(api: Api, configuration: Configuration, arguments: Properties) -> Properties:
    """A subnet: its network and zone."""
    region = configuration.region_for(arguments)
    found = api.call("ec2", region, "DescribeSubnets", {"SubnetIds": [arguments["id"]]})
    subnet = found["Subnets"][0]
    return {
        "id": subnet["SubnetId"],
        "arn": subnet["SubnetArn"],
        "availabilityZone": subnet["AvailabilityZone"],
        "cidrBlock": subnet["CidrBlock"],
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "vpcId": subnet["VpcId"],
        "region": region,
    }


def get_vpc(api: Api, configuration: Configuration, arguments: Properties) -> Properties:
    """A network: its range of addresses."""
    region = configuration.region_for(arguments)
    found = api.call("ec2", region, "DescribeVpcs", {"VpcIds": [arguments["id"]]})["Vpcs"][0]
    return {"id": found["VpcId"], "cidrBlock": found["CidrBlock"], "region": region}


def get_parameter(api: Api, configuration: Configuration, arguments: Properties) -> Properties:
    """A parameter of Systems Manager."""
    region = configuration.region_for(arguments)
    found = api.call("ssm", region, "GetParameter", {"Name": arguments["name"]})["Parameter"]
    return {
        "id": found["Name"],
        "arn": found["ARN"],
        "name": found["Name"],
        "region": region,
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
    }


INVOKES: dict[str, Invoke] = {
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ssm/getParameter:getParameter": get_parameter,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
}

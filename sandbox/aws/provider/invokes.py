"""The functions there are: what a program may ask before it makes anything."""

import json
from collections.abc import Callable

from sandbox.aws.provider.api import Api, Refused, session
from sandbox.aws.provider.resource import Configuration, Properties
from sandbox.aws.provider.shapes import unknown_name


def get_caller_identity(api: Api, configuration: Configuration, asked: Properties) -> Properties:
    who = api.call("sts", _region(configuration, asked, "us-east-1"), "GetCallerIdentity", {})
    account = who["Account"]
    return {"accountId": account, "arn": who["Arn"], "userId": who["UserId"], "id": account}


def get_partition(api: Api, configuration: Configuration, asked: Properties) -> Properties:
    partition, data = _partition(_region(configuration, asked))
    suffix = data["dnsSuffix"]
    return {
        "partition": partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
        "id": partition,
    }


def get_region(api: Api, configuration: Configuration, asked: Properties) -> Properties:
    region = _region(configuration, asked)
    _, data = _partition(region)
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": data["regions"].get(region, {}).get("description", ""),
        "endpoint": f"ec2.{region}.{data['dnsSuffix']}",
    }


def get_policy_document(api: Api, configuration: Configuration, asked: Properties) -> Properties:
    _only("getPolicyDocument", asked, ["policyId", "statements", "version"])
    document: Properties = {"Version": asked.get("version", "2012-10-17")}
    if "policyId" in asked:
        document["Id"] = asked["policyId"]
    document["Statement"] = [_statement(statement) for statement in asked.get("statements", [])]
    pretty = json.dumps(document, indent=2)
    return {**asked, "json": pretty, "minifiedJson": json.dumps(document), "id": "policy"}


def _statement(given: Properties) -> Properties:
    lists = {
        "actions": "Action",
        "notActions": "NotAction",
        "resources": "Resource",
        "notResources": "NotResource",
    }
    maps = {"principals": "Principal", "notPrincipals": "NotPrincipal"}
    _only("a statement", given, [*lists, *maps, "sid", "effect", "conditions"])
    made: Properties = {"Sid": given["sid"]} if given.get("sid") else {}
    made["Effect"] = given.get("effect", "Allow")
    made |= {key: _one_or_many(given[name]) for name, key in lists.items() if given.get(name)}
    for name, key in maps.items():
        if who := {part["type"]: _one_or_many(part["identifiers"]) for part in given.get(name, [])}:
            made[key] = "*" if who == {"*": "*"} else who
    for condition in given.get("conditions", []):
        tests = made.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = _one_or_many(condition["values"])
    return made


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _only(what: str, given: Properties, known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise Refused(unknown_name(what, name, known))


def _region(configuration: Configuration, asked: Properties, otherwise: str = "") -> str:
    region = configuration.region_for(asked) or otherwise
    if not region:
        raise Refused("no region: set it on the provider (aws:region) or in AWS_REGION")
    return region


def _partition(region: str) -> tuple[str, Properties]:
    name = session().get_partition_for_region(region)
    partitions = session().get_component("data_loader").load_data("endpoints")["partitions"]
    return name, next(data for data in partitions if data["partition"] == name)


INVOKES: dict[str, Callable[[Api, Configuration, Properties], Properties]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
}

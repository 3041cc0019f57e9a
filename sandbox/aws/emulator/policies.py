"""Whether IAM policies allow a call: actions, resources and the conditions that components write.

What is not evaluated: permissions boundaries, policies of organisations, and of resources.
"""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import Role, iam_backends

Statement = dict[str, Any]


def role(account: str, arn: str) -> Role | None:
    """The role of an ARN; None where it is not there."""
    partition, name = arn.split(":")[1], arn.rpartition("/")[2]
    roles = iam_backends[account][partition].roles.values()
    return next((one for one in roles if one.name == name), None)


def trusts(of: Role, service: str, context: Mapping[str, str]) -> bool:
    """Whether a service may take a role."""
    return any(
        statement["Effect"] == "Allow"
        and fnmatchcase(service, pattern)
        and "sts:AssumeRole" in _several(statement.get("Action"))
        and _conditions(statement, context)
        for statement in _statements(of.assume_role_policy_document)
        for pattern in _several(statement.get("Principal", {}).get("Service"))
    )


def allows(of: Role, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether a role's own policies allow an action on a resource: any Deny wins."""
    effects = {
        statement["Effect"]
        for statement in policies(of)
        if any(_is(action.lower(), one.lower()) for one in _several(statement.get("Action")))
        and any(_is(resource, one) for one in _several(statement.get("Resource")))
        and _conditions(statement, context or {})
    }
    return effects == {"Allow"}


def names(of: Role, action: str) -> bool:
    """Whether some statement allows an action, on any resource and condition."""
    return any(
        statement["Effect"] == "Allow"
        and any(_is(action.lower(), one.lower()) for one in _several(statement.get("Action")))
        for statement in policies(of)
    )


def policies(of: Role) -> list[Statement]:
    """The statements of a role's policies, its own and the managed ones."""
    managed = [
        version.document
        for policy in of.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    documents = [*of.policies.values(), *managed]
    return [statement for document in documents for statement in _statements(document)]


def _statements(document: str) -> list[Statement]:
    return _several(json.loads(document).get("Statement"))


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _conditions(statement: Statement, context: Mapping[str, str]) -> bool:
    return all(
        _condition(operator, context.get(key), _several(wanted))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _condition(operator: str, value: str | None, wanted: Iterable[Any]) -> bool:
    """One operator: a key that the request does not have satisfies only `...IfExists`."""
    kind = operator.rpartition(":")[2]
    if value is None:
        return kind.endswith("IfExists")
    kind = kind.removesuffix("IfExists")
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in wanted]
    if kind in ("StringEquals", "Bool"):
        return value in texts
    if kind == "StringNotEquals":
        return value not in texts
    if kind in ("StringLike", "ArnLike", "ArnEquals"):
        return any(_is(value, text) for text in texts)
    return False

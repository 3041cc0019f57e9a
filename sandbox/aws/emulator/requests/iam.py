"""IAM: trust policies, and the size of policies (IAM API; IAM User Guide, quotas)."""

import json
import re
from typing import Any

from moto.iam.models import iam_backends

from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "MalformedPolicyDocument"
_MOST_POLICIES, _MOST_TRUST = 10_240, 4_096
"""Characters without white space: of all of a role's own policies, and of its trust policy."""


def _statements(document: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(_CODE, "This policy contains invalid Json or no statement.") from None
    return found if isinstance(found, list) else [found]


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def _check_trust(document: str) -> None:
    refuse(
        "LimitExceeded",
        (_size(document) > _MOST_TRUST, f"Trust policies are limited to {_MOST_TRUST} characters."),
    )
    for statement in _statements(document):
        refuse(
            _CODE,
            (
                not ({"Principal", "NotPrincipal"} & statement.keys()),
                "AssumeRole policy may only specify STS AssumeRole actions, and has a Principal.",
            ),
            (
                {"Resource", "NotResource"} & statement.keys(),
                "Has prohibited field Resource",
            ),
        )


def _create_role(request: Request) -> None:
    _check_trust(request["AssumeRolePolicyDocument"])


def _update_trust(request: Request) -> None:
    _check_trust(request["PolicyDocument"])


def _put_policy(request: Request) -> None:
    document = request["PolicyDocument"]
    for statement in _statements(document):
        refuse(
            _CODE,
            (
                {"Principal", "NotPrincipal"} & statement.keys(),
                "Policy document should not specify a principal.",
            ),
        )
    roles = iam_backends[request.account]["aws"].roles.values()
    role = next((one for one in roles if one.name == request["RoleName"]), None)
    kept = (
        {name: text for name, text in role.policies.items() if name != request["PolicyName"]}
        if role
        else {}
    )
    size = sum(map(_size, [*kept.values(), document]))
    refuse(
        "LimitExceeded",
        (
            size > _MOST_POLICIES,
            f"Maximum policy size of {_MOST_POLICIES} bytes exceeded for role "
            f"{request['RoleName']}",
        ),
    )


CHECKS: dict[str, Check] = {
    "CreateRole": _create_role,
    "PutRolePolicy": _put_policy,
    "UpdateAssumeRolePolicy": _update_trust,
}

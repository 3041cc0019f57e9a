"""Budgets: a budget has tags, which moto lacks."""

import json

from moto.budgets.responses import BudgetsResponse

from sandbox.aws.emulator.extensions import Method, Refusal, extends

Tags = dict[str, str]


def _tags(response: BudgetsResponse) -> Tags:
    """The tags of the budget that a request names by its ARN."""
    account, _, name = response._get_param("ResourceARN").partition("::")[2].partition(":budget/")
    if name not in response.backend.budgets[account]:
        raise Refusal("NotFoundException", f"Unable to get budget: {name}")
    tags: Tags = response.backend.budgets[account][name].__dict__.setdefault("tags", {})
    return tags


@extends(BudgetsResponse)
def create_budget(before: Method, self: BudgetsResponse) -> str:
    answer: str = before(self)
    made = self.backend.budgets[self._get_param("AccountId")][
        self._get_param("Budget")["BudgetName"]
    ]
    given = self._get_param("ResourceTags") or []
    made.__dict__["tags"] = {tag["Key"]: tag["Value"] for tag in given}
    return answer


@extends(BudgetsResponse)
def list_tags_for_resource(_: None, self: BudgetsResponse) -> str:
    tags = [{"Key": key, "Value": value} for key, value in _tags(self).items()]
    return json.dumps({"ResourceTags": tags})


@extends(BudgetsResponse)
def tag_resource(_: None, self: BudgetsResponse) -> str:
    _tags(self).update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")})
    return "{}"


@extends(BudgetsResponse)
def untag_resource(_: None, self: BudgetsResponse) -> str:
    for key in self._get_param("ResourceTagKeys"):
        _tags(self).pop(key, None)
    return "{}"

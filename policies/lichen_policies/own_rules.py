"""An organisation's own rules: a directory that lichen.yaml names, with two files a rule.

``<name>.py`` is the rule, in the form of the package's own (:mod:`lichen_policies.rule`), and
``<name-with-hyphens>.yaml`` its cases (:mod:`lichen_policies.cases`), beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lichen.document import InputError, did_you_mean
from lichen.whole_file import write_whole
from lichen_policies.cases import Case, cases_of
from lichen_policies.rule import Rule

RULE = '''"""Resource that runs more machines than one team may.

Why: Say what it costs, in money or carbon, to leave this as it is.

Fix: Say what to change. The message of a finding names the property and its value.

Exceptions: Say what is not judged, and where the rule may be wrong.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Machines
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most machines of one resource."""

    machines: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 10


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="size")
def NAME(fact: Machines, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.machines is None or fact.machines <= limits.machines:
        return
    yield Finding(
        what=f"{fact.machines} machines may run",
        limit=f"the limit is {limits.machines}",
        changes=(Change(path=fact.machines_at, to=limits.machines, at_most=True),),
        path=fact.machines_at or fact.path,
    )
'''

CASES = """\
# Each case is judged in every dialect that it has. `lichen rules test` runs them all;
# with --renew it writes the messages. !unknown is known only after deployment.

- name: a machine too many
  verdict: fail
  level: mandatory
  region: eu-north-1
  environment: prod
  terraform:
    type: aws_sagemaker_endpoint_configuration
    properties:
      production_variants: [{instance_type: ml.g5.xlarge, initial_instance_count: 11}]
    messages:
      - >-
        11 machines may run; the limit is 10. Fix: set
        production_variants[0].initial_instance_count to at most 10.

- name: as many as are allowed
  verdict: pass
  region: eu-north-1
  environment: prod
  terraform:
    type: aws_sagemaker_endpoint_configuration
    properties:
      production_variants: [{instance_type: ml.g5.xlarge, initial_instance_count: 10}]

- name: a number that is known only after deployment
  verdict: unverified
  region: eu-north-1
  environment: prod
  terraform:
    type: aws_sagemaker_endpoint_configuration
    properties:
      production_variants: [{instance_type: ml.g5.xlarge, initial_instance_count: !unknown }]
    messages:
      - >-
        cannot be checked yet: production_variants[0].initial_instance_count is known only after
        deployment
"""


def create(name: str, directory: Path, taken: Mapping[str, Rule]) -> tuple[Path, Path]:
    """Write a rule that works and its cases, one of which fails; the paths of both.

    :class:`InputError` where the name is none, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise InputError(
            f"{name!r} is no name of a rule",
            fix="write the offence in small letters with hyphens, such as too-many-machines",
        )
    rule, cases = directory / f"{name.replace('-', '_')}.py", directory / f"{name}.yaml"
    if name in taken or rule.exists() or cases.exists():
        raise InputError(f"there is a rule {name!r} already", fix="choose another name")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(rule, RULE.replace("NAME", name.replace("-", "_")))
        write_whole(cases, CASES)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", fix="check the path", document=str(directory)
        ) from None
    return rule, cases


def cases_in(directory: Path, rules: Mapping[str, Rule], name: str | None = None) -> list[Case]:
    """The cases of the rules of a directory, or of one; :class:`InputError` where there are none.

    A rule without cases is refused: nobody knows what it does.
    """
    own = {path.stem.replace("_", "-") for path in directory.glob("*.py") if path.stem[0] != "_"}
    if name is not None and name not in own:
        raise InputError(f"{name!r} is not a rule of {directory}", fix=did_you_mean(name, own))
    if not own:
        raise InputError(
            f"{directory} has no rules", fix="make one with lichen rules new NAME", field="rules"
        )
    found = []
    for each in sorted(own if name is None else {name}):
        if rules[each].mistake:
            raise InputError(rules[each].mistake.rstrip("."), document=str(directory))
        path = directory / f"{each}.yaml"
        if not path.is_file():
            raise InputError(
                "the rule has no cases", fix=f"write {path.name} beside it", document=str(path)
            )
        found += cases_of(path)
    return found

"""SageMaker Studio's domain and profile of a user: the machine that each user gets by default."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Notebook
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/domain:Domain",
        "aws:sagemaker/userProfile:UserProfile",
        "aws-native:sagemaker:Domain",
        "aws-native:sagemaker:UserProfile",
    ),
    "terraform": (
        "aws_sagemaker_domain",
        "aws_sagemaker_user_profile",
        "awscc_sagemaker_domain",
        "awscc_sagemaker_user_profile",
    ),
    "cloudformation": ("AWS::SageMaker::Domain", "AWS::SageMaker::UserProfile"),
}
FACTS = (Notebook,)

_HOSTING, _PREFIX = "sagemaker-notebook", "ml."
_APPLICATIONS = ("jupyter_lab_app_settings", "code_editor_app_settings")
_SCRIPTS = ("lifecycle_config_arns", "built_in_lifecycle_config_arn")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Notebook for each application whose default machine it names.

    What a profile leaves out is as its domain says. A script may stop an application too.
    """
    of_domain = bool(properties.block("default_user_settings"))
    settings = properties.block("default_user_settings", "user_settings")
    for application in map(settings.block, _APPLICATIONS):
        machine, path = application.block("default_resource_spec").stated_text("instance_type")
        if machine is None or machine == "system":
            continue
        idle = application.block("app_lifecycle_management").block("idle_settings")
        switch, timeout = idle.at("lifecycle_management"), idle.at("idle_timeout_in_minutes")
        switched = idle.text("lifecycle_management") == "ENABLED"
        yield Notebook(
            path=path,
            machine=field(bare(machine, _PREFIX)),
            machine_at=path,
            machine_prefix=_PREFIX,
            each=of_domain,
            idle_h=field(_idle_h(application, idle, of_domain)),
            idle_h_at=timeout if switched else switch,
            to_stop=f"set {timeout} to 60"
            if switched
            else f"set {switch} to ENABLED and {timeout} to 60",
            source="SageMaker AI Developer Guide, Idle shutdown, 2026",
            hosting=_HOSTING,
        )


def _idle_h(application: Properties, idle: Properties, of_domain: bool) -> Maybe[float]:
    switch, minutes = idle.text("lifecycle_management"), idle.amount("idle_timeout_in_minutes")
    if switch == "ENABLED":
        return minutes if is_unknown(minutes) or minutes is None else minutes / 60
    if is_unknown(switch) and not switch.left_out:
        return switch
    if any(application.given(name) is not False for name in _SCRIPTS):
        return None
    return math.inf if of_domain or switch == "DISABLED" else None

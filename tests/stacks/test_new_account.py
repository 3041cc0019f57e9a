"""An account that nobody raised a quota of, as every account begins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.errors import CommandFailed
from sandbox.world import ROOT, World, world
from tests.components.narrowed import CHAT
from tests.stacks.test_deployment import stack

pytestmark = pytest.mark.xdist_group("new-account")

REGION = "eu-west-3"


@pytest.fixture
def beginner() -> Iterator[World]:
    """An engine over a new account that has the model's files."""
    with world(new_account=True) as place:
        place.cloud.upload("s3://models-{region}/it/", REGION)
        roots = os.pathsep.join(str(ROOT / part) for part in (".", "policies", "components"))
        yield replace(place, environment={**place.environment, "PYTHONPATH": roots})


def test_an_update_is_refused_before_anything_is_made_until_the_quota_is_raised(
    beginner: World, tmp_path: Path
) -> None:
    config = {
        "aws:region": REGION,
        "machine": "inf2.xlarge",
        "workload": CHAT,
        "args": {"protect": False},
    }
    with stack(beginner, tmp_path) as made:
        with pytest.raises(CommandFailed) as refused:
            made.up(**config)
        said = " ".join(str(refused.value).split())
        assert "ml.inf2.xlarge for endpoint usage" in said
        assert beginner.cloud.inventory() == {}
        # What to type is in the message, and is enough.
        typed = re.search(
            r"aws service-quotas request-service-quota-increase --service-code (\S+) "
            r"--quota-code (\S+) --desired-value (\d+) --region ([a-z0-9-]+)",
            said,
        )
        assert typed is not None, said
        service, code, value, region = typed.groups()
        beginner.cloud.client("service-quotas", region).request_service_quota_increase(
            ServiceCode=service, QuotaCode=code, DesiredValue=float(value)
        )
        made.up(**config)
        sagemaker = beginner.cloud.client("sagemaker", REGION)
        endpoint = sagemaker.describe_endpoint(EndpointName=made.output("endpoint_name"))
        assert endpoint["EndpointStatus"] == "InService"
    assert beginner.cloud.inventory() == {}

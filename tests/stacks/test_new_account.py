"""An account that nobody raised a quota of, as every account begins."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import CommandFailed
from sandbox.world import QUIET, ROOT, World, world
from tests.components.narrowed import CHAT
from tests.stacks.project import PYTHON_PATH, copied_to, fired
from tests.stacks.test_deployment import stack

pytestmark = pytest.mark.xdist_group("new-account")

REGION = "eu-west-3"


@pytest.fixture
def beginner() -> Iterator[World]:
    """An engine over a new account, in which nothing is."""
    with world(new_account=True) as place:
        yield replace(place, environment={**place.environment, "PYTHONPATH": PYTHON_PATH})


def asked_as_printed(beginner: World, printed: str) -> None:
    """Ask AWS for the quota with what the message says to type."""
    typed = re.search(
        r"aws service-quotas request-service-quota-increase --service-code (\S+) "
        r"--quota-code (\S+) --desired-value (\d+) --region ([a-z0-9-]+)",
        " ".join(printed.split()),
    )
    assert typed is not None, printed
    service, code, value, region = typed.groups()
    beginner.cloud.client("service-quotas", region).request_service_quota_increase(
        ServiceCode=service, QuotaCode=code, DesiredValue=float(value)
    )


def test_an_update_is_refused_before_anything_is_made_until_the_quota_is_raised(
    beginner: World, tmp_path: Path
) -> None:
    config = {
        "aws:region": REGION,
        "machine": "inf2.xlarge",
        "workload": CHAT,
        "args": {"protect": False},
    }
    beginner.cloud.upload("s3://models-{region}/it/", REGION)
    with stack(beginner, tmp_path) as made:
        with pytest.raises(CommandFailed) as refused:
            made.up(**config)
        said = " ".join(str(refused.value).split())
        assert "ml.inf2.xlarge for endpoint usage" in said
        assert beginner.cloud.inventory() == {}
        asked_as_printed(beginner, said)
        made.up(**config)
        sagemaker = beginner.cloud.client("sagemaker", REGION)
        endpoint = sagemaker.describe_endpoint(EndpointName=made.output("endpoint_name"))
        assert endpoint["EndpointStatus"] == "InService"
    assert beginner.cloud.inventory() == {}


def newcomers_blocks() -> tuple[list[str], list[str], str]:
    """What the README has a user type and write: the commands that set an account up, the commands
    that deploy, and the program."""
    of_page = (ROOT / "README.md").read_text(encoding="utf-8")
    section = of_page.split("## Deploy it through the rules")[1].split("\n## ")[0]
    found = re.findall(r"^```(sh|python)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (deploy, account), (program,) = (
        [text for language, text in found if language == which] for which in ("sh", "python")
    )
    return account.splitlines(), deploy.splitlines(), program


def downloaded(folder: Path) -> None:
    """What Hugging Face gives for the model; weights of the right size that take no room."""
    folder.mkdir()
    index = {"weight_map": {"a": "model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    with (folder / "model.safetensors").open("wb") as weights:
        weights.truncate(16_060_556_376)


def by_aws(beginner: World, words: list[str], project: Path) -> None:
    """What the command `aws` does, which is not among what is installed for the tests. Of a large
    file the emulator gets the beginning."""
    match words:
        case ["s3", "mb", bucket, "--region", region]:
            beginner.cloud.client("s3", region).create_bucket(
                Bucket=bucket.removeprefix("s3://"),
                CreateBucketConfiguration={"LocationConstraint": region},
            )
        case ["s3", "sync", folder, place, "--region", region]:
            bucket, _, prefix = place.removeprefix("s3://").partition("/")
            for path in (project / folder).iterdir():
                with path.open("rb") as file:
                    beginner.cloud.client("s3", region).put_object(
                        Bucket=bucket, Key=prefix + path.name, Body=file.read(1000)
                    )
        case _:
            raise AssertionError(words)


def test_the_readmes_commands_work_in_an_account_of_ones_own(
    beginner: World, tmp_path: Path
) -> None:
    account, (first, second), program = newcomers_blocks()
    project = copied_to(tmp_path)
    (project / "policies").symlink_to(ROOT / "policies")

    def typed(line: str, *more: str, check: bool = True) -> str:
        words = [*shlex.split(line), *more]
        return beginner.run(*words, cwd=project, check=check).stdout

    for line in account:
        if line.startswith("hf download"):
            downloaded(project / "llama-3.1-8b")
        elif line.startswith("aws "):
            by_aws(beginner, shlex.split(line)[1:], project)
        else:
            typed(line)

    refused = typed(first, *QUIET, "--skip-preview", check=False)
    assert "ml.g6e.xlarge for endpoint usage" in refused
    assert beginner.cloud.inventory() == {}
    asked_as_printed(beginner, refused)
    assert fired(typed(first, *QUIET, "--skip-preview")) == set()
    outputs: dict[str, Any] = json.loads(typed("pulumi stack output --json --stack chat"))
    sagemaker = beginner.cloud.client("sagemaker", outputs["region"])
    endpoint = sagemaker.describe_endpoint(EndpointName=outputs["endpoint_name"])
    assert endpoint["EndpointStatus"] == "InService"
    # Nothing is read of the account and the buckets that stand for a user's own in the examples.
    state = typed("pulumi stack export --stack chat")
    assert not re.findall("111122223333|acme-", state)
    assert "dirty-region" in fired(typed(second, *QUIET, check=False))

    # The program asks for the same machines: of what is there it would protect some, no more.
    file = project / "stacks" / "__main__.py"
    stacks_own = file.read_text()
    file.write_text(program)
    planned = typed("pulumi preview --stack chat --json")
    steps = {step["op"] for step in json.loads(planned)["steps"]}
    assert steps <= {"same", "update"}
    file.write_text(stacks_own)
    typed("pulumi destroy --stack chat", *QUIET, "--skip-preview")
    assert beginner.cloud.inventory() == {}

"""Every worked example on AWS as a user runs it: killed half-way, up, changed, moved, destroyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.world import QUIET, ROOT, World
from tests.stacks import looks
from tests.stacks.client import Client
from tests.stacks.life import AWAY, HOME, Life
from tests.stacks.project import PACK, copied_to, fired

Look = Callable[[Life], None]


def nothing(life: Life) -> None:
    """Nothing is looked at beside what every example has."""


@dataclass(frozen=True)
class Example:
    """A stack of `stacks/`: the component that placement picks, what the machine's name begins
    with, and what is looked at before it is up, once it is, and once it changed. ``killed``: the
    engine of its first update is, and has no time to stop. ``other`` is a machine that it changes
    to in its region, while a client asks as ``asked`` says."""

    stack: str
    makes: str
    machine: str
    before: Look = nothing
    up: Look = nothing
    changed: Look = nothing
    killed: bool = False
    other: str = ""
    asked: looks.Asked = looks.AT_URL


EXAMPLES = {
    "one": (
        Example("chat", "SagemakerEndpoint", "ml."),
        Example("drafts", "SagemakerToZeroEndpoint", "ml.", killed=True),
        Example("nightly", "SagemakerBatchTransform", "ml."),
        Example(
            "tasks",
            "FargateService",
            "fargate-arm.",
            looks.wrong_subnet,
            looks.tasks,
            looks.tasks_changed,
            killed=True,
            other="fargate-arm.2x4",
        ),
        Example("answers", "MachineTasks", "inf2.", up=looks.answers, changed=looks.larger),
    ),
    "other": (
        Example("embeddings", "SagemakerEndpoint", "ml."),
        Example("summaries", "SagemakerAsynchronousEndpoint", "ml."),
        Example("rare", "SagemakerServerlessEndpoint", "serverless.", killed=True),
        Example(
            "machines",
            "MachineFleet",
            "inf2.xlarge",
            up=looks.machines,
            changed=looks.machines_changed,
            killed=True,
            other="inf2.8xlarge",
        ),
        Example("cluster", "MachineTasks", "", up=looks.cluster, changed=looks.larger),
        Example(
            "functions",
            "ServingFunction",
            "lambda-arm.",
            up=looks.functions,
            changed=looks.functions_changed,
            other="lambda-arm.3008mb",
            asked=looks.BY_NAME,
        ),
    ),
}
"""The examples, in two groups: one emulator and one engine project for each."""

NOT_HERE = {
    *("wasteful", "library", "passages", "questions"),
    *("aws", "google", "eks", "gke", "racks"),
}
"""test_stacks.py and test_google.py have the first, test_anywhere.py and
test_anywhere_kubernetes.py the others."""


@pytest.fixture(scope="module")
def project(place: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: the engine writes into its stacks' files."""
    return copied_to(tmp_path_factory.mktemp("project"))


def test_every_example_is_in_the_table() -> None:
    stacks = {path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml")}
    assert {each.stack for group in EXAMPLES.values() for each in group} == stacks - NOT_HERE


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(each, id=each.stack, marks=pytest.mark.xdist_group(f"lives-{group}"))
        for group, examples in EXAMPLES.items()
        for each in examples
    ],
)
def test_a_life(place: World, project: Path, example: Example) -> None:
    place.stacks(example.stack, cwd=project)
    life = Life(place, project, example.stack)
    try:
        live(life, example)
    except BaseException:  # the others of the project begin with an empty cloud
        life.pulumi("destroy", *QUIET, "--skip-preview", check=False)
        raise


def on_another_machine(life: Life, example: Example) -> None:
    """In the same region, with requests all the while: each is answered by one of the two."""
    asked = example.asked
    before = life.outputs()[asked.output]
    client = Client(
        life.place,
        HOME,
        f"/lichen/{example.stack}/prod/{asked.parameter}",
        lambda called: asked.answers(life, called),
    )
    client.start()
    life.configure(pin={"machine": example.other, "region": HOME})
    life.up()
    now = life.outputs()
    client.asked_until(now[asked.output])
    assert now["machine"] == example.other
    assert client.failures == []
    assert client.answered.keys() == {before, now[asked.output]}
    assert client.answered[before] > 10
    life.configure(pin=None)


def live(life: Life, example: Example) -> None:
    """The whole of it, to the end."""
    place = life.place
    own_network = life.config("aws.subnets") is not None
    if own_network:
        life.network(HOME)
    life.configure(protect="false")  # it goes away in one step
    example.before(life)

    # Stopped half-way, the next update goes on, and no rule says anything.
    if example.killed:
        life.up_killed("aws:iam:Role")
        life.taken_in()
    else:
        life.up_stopped("aws:iam:Role")
    assert "aws:iam/role:Role" in {each["type"] for each in life.resources()}
    assert fired(life.up(*PACK)) == set()
    life.seen |= life.outputs()
    assert str(life.seen["machine"]).startswith(example.machine)
    assert f"lichen:index:{example.makes}" in {each["type"] for each in life.resources()}
    assert float(life.seen["gco2e_month"]) > 0
    life.refreshed()
    example.up(life)

    # A new version of the model for twice the traffic, where it is.
    life.rewrite({"traffic": {"peak_rps": 2 * life.peak_rps()}})
    image, files = life.config("image"), life.config("artifacts")
    if files is not None:
        newer = str(files).replace("acme-models", "acme-newer")
        place.cloud.upload(newer, str(life.seen["region"]), AWAY)
        life.configure(artifacts=newer)
    if image is not None:
        life.configure(image=str(image).replace(":1", ":2"))
    life.rewrite({"where": {"regions": [life.seen["region"]], "residency": None}})
    life.up()
    assert life.outputs()["region"] == life.seen["region"]
    example.changed(life)

    if example.other:
        on_another_machine(life, example)

    # In another region the new one is made before the old one goes.
    life.rewrite({"where": {"regions": [AWAY]}})
    if own_network:
        life.network(AWAY)
    life.up()
    assert life.outputs()["region"] == AWAY
    assert place.cloud.deleted_in_use() == []
    # Where it is now is kept in the stack's own region; nothing else is left in the old one.
    old = f"{life.seen['region']}/"
    left = [name for names in place.cloud.inventory().values() for name in names]
    assert [n for n in left if n.startswith(old) and not n.endswith("/placement")] == []
    life.refreshed()
    life.gone()

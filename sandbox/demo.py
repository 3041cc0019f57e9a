"""``make demo``: a workload becomes a running endpoint, and a wasteful one is stopped.

Everything is real but the cloud: the engine, the provider's calls, the policy pack's process. Ends
0 when the good stack came up, answered and went away again, and the bad one made nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from sandbox.errors import DemoFailed, SandboxError
from sandbox.world import QUIET, ROOT, World, world

PACK = ("--policy-pack", "policies/crossguard")
PLAIN = (*QUIET, "--suppress-permalink=true")


def main() -> int:
    screen = Console(highlight=False)
    try:
        began = time.monotonic()
        with world() as place:
            screen.print(f"Pulumi {place.engine.version} ({place.engine.origin}), moto for AWS.")
            place.stacks("chat", "wasteful")
            _show(place, screen)
        screen.print(f"\n[green]All as promised[/], in {time.monotonic() - began:.0f} s.")
    except DemoFailed as failure:
        screen.print(f"\n[red]Not as promised[/]: {failure}")
        return 1
    except SandboxError as error:
        screen.print(str(error), markup=False)
        return 2
    except KeyboardInterrupt:
        screen.print("\nStopped; nothing is left running.")
        return 130
    return 0


def _show(place: World, screen: Console) -> None:
    screen.rule("1. What to deploy, where, and why", align="left")
    _run(place, screen, "lichen", "place", "stacks/workloads/chat.yaml", "--top", "3")

    screen.rule("2. Deploy it, with the rules in the way", align="left")
    if _run(place, screen, "pulumi", "up", "--stack", "chat", "--skip-preview", *PLAIN, *PACK):
        raise DemoFailed("the chat stack did not come up")
    made = place.cloud.inventory()
    screen.print(_made(made))
    if not made.get("aws:sagemaker/endpoint:Endpoint"):
        raise DemoFailed("no endpoint is running")

    screen.rule("3. Four GPU machines for the same model, on a dirty grid", align="left")
    if not _run(place, screen, "pulumi", "up", "--stack", "wasteful", *PLAIN, *PACK):
        raise DemoFailed("the wasteful stack passed")
    if place.cloud.inventory() != made:
        raise DemoFailed("the wasteful stack made something")
    screen.print("[green]Stopped[/], and nothing was made.")

    screen.rule("4. Take it down again", align="left")
    if _run(place, screen, "pulumi", "destroy", "--stack", "chat", "--skip-preview", *PLAIN):
        raise DemoFailed("the chat stack did not go away")
    if left := place.cloud.inventory():
        raise DemoFailed(f"left behind: {left}")


def _run(place: World, screen: Console, *command: str) -> int:
    """Run a command as a user would, its output straight to the screen; its exit code."""
    screen.print(f"[dim]$ {' '.join(command)}[/]")
    sys.stdout.flush()
    return subprocess.call(command, cwd=ROOT, env=dict(place.environment))


def _made(inventory: dict[str, list[str]]) -> Table:
    table = Table(box=None, title="Now in the cloud", title_justify="left")
    for kind, names in sorted(inventory.items()):
        for name in names:
            table.add_row(kind.removeprefix("aws:"), name)
    return table


if __name__ == "__main__":
    sys.exit(main())

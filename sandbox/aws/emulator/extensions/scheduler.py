"""EventBridge Scheduler: a group that is gone is not there, where moto fails."""

from moto.scheduler.models import EventBridgeSchedulerBackend

from sandbox.aws.emulator.extensions import Method, Refusal, extends


@extends(EventBridgeSchedulerBackend)
def delete_schedule_group(before: Method, self: EventBridgeSchedulerBackend, name: str) -> None:
    if name not in self.schedule_groups:
        raise Refusal("ResourceNotFoundException", f"Schedule group {name} does not exist.")
    before(self, name)

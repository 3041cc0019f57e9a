"""CloudWatch: an alarm's tags go with it."""

from moto.cloudwatch.models import CloudWatchBackend

from sandbox.aws.emulator.extensions import Method, extends


@extends(CloudWatchBackend)
def delete_alarms(before: Method, self: CloudWatchBackend, names: list[str]) -> None:
    for name in names:
        if name in self.alarms:
            self.tagger.delete_all_tags_for_resource(self.alarms[name].alarm_arn)
    before(self, names)

"""What every component on AWS needs: names and tags, a role, a key, a log and alarms."""

from lichen_components.row import RecordRow

RECORDS = (RecordRow("aws", "lichen_components.aws.address"),)

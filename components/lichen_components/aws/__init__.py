"""What every component on AWS needs: names and tags, a role, a key, a log and alarms."""

"""The present day, as every door and every placement sees it."""

from __future__ import annotations

import datetime
import os


def present_day() -> datetime.date:
    """Today; or the day of SOURCE_DATE_EPOCH, so that documents are reproducible."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
    return datetime.date.today()

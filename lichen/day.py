"""The present day and time, as every door and every placement sees them."""

from __future__ import annotations

import datetime
import os


def present_day() -> datetime.date:
    """Today; or the day of SOURCE_DATE_EPOCH, so that documents are reproducible."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return present_time().date()
    return datetime.date.today()


def present_time() -> datetime.datetime:
    """This second in UTC; or that of SOURCE_DATE_EPOCH."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)

"""What AWS knows of a deployment that Pulumi's state does not: read while the program runs.

It is read with the credentials that every AWS client finds, and those of `aws:profile`. Where they
may not read it, the answer is None and a line in the log says so: nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pulumi

Answer = TypeVar("Answer")


def client(service: str, region: str) -> Any:
    """A client of one service that gives up within seconds."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 3})
    session = boto3.Session(profile_name=pulumi.Config("aws").get("profile"))
    return session.client(service, region_name=region, config=config)


def read(what: str, ask: Callable[[], Answer], *, absent: tuple[str, ...] = ()) -> Answer | None:
    """The answer; None where it could not be read, with a line in the log that says ``what``.

    A refusal with one of the words of ``absent`` means that the thing is not there: no line then.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except ClientError as error:
        if not any(word in str(error) for word in absent):
            pulumi.log.warn(f"{what} could not be read ({error.response['Error']['Code']})")
    except BotoCoreError as error:
        pulumi.log.warn(f"{what} could not be read ({type(error).__name__})")
    return None


def zones_of(region: str) -> int | None:
    """How many zones the account has in a region; None where that cannot be read."""
    answer = read(
        f"The zones of {region}",
        lambda: client("ec2", region).describe_availability_zones(
            Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
        ),
    )
    return None if answer is None else len(answer["AvailabilityZones"])

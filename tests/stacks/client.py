"""A client that asks throughout an update, by the name that clients find in the parameter."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from botocore.exceptions import ClientError

from sandbox.world import World

Ask = Callable[[str], bool]
"""Whether what is called so answers a request; it may raise what boto raises."""


class Client(threading.Thread):
    """Asks again and again. ``answered`` counts the answers of each deployment."""

    def __init__(self, place: World, region: str, parameter: str, ask: Ask) -> None:
        super().__init__(daemon=True)
        self.ssm = place.cloud.client("ssm", region)
        self.parameter, self.ask = parameter, ask
        self.over = threading.Event()
        self.answered: Counter[str] = Counter()
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.over.wait(0.02):
            name = self.ssm.get_parameter(Name=self.parameter)["Parameter"]["Value"]
            try:
                answered, why = self.ask(name), "nobody answers"
            except ClientError as error:
                answered, why = False, str(error)
            if answered:
                self.answered[name] += 1
            else:
                self.failures.append(f"{name}: {why}")

    def asked_until(self, name: str) -> None:
        """It stops after an answer of this deployment."""
        for _ in range(500):
            if self.answered[name]:
                break
            time.sleep(0.02)
        self.over.set()
        self.join(30)

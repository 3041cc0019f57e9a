"""The emulated Google as a context: started, used, and gone again."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox.errors import CallRefused, EmulatorFailed

URL = "SANDBOX_GOOGLE_URL"
"""The environment variable that has the emulator's address, for the provider."""
PROJECT = "acme-ml"
"""The project of tests and examples; any other is there too."""

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 60


def call(url: str, verb: str, path: str, body: Any = None) -> Any:
    """One request; :class:`CallRefused` with Google's words where it is refused."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{url}/{path}", content, {"Content-Type": "application/json"}, method=verb
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = json.load(error)["error"]
        raise CallRefused(
            f"{verb} {path.partition('?')[0]}", said["status"], said["message"],
            gone=error.code == 404,
        ) from None  # fmt: skip


@dataclass(frozen=True)
class GoogleCloud:
    """A running emulated Google."""

    url: str

    def environment(self) -> dict[str, str]:
        """The variables that send our provider here, and no client to a real project."""
        return {
            URL: self.url,
            "GOOGLE_APPLICATION_CREDENTIALS": os.devnull,
            "CLOUDSDK_CONFIG": os.devnull,
            "GOOGLE_PROJECT": PROJECT,
        }

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """One request of an API: ``run.v2/v2/projects/acme-ml/...``."""
        return call(self.url, verb, path, body)

    def inventory(self) -> dict[str, list[str]]:
        """Everything that a program made, by kind; empty when nothing is left.

        A ring of keys stays for ever, and a key whose versions are destroyed counts as gone.
        """
        found: dict[str, list[str]] = call(self.url, "GET", "emulator/inventory")
        return found

    def request(self, name: str) -> bool:
        """Whether one request to a service or group, by its full name, is answered."""
        answered: bool = call(self.url, "GET", f"emulator/request?name={name}")["answered"]
        return answered

    def idle(self, name: str) -> int:
        """How many replicas run after a while without requests."""
        running: int = call(self.url, "GET", f"emulator/idle?name={name}")["running"]
        return running

    def attach(self, name: str, server: str, token: str) -> None:
        """Let the Kubernetes at ``server`` be the cluster of this name: node pools that are made
        then put their nodes into it."""
        query = urlencode({"name": name, "server": server, "token": token})
        call(self.url, "GET", f"emulator/cluster?{query}")

    def bucket(self, name: str) -> None:
        """A bucket that was there before; the inventory leaves it out."""
        self.call("POST", f"storage.v1/storage/v1/b?project={PROJECT}", {"name": name})

    def repository(self, region: str, name: str) -> None:
        """A repository of images that was there before."""
        parent = f"v1/projects/{PROJECT}/locations/{region}/repositories"
        self.call("POST", f"artifactregistry.v1/{parent}?repositoryId={name}", {"format": "DOCKER"})


@contextlib.contextmanager
def emulated_google() -> Iterator[GoogleCloud]:
    """An emulated Google on a free loopback port, empty at first and gone at the end.

    Raises:
        EmulatorFailed: it did not start.
    """
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox.google.emulator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.strip().isdigit():
                raise EmulatorFailed("the emulated Google did not start")
            yield GoogleCloud(f"http://127.0.0.1:{int(line)}")
        finally:
            process.terminate()

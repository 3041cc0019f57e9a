"""The emulated AWS as a context: started, used, and gone again."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.aws.provider.api import connect
from sandbox.aws.provider.kinds import KINDS
from sandbox.errors import EmulatorFailed

START_SECONDS = 60
STOP_SECONDS = 5

_ROOT = Path(__file__).resolve().parents[2]

# The emulator is on loopback, whatever proxy this machine names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# What tells the emulator (emulator/extensions/eks.py) where nodes are registered.
KUBECONFIG = "SANDBOX_KUBECONFIG"

# What tells the emulator (emulator/quotas.py), which imports moto, that an account is new.
_NEW_ACCOUNT = "SANDBOX_NEW_ACCOUNT"

# What some services are called in a signature.
_SIGNED_AS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
}


@dataclass(frozen=True)
class Cloud:
    """A running emulated AWS, and its process."""

    endpoint_url: str
    process: int

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """No request is answered within the block; those that wait are when it ends."""
        os.kill(self.process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process, signal.SIGCONT)

    def environment(self) -> dict[str, str]:
        """The variables that send every AWS client here, and none to a real account.

        No region is among them: which region a thing is in is for its program to say.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, region: str) -> Any:
        """A boto client of this cloud."""
        return connect(service, region, self.endpoint_url)

    def upload(self, uri: str, *regions: str) -> None:
        """Put one small object where a URI leads, in a bucket of a region.

        A URI that ends with "/" is a folder. `{region}` in it is filled in for each region.
        """
        for region in regions:
            bucket, _, key = uri.format(region=region).removeprefix("s3://").partition("/")
            client = self.client("s3", region)
            with contextlib.suppress(
                client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists
            ):
                # The first region is what a bucket without a place is in.
                place = {"LocationConstraint": region} if region != "us-east-1" else {}
                configuration = {"CreateBucketConfiguration": place} if place else {}
                client.create_bucket(Bucket=bucket, **configuration)
            name = f"{key}weights" if key.endswith("/") or not key else key
            client.put_object(Bucket=bucket, Key=name, Body=b"weights")

    def deleted_in_use(self) -> list[str]:
        """What was deleted while an endpoint served it, as `region kind/name of endpoint/name`.

        AWS takes such a deletion; the endpoint can then no longer scale out, be patched or updated.
        """
        noted: list[str] = self._noted("deleted-in-use")
        return noted

    def idle(self) -> None:
        """Let a while without requests pass: copies that requests started end."""
        self._noted("idle")

    def _noted(self, what: str, body: bytes | None = None) -> Any:
        """What the emulator itself answers, to a GET or to a POST of the body."""
        request = urllib.request.Request(f"{self.endpoint_url}/{what}", body)
        with _OPENER.open(request, timeout=START_SECONDS) as answer:
            return json.load(answer)

    def service_metric(self, region: str, namespace: str, *data: dict[str, Any]) -> None:
        """What a service of AWS says to CloudWatch in a namespace of its own."""
        body = json.dumps({"namespace": namespace, "data": data}).encode()
        self._noted(f"service-metric/{region}", body)

    def roll_outs(self, endpoint: str) -> list[dict[str, Any]]:
        """The updates of an endpoint, named as `region/name`, the oldest first.

        Of each `steps`, as status, new machines, old machines, and the share of the traffic that
        the new ones have; and how it `ended`: "in service", "taken back", or None.
        """
        return [each for each in self._noted("roll-outs") if each["endpoint"] == endpoint]

    def rings(self, region: str, alarm: str, *, watched: int) -> None:
        """Let an alarm ring in the next update that it watches, as soon as new machines are watched
        for the so manieth time."""
        self._noted(f"rings/{region}", json.dumps({"alarm": alarm, "watched": watched}).encode())

    def answered(self, region: str, host: str) -> list[str]:
        """Which targets of a load balancer may answer a request to its host now; none where it is
        not there, or has no healthy one."""
        try:
            targets: list[str] = self._noted(f"balancer/{region}/{host}")
        except urllib.error.HTTPError:
            return []
        return targets

    def called_through_url(self, region: str, function: str, alias: str, caller: str) -> int:
        """The status that a function's URL answers a signed request of a caller of another account
        with."""
        path = f"function-url/{region}/123456789012/{function}/{alias}"
        request = urllib.request.Request(
            f"{self.endpoint_url}/{path}", headers={"X-Principal": caller}
        )
        try:
            with _OPENER.open(request, timeout=START_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def inventory(self) -> dict[str, list[str]]:
        """Everything there is of the types that components make, as `region/name`, by type.

        Empty when nothing is left. A KMS key on its way to deletion is no longer counted.
        """
        used = self._noted("used")
        found: dict[str, list[str]] = {}
        for service, region in used:
            client = self.client(_SIGNED_AS.get(service, service), region)
            for kind in KINDS.values():
                listing = kind.listing
                if listing and kind.service == client.meta.service_model.service_name:
                    for parameters in (listing.parameters, *listing.also):
                        pages = client.get_paginator(listing.operation).paginate(**parameters)
                        found.setdefault(kind.token, []).extend(
                            f"{region}/{name}"
                            for name in pages.search(listing.names)
                            if listing.in_use(client, name)
                        )
            if client.meta.service_model.service_name == "sagemaker":
                _add_components(found, region, client)
        return {kind: names for kind, names in found.items() if names}


def _add_components(found: dict[str, list[str]], region: str, client: Any) -> None:
    """The one type of aws-native's that pulumi_aws does not have."""
    pages = client.get_paginator("list_inference_components").paginate()
    found.setdefault("aws-native:sagemaker:InferenceComponent", []).extend(
        f"{region}/{name}" for name in pages.search("InferenceComponents[].InferenceComponentName")
    )


@contextlib.contextmanager
def emulated_aws(*, new_account: bool = True, kubeconfig: Path | None = None) -> Iterator[Cloud]:
    """An emulated AWS on a free loopback port, empty at first and gone at the end.

    A new account may have no accelerated machine until its quotas are raised; one that is not has
    20 of each. The nodes of EKS's node groups are registered in the cluster of ``kubeconfig``.

    It runs in a session of its own, so that Ctrl-C reaches us and not it, and a deployment can
    still be taken down; it ends with the block, with an exception, or with this process.

    Raises:
        EmulatorFailed: it did not start within `START_SECONDS`.
    """
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    environment |= {_NEW_ACCOUNT: "true"} if new_account else {}
    environment |= {KUBECONFIG: str(kubeconfig)} if kubeconfig else {}
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])
    )
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            [sys.executable, "-m", "sandbox.aws.emulator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            port = _port(process)
            if port is None:
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip()
                raise EmulatorFailed(f"the emulated AWS (moto) did not start: {said or 'no word'}")
            yield Cloud(f"http://127.0.0.1:{port}", process.pid)
        finally:
            _stop(process)


def _port(process: "subprocess.Popen[bytes]") -> int | None:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_SECONDS) else b""
    return int(line) if line.strip().isdigit() else None


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)

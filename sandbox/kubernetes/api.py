"""The API of a Kubernetes cluster over HTTP: a server and a token, as a kubeconfig names them."""

from __future__ import annotations

import json
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from sandbox.errors import Refused

Object = dict[str, Any]

_TIMEOUT_S = 60
_JSON = "application/json"
_GONE, _CONFLICT, _LATER = 404, 409, 429
_AGAIN_S = 0.5


class ApiRefused(Refused):
    """The API server refused a request, in its own words; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def gone(self) -> bool:
        return self.status == _GONE


@dataclass(frozen=True)
class Api:
    """A cluster's API, as one user. It does not check the server's certificate: on loopback only.

    ``kinds`` remembers where the objects of each kind are.
    """

    server: str
    token: str
    kinds: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, kubeconfig: str) -> Api:
        """The API of a kubeconfig's current context: its text, or the path of its file."""
        text = kubeconfig if "\n" in kubeconfig else Path(kubeconfig).read_text()
        config = yaml.safe_load(text)
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        return cls(cluster["server"], _named(config["users"], context["user"])["user"]["token"])

    @classmethod
    def ambient(cls) -> Api:
        """That of KUBECONFIG; raises Refused without it."""
        if "KUBECONFIG" not in os.environ:
            raise Refused("no cluster is named: set kubeconfig on the provider, or KUBECONFIG")
        return cls.of(os.environ["KUBECONFIG"])

    def call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        kind: str = _JSON,
        **query: str,
    ) -> Object:
        """One request and its answer; raises ApiRefused."""
        url = f"{self.server}{path}{'?' + urlencode(query) if query else ''}"
        request = urllib.request.Request(
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl._create_unverified_context()),
        )
        ends = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                with opener.open(request, timeout=_TIMEOUT_S) as answer:
                    text = answer.read().decode()
            except urllib.error.HTTPError as error:
                if error.code == _LATER and time.monotonic() < ends:
                    time.sleep(_AGAIN_S)  # as every client does: a kind's storage is being made
                    continue
                raise ApiRefused(error.code, _words(error.read().decode())) from None
            except (urllib.error.URLError, OSError) as error:
                raise Refused(f"{self.server} does not answer: {error}") from None
            return dict(json.loads(text)) if text.startswith("{") else {"text": text}

    def path_of(self, version: str, kind: str, namespace: str | None, name: str = "") -> str:
        """The path of an object, or without a name of its collection.

        The namespace left out is "default" where the kind has one. Raises ApiRefused where the
        cluster has no such kind.
        """
        plural, namespaced = self._resource(version, kind)
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        place = f"/namespaces/{namespace or 'default'}" if namespaced else ""
        return f"{root}{place}/{plural}{'/' + name if name else ''}"

    def path_to(self, thing: Object) -> str:
        """The path of an object by what it says of itself."""
        metadata = thing["metadata"]
        return self.path_of(
            thing["apiVersion"], thing["kind"], metadata.get("namespace"), metadata["name"]
        )

    def apply(self, thing: Object, *, dry_run: bool = False, manager: str = "pulumi") -> Object:
        """Server-side apply: a field that the API does not know is refused, not dropped."""
        query: dict[str, Any] = {"fieldManager": manager, "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = self.path_to(thing)
        return self.call("PATCH", path, thing, kind="application/apply-patch+yaml", **query)

    def get(self, path: str) -> Object | None:
        """What is at a path; None where nothing is."""
        try:
            return self.call("GET", path)
        except ApiRefused as refused:
            if refused.gone:
                return None
            raise

    def items(self, version: str, kind: str, namespace: str | None, **query: str) -> list[Object]:
        """The objects of a kind; of all namespaces where ``namespace`` is "*"."""
        path = self.path_of(version, kind, namespace)
        path = path.replace("/namespaces/*", "")
        parameters: dict[str, Any] = dict(query)
        return list(self.call("GET", path, **parameters)["items"])

    def _resource(self, version: str, kind: str) -> tuple[str, bool]:
        if (version, kind) not in self.kinds:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            listed = (self.get(root) or {}).get("resources", [])
            for one in listed:
                if "/" not in one["name"]:
                    self.kinds[version, one["kind"]] = one["name"], one["namespaced"]
        if (version, kind) not in self.kinds:
            raise ApiRefused(
                _GONE, f'no matches for kind "{kind}" in version "{version}": install its CRD'
            )
        return self.kinds[version, kind]


def _named(entries: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _words(body: str) -> str:
    """The message of a Status, or the body itself."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip()

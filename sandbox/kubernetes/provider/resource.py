"""An object of a cluster at work: check, diff, apply, wait, read, delete."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sandbox.aws.provider.resource import Change, Configuration
from sandbox.aws.provider.shapes import UNKNOWN, has_unknown
from sandbox.inputs import Failure, Properties, missing
from sandbox.kubernetes.api import Api, ApiRefused
from sandbox.kubernetes.provider.waits import until_gone, until_ready

_HEX = 8
_NAMED = "pulumi.com/autonamed"

_FIXED: dict[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "selector"),),
    "StatefulSet": (("spec", "selector"), ("spec", "serviceName")),
    "Job": (("spec", "template"), ("spec", "selector")),
    "Service": (("spec", "clusterIP"),),
    "PersistentVolumeClaim": (("spec", "storageClassName"), ("spec", "accessModes")),
}
"""Kind -> fields that the API does not change in place (Kubernetes API reference)."""


class Resource:
    """Objects of any kind: `apiVersion` and `kind` come with the inputs.

    An update and a create are server-side apply with `fieldValidation=Strict`; so is a preview, as
    a dry run. It does not force: a field that another manager owns is refused by the server.
    """

    def __init__(self, api: Api, namespace: str = "") -> None:
        self.api, self.namespace = api, namespace

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]:
        inputs = deepcopy(news)
        metadata = inputs.setdefault("metadata", {})
        if not metadata.get("name"):
            before = olds.get("metadata", {})
            kept = before.get("name") if _NAMED in before.get("annotations", {}) else None
            metadata["name"] = kept or f"{name}-{seed.hex()[:_HEX]}"
            metadata.setdefault("annotations", {})[_NAMED] = "true"
        if self.namespace:
            metadata.setdefault("namespace", self.namespace)
        return inputs, missing(("apiVersion", "kind"), inputs)

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change:
        changed = {key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key)}
        fixed = (
            ("apiVersion",),
            ("kind",),
            ("metadata", "name"),
            ("metadata", "namespace"),
            *_FIXED.get(str(news.get("kind")), ()),
        )
        replaced = {path[0] for path in fixed if _at(olds, path) != _at(news, path)}
        named = _NAMED not in (news.get("metadata", {}).get("annotations") or {})
        return Change(changed, replaced, bool(replaced) and named)

    def identifier(self, state: Properties) -> str:
        metadata = state["metadata"]
        place = metadata.get("namespace")
        return f"{place}/{metadata['name']}" if place else str(metadata["name"])

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties:
        return self._applied(inputs, preview)

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties:
        return self._applied(news, preview)

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None:
        known = inputs or state
        live = self.api.get(self.api.path_to(known))
        if live is None:
            return None
        return _shown(live), _seen(inputs, live) if inputs else _shown(live)

    def delete(self, state: Properties, provider: Configuration) -> None:
        try:
            path = self.api.path_to(state)
            self.api.call("DELETE", path, propagationPolicy="Foreground")
        except ApiRefused as refused:
            if refused.gone:
                return
            raise
        until_gone(self.api, path)

    def _applied(self, inputs: Properties, preview: bool) -> Properties:
        sent = deepcopy(inputs)
        if preview and has_unknown(sent):
            return {**sent, "status": UNKNOWN}
        try:
            live = self.api.apply(sent, dry_run=preview)
        except ApiRefused as refused:
            # A namespace or a kind may be made by the same update.
            if preview and refused.gone:
                return {**sent, "status": UNKNOWN}
            raise
        if preview:
            return {**_shown(live), "status": UNKNOWN}
        return _shown(until_ready(self.api, live))


def _shown(live: Properties) -> Properties:
    """An object without what only the server's bookkeeping reads."""
    shown = deepcopy(live)
    shown["metadata"].pop("managedFields", None)
    return shown


def _seen(inputs: Any, live: Any) -> Any:
    """What the cluster has at each place that the inputs name."""
    if isinstance(inputs, dict) and isinstance(live, dict):
        return {key: _seen(value, live[key]) for key, value in inputs.items() if key in live}
    if isinstance(inputs, list) and isinstance(live, list) and len(inputs) == len(live):
        return [_seen(one, other) for one, other in zip(inputs, live, strict=True)]
    return live


def _at(properties: Properties, path: tuple[str, ...]) -> Any:
    found: Any = properties
    for word in path:
        found = found.get(word) if isinstance(found, dict) else None
    return found

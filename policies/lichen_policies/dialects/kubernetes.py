"""Kubernetes manifests, as ``kubectl apply`` takes them and Helm and Kustomize print them.

A file holds one object or several (separated by ``---``, or inside a ``List``). What a template
engine or a substitution still has to fill in is UNKNOWN. A manifest names no region; selectors may,
and the command line. Its namespace may state the environment.

Other engines carry whole objects in a property (:func:`carried`): those are judged as manifests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lichen.document import InputError
from lichen.input_error import NotRecognised, NotRendered
from lichen.parsing.at import At
from lichen_policies.dialects.pulumi_values import CUSTOM_RESOURCE
from lichen_policies.facts import environment
from lichen_policies.facts.placeholders import is_placeholder, placeholder
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

Object = Mapping[str, Any]


def recognises(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("apiVersion"), str) and isinstance(document.get("kind"), str)


def list_of(documents: list[Any]) -> dict[str, Any]:
    """The documents of one file as the list that they are to ``kubectl``.

    :class:`InputError` where one of them is no object of Kubernetes.
    """
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, Mapping) or not recognises(document):
            from lichen_policies.dialects import workload  # only a mistake needs it

            is_workload = isinstance(document, Mapping) and workload.recognises(document)
            what = "a workload" if is_workload else "no Kubernetes object"
            raise InputError(
                f"holds {len(documents)} documents, and number {number} is {what}",
                fix=f"give each {'workload' if is_workload else 'kind of document'} a file of its "
                "own",
            )
    return {"apiVersion": "v1", "kind": "List", "items": documents}


def of_kustomize(at: str = "") -> NotRendered:
    """What is said of a Kustomization; ``at`` is where in the file it is."""
    return NotRendered(
        "is a Kustomization, which names manifests and holds none",
        fix="run kustomize build . | lichen check -",
        field=at,
    )


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The objects of a manifest; :class:`InputError` where one is malformed."""
    return [resource(found, file, at) for found, at in _objects(document, "")]


def resource(found: Object, file: str, at: str = "") -> Resource:
    """One object; ``at`` is where in the file it is, for what is said of a malformed one."""
    metadata = found.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if isinstance(metadata, Mapping) and name is None and metadata.get("generateName"):
        name = f"{metadata['generateName']}*"
    if metadata is None and "spec" not in found:  # the settings of a tool, such as a kubeconfig
        raise NotRecognised("is no Kubernetes object", fix="give it metadata", field=at)
    type_ = f"{found['apiVersion']}/{found['kind']}"
    if not isinstance(metadata, Mapping) or not isinstance(name, str) or not name:
        from lichen_policies.facts.reading import reader_of  # few objects have no name

        if reader_of("kubernetes", type_) is not None:
            raise InputError("is required", fix="name the object", field=_join(at, "metadata.name"))
        # No rule judges it: a tool's settings, or a part that another tool completes.
        metadata, name = metadata if isinstance(metadata, Mapping) else {}, "(without a name)"
    namespace = metadata.get("namespace")
    known = namespace if isinstance(namespace, str) else ""
    return Resource(
        type=type_,
        name=name,
        address="/".join(part for part in (known, found["kind"], name) if part),
        properties={key: _known(value) for key, value in found.items()},
        dialect="kubernetes",
        environment=environment.named(known),
        file=file,
        line=found.line if isinstance(found, At) else None,
    )


def _objects(document: Any, at: str) -> Iterator[tuple[Object, str]]:
    """Each object with where it is; those of lists, however deep."""
    if not isinstance(document, Mapping) or not recognises(document):
        raise InputError("is no Kubernetes object", fix="give it apiVersion and kind", field=at)
    if document["kind"] == "Kustomization" and "kustomize" in document["apiVersion"]:
        raise of_kustomize(at)
    items = document.get("items")
    if not document["kind"].endswith("List") or not isinstance(items, list):
        yield document, at
        return
    for index, item in enumerate(items):
        if item is not None:
            yield from _objects(item, _join(at, f"items[{index}]"))


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part)


_OF_KSERVE = ("{{.Name}}", "{{.Namespace}}")
"""A service's name and namespace, which KServe itself writes into its runtimes' arguments. Source:
KServe documentation, "Serving Runtimes"."""


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    if isinstance(value, str) and is_placeholder(value) and value not in _OF_KSERVE:
        return placeholder(value)
    return value


CARRIERS: Mapping[str, tuple[str, ...]] = {
    "kubernetes_manifest": ("manifest",),
    # The provider marks the first as sensitive, and shows the second in its place.
    "kubectl_manifest": ("yaml_body", "yaml_body_parsed"),
}
"""Terraform's resources that hold a whole object, and the properties that it may be read from; the
first is the one that people write."""


PREFIXES = ("kubernetes:", "kubernetes_", "kubectl_")
"""How the types of other engines' resources begin that go to a cluster."""


def carried(found: Resource) -> Resource:
    """The object inside of another engine's resource, under that resource's address, or the
    engine's own resource of an object; any other, and one that cannot be read, as it is."""
    if found.dialect == "pulumi" and found.type == CUSTOM_RESOURCE:
        version, kind = _type(Properties(found.properties, "pulumi"))
        if version and kind:
            found = msgspec.structs.replace(found, type=f"kubernetes:{version}:{kind}")
    if found.type.startswith(PREFIXES) and found.type not in CARRIERS:
        return _in_namespace(found, Properties(found.properties, found.dialect))
    if found.dialect != "terraform" or found.type not in CARRIERS:
        return found
    places = CARRIERS[found.type]
    outer = Properties(found.properties, "terraform")
    inside = next(filter(None, (_object(outer.scalar(place)) for place in places)), None)
    if inside is None:
        return found
    own = Properties(inside, "kubernetes")
    version, kind = _type(own)
    if not version or not kind:
        return found
    inner = msgspec.structs.replace(
        found,
        type=f"{version}/{kind}",
        dialect="kubernetes",
        properties=inside,
        root=places[0],
    )
    return _in_namespace(inner, own)


def in_cluster_of(references: tuple[str, ...]) -> Maybe[str]:
    """The region of objects whose provider is made of the resources at some addresses: that of a
    cluster among them, which the stack knows; None where it is made of none."""
    return Unknown("is that of its cluster", references) if references else None


def _in_namespace(found: Resource, properties: Properties) -> Resource:
    """An object in the environment that its namespace states, where nothing above does.

    No provider of Kubernetes has a region, so that of one that is not seen is not unknown; its
    cluster has one (:func:`in_cluster_of`).
    """
    namespace = properties.block("metadata").text("namespace")
    stated = environment.named(namespace) if isinstance(namespace, str) else None
    region = found.region
    if is_unknown(region) and not region.references:
        region = None
    return msgspec.structs.replace(found, environment=found.environment or stated, region=region)


def _type(properties: Properties) -> tuple[str, str]:
    """The object's version and kind; empty where they are not known."""
    version, kind = properties.text("api_version"), properties.text("kind")
    return version if isinstance(version, str) else "", kind if isinstance(kind, str) else ""


def _object(value: Any) -> Object | None:
    """An object, or one that is written as text."""
    if isinstance(value, str):
        try:
            from lichen.parsing.yaml_text import from_yaml  # most documents have no such text

            value = next(iter(from_yaml(value, typed=False)), None)
        except InputError:
            return None
    return value if isinstance(value, Mapping) else None

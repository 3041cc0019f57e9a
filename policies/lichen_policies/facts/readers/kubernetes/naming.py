"""What objects call each other."""

from __future__ import annotations

from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Unknown, is_unknown


def names_of(properties: Properties) -> tuple[str, ...]:
    """What others call an object by: ``Deployment/models/chat``, as far as it says it itself."""
    metadata = properties.block("metadata")
    name = metadata.text("name")
    if not isinstance(name, str):
        return ()
    return (_joined(properties.text("kind"), metadata.text("namespace"), name),)


def name_of_target(properties: Properties, kind: object, name: object) -> str | None:
    """What an object in the namespace of ``properties`` calls another one by."""
    if not isinstance(name, str) or not isinstance(kind, str):
        return None
    return _joined(kind, properties.block("metadata").text("namespace"), name)


def _joined(*parts: object) -> str:
    return "/".join(part for part in parts if isinstance(part, str))


def annotation(properties: Properties, *keys: str) -> Stated[str]:
    """The first of an object's annotations that is given; the path of the first where none is."""
    metadata = properties.block("metadata")
    annotations = metadata.tags("annotations")
    paths = [f'{metadata.at("annotations")}["{key}"]' for key in keys]
    if is_unknown(annotations):
        return Stated(annotations, paths[0])
    for key, path in zip(keys, paths, strict=True):
        value = (annotations or {}).get(key)
        if value is not None:
            return Stated(value if is_unknown(value) else str(value), path)
    return Stated(None, paths[0])


def whole(stated: Stated[str]) -> Stated[int]:
    """A whole number that is written as text, as an annotation must be."""
    value, path = stated
    if isinstance(value, str):
        number = whole_in(value)
        return Stated(Unknown("is not a whole number") if number is None else number, path)
    return Stated(value, path)

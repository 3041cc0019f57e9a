"""What objects call each other."""

from __future__ import annotations

from lichen_policies.facts.properties import Properties


def names_of(properties: Properties) -> tuple[str, ...]:
    """What others call an object by: ``chat/Deployment/llm``, as far as it says it itself."""
    metadata = properties.block("metadata")
    name = metadata.text("name")
    if not isinstance(name, str):
        return ()
    return (_joined(metadata.text("namespace"), properties.text("kind"), name),)


def name_of_target(properties: Properties, kind: object, name: object) -> str | None:
    """What an object in the namespace of ``properties`` calls another one by."""
    if not isinstance(name, str) or not isinstance(kind, str):
        return None
    return _joined(properties.block("metadata").text("namespace"), kind, name)


def _joined(*parts: object) -> str:
    return "/".join(part for part in parts if isinstance(part, str))

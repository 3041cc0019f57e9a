"""What Pulumi's engine writes in place of a value, in documents and to a policy pack alike.

The constants are the engine's own (sdk/go/common/resource/plugin/rpc.go and sig/sig.go of Pulumi).
A secret is not read: no message can repeat what no rule has read.
"""

from __future__ import annotations

from typing import Any

from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, UNKNOWN, Unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key of an object that represents something other than itself: a secret, an asset, ..."""

SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
"""The value under that key which marks a secret."""

CUSTOM_RESOURCE = "kubernetes:apiextensions.k8s.io:CustomResource"
"""The type of an object of Kubernetes that says its own type among its properties."""

BLINDED = "[secret]"
"""What a preview writes in place of a secret, without any signature."""

COMPUTED = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What represents a computed bool, number, string, list, asset, archive, object."""

HARMLESS = frozenset(
    {
        "acceleratorType",
        "availabilityZone",
        "availabilityZones",
        "instanceType",
        "instanceTypes",
        "location",
        "machineType",
        "region",
        "zone",
    }
)
"""Properties that are read out of a secret list or object: the names of machines and places."""

SECRET: Any = Unknown("is secret, so Lichen does not read it")
SPECIAL: Any = Unknown("is an asset or a reference, not a value")


def computed(references: tuple[str, ...] = ()) -> Any:
    """What is known only after deployment, made of the resources at some addresses."""
    return Unknown(AFTER_DEPLOYMENT, references) if references else UNKNOWN


def plain(value: Any, references: tuple[str, ...] = ()) -> Any:
    """A value of a document: what is computed, secret or special is unknown.

    ``references`` are the addresses of the resources that the property is made of.
    """
    if isinstance(value, dict):
        if SIGNATURE in value:
            return SECRET if value[SIGNATURE] == SECRET_SIGNATURE else SPECIAL
        return {
            key: plain(part, references) for key, part in value.items() if not key.startswith("__")
        }
    if isinstance(value, list):
        return [plain(part, references) for part in value]
    if isinstance(value, str) and value in COMPUTED:
        return computed(references)
    return SECRET if value == BLINDED else value


def out_of_secret(value: Any, name: str = "") -> Any:
    """What is read of a list or an object that is secret as a whole, for one thing in it.

    Nobody can say which: a number or a switch is read, and a text where the name of its property
    says that it is harmless.
    """
    if isinstance(value, dict):
        return {key: out_of_secret(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [out_of_secret(part, name) for part in value]
    return SECRET if isinstance(value, str) and name not in HARMLESS else value

"""Where states are: files, folders of stacks, an exported organisation, buckets.

One state is in memory at a time. What Pulumi keeps beside its stacks (history, backups, locks) and
what Terraform keeps of its own (``.terraform``) is no state of a stack.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec
from lichen_policies.dialects import read
from lichen_policies.facts.resource import Resource

from lichen.document import InputError
from lichen.parsing.content import content_of, text_of
from lichen_practices.watching.address import without_secret

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PULUMIS_AZURE = "azblob://"
"""How Pulumi writes an Azure container: azblob://CONTAINER?storage_account=NAME."""
BUCKETS = ("s3://", "gs://", "az://", "azure://", "abfs://", "abfss://", PULUMIS_AZURE)
"""How the address of a bucket or of a container begins."""

_ENDS = (".json", ".json.gz", ".tfstate", ".tfstate.gz")
_NOT_STATES = frozenset({"history", "backups", "locks", "workspaces", "plugins", ".terraform"})
MOST_BYTES = 256 * 1024 * 1024
"""A state that is larger than this is refused: it would not fit in memory beside its resources."""


class KeptText(msgspec.Struct, frozen=True, kw_only=True):
    """A state as it is kept: where, and its text. ``named`` says that a user named the file."""

    place: str
    text: str
    named: bool = False


class StoredState(msgspec.Struct, frozen=True, kw_only=True):
    """The resources of one stack, as its state has them."""

    stack: str
    place: str
    resources: tuple[Resource, ...]


class UnreadState(msgspec.Struct, frozen=True, kw_only=True):
    """A state that cannot be read, and why."""

    place: str
    because: str


def read_states(places: Sequence[str]) -> Iterator[StoredState | UnreadState]:
    """Every state at some places, one after the other; what two places have is read once.

    :class:`InputError` where a place is not there or cannot be reached, where a file that is named
    is no state, and where no place has a state.
    """
    found = False
    seen: set[str] = set()
    for place in places:
        for kept in _kept(place):
            where = (
                kept.place if kept.place.startswith(BUCKETS) else str(Path(kept.place).resolve())
            )
            if where in seen:
                continue
            seen.add(where)
            for state in _states(kept):
                found = True
                yield state
    if not found:
        raise InputError(
            "has no state of Pulumi or Terraform",
            fix="name a folder of states, or write one: pulumi stack export --file NAME.json",
            document=", ".join(map(without_secret, places)),
        )


def _kept(place: str) -> Iterator[KeptText | UnreadState]:
    if place.startswith(BUCKETS):
        yield from _in_bucket(place)
        return
    if "://" in place:
        raise InputError(
            "is not an address that states are read from",
            fix="name a file, a folder, or one that begins with "
            f"{', '.join((*BUCKETS[:3], PULUMIS_AZURE))}",
            document=without_secret(place),
        )
    path = Path(place)
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and _is_name_of_state(file.relative_to(path).as_posix()):
                yield _of_file(file, named=False)
        return
    if not path.exists():
        raise InputError("is not there", fix="check the path", document=place)
    yield _of_file(path, named=True)


def _is_name_of_state(name: str) -> bool:
    *folders, last = name.split("/")
    return last.endswith(_ENDS) and not _NOT_STATES & set(folders)


def _of_file(path: Path, *, named: bool) -> KeptText | UnreadState:
    try:
        content = content_of(path, MOST_BYTES >> 20)
    except InputError as error:
        return _refused(str(path), error.wrong, named)
    return _decoded(str(path), content, named)


def _refused(place: str, because: str, named: bool) -> UnreadState:
    if named:
        raise InputError(because, fix="name another file", document=place)
    return UnreadState(place=place, because=because)


def _decoded(place: str, content: bytes, named: bool) -> KeptText | UnreadState:
    try:
        if content[:2] == b"\x1f\x8b":
            opened = zlib.decompressobj(31)
            content = opened.decompress(content, MOST_BYTES)
            if opened.unconsumed_tail:
                return _refused(place, "is larger than 256 MiB when unpacked", named)
            if not opened.eof:
                raise gzip.BadGzipFile
        return KeptText(place=place, text=text_of(content), named=named)
    except (OSError, zlib.error):
        return _refused(place, "is cut short or is no gzip file", named)
    except InputError as error:
        return _refused(place, error.wrong, named)


def _in_bucket(address: str) -> Iterator[KeptText | UnreadState]:
    """The states of a bucket under a prefix; the credentials are those of the cloud's own tools."""
    store, shown = _store(address), without_secret(address).rstrip("/")
    try:
        for page in store.list():
            for entry in page:
                name = str(entry["path"])
                if not _is_name_of_state(name):
                    continue
                place = f"{shown}/{name}"
                if int(entry["size"]) > MOST_BYTES:
                    yield UnreadState(place=place, because="is larger than 256 MiB")
                    continue
                yield _decoded(place, bytes(store.get(name).bytes()), named=False)
    except InputError:
        raise
    except Exception as error:  # each store has errors of its own, with no common class
        raise InputError(
            f"cannot be read ({_first_words(error)})",
            fix="check the address, and the credentials as the cloud's own command reads them",
            document=without_secret(address),
        ) from None


def _store(address: str) -> ObjectStore:
    try:
        from obstore.store import from_url
    except ImportError:
        raise InputError(
            "needs a package that is not installed",
            fix="pip install 'lichen[watch]'",
            document=without_secret(address),
        ) from None
    try:
        named, config = _as_pulumi_has_it(address)
        return from_url(named, config=config, client_options=_CLIENT, retry_config=_RETRY)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"is no address of a bucket ({_first_words(error)})",
            fix="write s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or "
            "azblob://CONTAINER?storage_account=NAME; the account may be in "
            "AZURE_STORAGE_ACCOUNT_NAME",
            document=without_secret(address),
        ) from None


def _as_pulumi_has_it(address: str) -> tuple[str, Any]:
    """The address of a bucket without its query, and what Pulumi's own form of it says besides:
    so that the address of a backend may be given as it is. :class:`InputError` where its query
    says what is not known here: without it another bucket may be meant.

    Source: Pulumi, "Managing state and backends", self-managed backends; Go CDK, s3blob, URLOpener;
    the account and the key of Azure are in the variables of Go CDK, which differ from the other
    tools'.
    """
    bare, _, query = address.partition("?")
    if bare.endswith("://"):
        raise InputError(
            "names no bucket", fix=f"write {bare}NAME/PREFIX", document=without_secret(address)
        )
    said = {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
    known: frozenset[str] = frozenset()
    config: dict[str, str | None] = {}
    if bare.startswith(PULUMIS_AZURE):
        known = frozenset({"storage_account"})
        bare = f"az://{bare.removeprefix(PULUMIS_AZURE)}"
        account = said.get("storage_account") or os.environ.get("AZURE_STORAGE_ACCOUNT")
        key = os.environ.get("AZURE_STORAGE_KEY")
        config = {"account_name": account, "account_key": key}
    elif bare.startswith("s3://"):
        known = _OF_S3
        config = {"region": said.get("region"), "endpoint": _endpoint_of(said)}
    for key in said.keys() - known:
        raise InputError(
            f"says {key}, which is not known here",
            fix="export that profile's credentials: aws configure export-credentials --profile "
            "NAME --format env"
            if key == "profile"
            else f"leave it out; known are {', '.join(sorted(known))}"
            if known
            else "write the address without a query",
            document=without_secret(address),
        )
    return bare, {name: value for name, value in config.items() if value}


_OF_S3 = frozenset(
    {"region", "endpoint", "awssdk", "s3ForcePathStyle", "use_path_style", "disableSSL",
     "disable_https"}
)  # fmt: skip
"""What a query may say of a bucket in S3. Which of its SDKs Go takes is the same to others, and
with an endpoint the bucket is always in the path, which its like answer too."""


def _endpoint_of(said: Mapping[str, str]) -> str | None:
    """The address of a server that speaks S3; None for AWS's own."""
    endpoint = said.get("endpoint")
    if not endpoint or "://" in endpoint:
        return endpoint
    plain = "true" in (said.get("disableSSL"), said.get("disable_https"))
    return f"{'http' if plain else 'https'}://{endpoint}"


_CLIENT: Any = {"timeout": "60s", "connect_timeout": "10s", "allow_http": True}
_RETRY: Any = {"max_retries": 2}


def _first_words(error: Exception) -> str:
    """What went wrong, in the words of a store, without a query and what may be signed in it."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"https?://\S+", "", first)[:200].strip()


def _states(kept: KeptText | UnreadState) -> Iterator[StoredState | UnreadState]:
    if isinstance(kept, UnreadState):
        yield kept
        return
    try:
        source = _kind(kept)
    except RecursionError:
        yield _refused(kept.place, "is nested too deeply", kept.named)
        return
    if source == "broken":
        yield _refused(kept.place, "is no JSON: it is empty, or a part of a file", kept.named)
        return
    if source is None:
        if kept.named:
            raise InputError(
                "is no state of Pulumi or Terraform",
                fix="write one: pulumi stack export --file NAME.json, or terraform show -json",
                document=kept.place,
            )
        return
    if source == "organisation":
        yield from _of_organisation(kept)
        return
    yield _read(kept.place, kept.text, source)


def _of_organisation(kept: KeptText) -> Iterator[StoredState | UnreadState]:
    """The states of a document that has a stack's export under each stack's name."""
    try:
        document = msgspec.json.decode(kept.text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        yield _refused(kept.place, "is no JSON that can be taken apart by stacks", kept.named)
        return
    for name, export in document.items():
        yield _read(f"{kept.place}#{name}", bytes(export).decode(), "pulumi-state")


def _kind(kept: KeptText) -> str | None:
    """Which state a text is; None where it is none, ``broken`` where it cannot be parsed and its
    name says that it is a state: it may be a part of one, and must not be passed over."""
    try:
        document = json.loads(kept.text)
    except ValueError:
        if '"deployment"' in kept.text[:4096]:
            return "pulumi-state"
        return "broken" if kept.place.endswith((".json", ".tfstate")) else None
    if not isinstance(document, Mapping):
        return None
    if "deployment" in document or "checkpoint" in document:
        return "pulumi-state"
    shown = "format_version" in document and "values" in document
    if "lineage" in document or (shown and "planned_values" not in document):
        return "terraform-state"
    if document and all(
        isinstance(each, Mapping) and "deployment" in each for each in document.values()
    ):
        return "organisation"
    return None


def _read(place: str, text: str, source: str) -> StoredState | UnreadState:
    try:
        resources = read(Path(f"{place}.json"), source, text=text)
    except InputError as error:
        field = f"{error.field} " if error.field else ""
        return UnreadState(place=place, because=f"{field}{error.wrong}")
    return StoredState(stack=_stack_of(resources, place), place=place, resources=tuple(resources))


def _stack_of(resources: Sequence[Resource], place: str) -> str:
    """``project/stack`` of a Pulumi state; the place of any other."""
    for resource in resources:
        if resource.address.startswith("urn:pulumi:"):
            stack, _, rest = resource.address.removeprefix("urn:pulumi:").partition("::")
            return f"{rest.partition('::')[0]}/{stack}"
    return place

"""AWS's serving images: the regions that have each of them, and the accounts that they are in.

``python -m refresh.images``. A tag in images.csv is a choice: it was tried with a machine image and
with a server's options. So no tag is replaced here; newer ones are named for a person to try.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from lichen.catalogue.schema import Image, Registry, Source
from lichen.document import InputError
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, run

FOLDER = (
    "https://raw.githubusercontent.com/aws/sagemaker-python-sdk/master/"
    "sagemaker-core/src/sagemaker/core/image_uri_config/"
)
TABLES = ("huggingface-neuronx", "huggingface-vllm-neuronx", "pytorch", "vllm")
HOSTING = "sagemaker"

SOURCE = Source(
    id="sagemaker-images",
    title="AWS's serving images for SageMaker, and what each of them runs",
    publisher="AWS",
    where="GitHub aws/sagemaker-python-sdk, sagemaker-core image_uri_config/{"
    + ",".join(TABLES)
    + "}.json; CUDA Toolkit 13.0 release notes (deprecated architectures)",
    version="master",
    fetched="",
    licence="Apache-2.0",
    used_for="images, registries, makes: which server runs which kind of model on which chips",
    max_age_days=180,
)

_OTHER_DOMAINS = re.compile(r"iso|^eusc-")
"""Regions of closed partitions and of the European Sovereign Cloud: their domains are others."""


class Published(msgspec.Struct, frozen=True):
    """An image in AWS's tables. A tag of it has one of each of the ``marks``."""

    repository: str
    version: tuple[int, ...]
    marks: tuple[Sequence[str], ...]
    accounts: Mapping[str, str]

    def has_tag(self, tag: str) -> bool:
        return all(any(mark in tag for mark in group) for group in self.marks if group)


def apply(pages: Pages, draft: Draft) -> list[str]:
    """Regions and accounts of every image of images.csv; newer versions as messages."""
    published: list[Published] = []
    for name in TABLES:
        text = pages.text(name, partial(get_text, url=f"{FOLDER}{name}.json"))
        published += _published(msgspec.json.decode(text))
    images, registries = draft.rows("images", Image), draft.rows("registries", Registry)
    messages = []
    for key, image in list(images.items()):
        if image.hosting != HOSTING or image.source != SOURCE.id:
            continue
        family = [one for one in published if one.repository == image.repository]
        current = next((one for one in family if one.has_tag(image.tag)), None)
        if current is None:
            raise InputError(
                f"AWS no longer publishes {image.repository}:{image.tag}",
                fix=f"choose another tag of {image.repository} in images.csv",
            )
        regions = sorted(name for name in current.accounts if not _OTHER_DOMAINS.search(name))
        images[key] = replace(image, regions=tuple(regions), as_of=pages.today.isoformat())
        for region in regions:
            registries[HOSTING, region] = Registry(
                hosting=HOSTING,
                region=region,
                account=current.accounts[region],
                domain="amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
                source=SOURCE.id,
            )
        newer = sorted({one.version for one in family if one.version > current.version})
        if newer:
            versions = ", ".join(".".join(map(str, version)) for version in newer)
            messages.append(f"{image.repository}:{image.tag} has newer versions to try: {versions}")
    return messages


def _published(table: Any, version: str = "") -> Iterator[Published]:
    """The images of a table, however deep: the innermost key with a digit is an image's version."""
    if not isinstance(table, dict):
        return
    if "repository" in table and "registries" in table:
        number = re.sub(r"^[a-z]+", "", version)  # pytorch2.8.0
        yield Published(
            repository=table["repository"],
            version=tuple(int(part) for part in re.findall(r"\d+", number)),
            marks=(
                (table.get("tag_prefix", number),),
                table.get("sdk_versions", ()),
                tuple(table.get("container_version", {}).values()),
            ),
            accounts=table["registries"],
        )
        return
    for key, inner in table.items():
        yield from _published(inner, key if re.search(r"\d", key) else version)


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "images", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

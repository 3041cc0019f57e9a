"""Kubernetes, wherever it runs: a cluster is on machines of another cloud, or on one's own.

A passport is written as annotations, whose values take any text. Labels do not hold it: their
values must begin with a letter or digit and take no ``/``. Source: Kubernetes documentation,
"Annotations" and "Labels and Selectors".
"""

from lichen.clouds.cloud import Cloud, Spelling

CLOUD = Cloud(
    name="kubernetes",
    title="Kubernetes",
    full_name="Kubernetes",
    has_regions=False,
    tags=Spelling(
        word="annotation",
        prefix="lichen.dev/",
        continued=".",
        length=256 * 1024,  # bytes, of all annotations of an object together
        mark="=",
        hexadecimal="02X",
        # Nothing is escaped, so nothing is an escape.
        escaped=r"(?!)",
        escape=r"(?!)",
    ),
    tag_properties=("metadata.annotations", "metadata.labels"),
    tags_differ=True,
)

"""A pool of a GKE cluster, and what serves on it."""

from lichen_components.row import GCS, HUGGING_FACE, VOLUME, MakerRow

_MAKER = "lichen_components.kubernetes.gke.pool:GkeService"
_READS = (GCS, VOLUME, HUGGING_FACE)

MAKERS = (
    MakerRow("gke", _MAKER, artifacts=_READS),
    MakerRow("gke-tpu", _MAKER, artifacts=_READS),
)

"""Google Cloud as hostings: what there is of each."""

from lichen_components.row import GCS, HUGGING_FACE, MakerRow

_HERE = "lichen_components.google"
_FILES = (GCS, HUGGING_FACE)

MAKERS = (
    MakerRow("cloud-run", f"{_HERE}.cloud_run:RunService", artifacts=_FILES),
    MakerRow("cloud-run-gpu", f"{_HERE}.cloud_run:RunService", artifacts=_FILES),
    MakerRow("compute-engine", f"{_HERE}.group:ManagedGroup", artifacts=_FILES),
    MakerRow("tpu-vm", f"{_HERE}.tpu:TpuMachines", artifacts=_FILES),
    MakerRow("vertex", f"{_HERE}.vertex:ModelGardenEndpoint", artifacts=(HUGGING_FACE,)),
)

"""Machines of an EKS cluster, and what serves on them."""

from lichen_components.row import HUGGING_FACE, S3, VOLUME, MakerRow

MAKERS = (
    MakerRow(
        "eks",
        "lichen_components.kubernetes.eks.machines:EksService",
        artifacts=(S3, VOLUME, HUGGING_FACE),
    ),
)

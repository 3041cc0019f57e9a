"""What an endpoint on a Kubernetes cluster is made of."""

from lichen_components.row import HUGGING_FACE, VOLUME, MakerRow

MAKERS = (
    MakerRow(
        "kubernetes",
        "lichen_components.kubernetes.serving:ClusterService",
        artifacts=(VOLUME, HUGGING_FACE),
    ),
)

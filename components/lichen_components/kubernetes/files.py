"""Where a pod finds the model's files: on a volume, on Hugging Face, in a bucket."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi_kubernetes as k8s

from lichen.document import InputError
from lichen_components.aws.serving import COPIER
from lichen_components.row import GCS, HUGGING_FACE, S3, VOLUME

DIRECTORY = "/models"
CACHE = "/cache"

_V1 = k8s.core.v1


@dataclass(frozen=True)
class PodFiles:
    """The ``model`` that a server is given: a folder, or a name on Hugging Face; with the volumes,
    mounts and first containers that bring it, and what its pod is annotated with."""

    model: str
    volumes: tuple[k8s.core.v1.VolumeArgs, ...] = ()
    mounts: tuple[k8s.core.v1.VolumeMountArgs, ...] = ()
    first: tuple[k8s.core.v1.ContainerArgs, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)
    offline: bool = True


def files_of(location: str, region: str, gib: int, folder: str = DIRECTORY) -> PodFiles:
    """How a pod reads a location into ``folder``; ``gib`` is the room that a copy may take.

    ``{region}`` in the location is replaced.
    """
    location = location.replace("{region}", region)
    if location.startswith(HUGGING_FACE):
        return PodFiles(location.removeprefix(HUGGING_FACE).strip("/"), offline=False)
    if location.startswith(VOLUME):
        claim, _, within = location.removeprefix(VOLUME).partition("/")
        volume = _V1.VolumeArgs(
            name="models",
            persistent_volume_claim=_V1.PersistentVolumeClaimVolumeSourceArgs(
                claim_name=claim, read_only=True
            ),
        )
        mount = _V1.VolumeMountArgs(
            name="models", mount_path=folder, sub_path=within.strip("/") or None, read_only=True
        )
        return PodFiles(folder, (volume,), (mount,))
    if location.startswith(GCS):
        return _from_cloud_storage(location, folder)
    return _copied(location, region, gib, folder)


def check_location(location: object, hosting: str) -> None:
    """:class:`InputError` where there is no location, or this cluster does not read from it."""
    begins = {"eks": (S3,), "gke": (GCS,), "gke-tpu": (GCS,)}.get(hosting, ())
    known = (VOLUME, HUGGING_FACE, *begins)
    if location is None:
        raise InputError(
            "is required: the location of the model's files",
            fix="add artifacts: pvc://<claim>/<folder> or hf://<organisation>/<model>",
            field="artifacts",
        )
    if isinstance(location, str) and not location.startswith(known):
        raise InputError(
            f"pods on this cluster do not read a model's files from {location!r}",
            fix="write a location that begins with " + " or ".join(known),
            field="artifacts",
        )


def _from_cloud_storage(location: str, folder: str) -> PodFiles:
    """Cloud Storage FUSE: the bucket is a folder (GKE documentation, "Access Cloud Storage buckets
    with the Cloud Storage FUSE CSI driver")."""
    bucket, _, prefix = location.removeprefix(GCS).partition("/")
    options = ["implicit-dirs", *([f"only-dir={prefix.strip('/')}"] if prefix.strip("/") else [])]
    volume = _V1.VolumeArgs(
        name="models",
        csi=_V1.CSIVolumeSourceArgs(
            driver="gcsfuse.csi.storage.gke.io",
            read_only=True,
            volume_attributes={"bucketName": bucket, "mountOptions": ",".join(options)},
        ),
    )
    mount = _V1.VolumeMountArgs(name="models", mount_path=folder, read_only=True)
    return PodFiles(folder, (volume,), (mount,), annotations={"gke-gcsfuse/volumes": "true"})


def _copied(location: str, region: str, gib: int, folder: str) -> PodFiles:
    """From S3 into a folder of the pod, before the server starts."""
    volume = _V1.VolumeArgs(
        name="models", empty_dir=_V1.EmptyDirVolumeSourceArgs(size_limit=f"{gib}Gi")
    )
    mount = _V1.VolumeMountArgs(name="models", mount_path=folder)
    copier = _V1.ContainerArgs(
        name="copy",
        image=COPIER,
        args=["s3", "cp", "--recursive", "--only-show-errors", location, folder],
        env=[
            _V1.EnvVarArgs(name="AWS_REGION", value=region),
            _V1.EnvVarArgs(name="HOME", value="/tmp"),
        ],
        volume_mounts=[mount],
        resources=_V1.ResourceRequirementsArgs(
            requests={"cpu": "250m", "memory": "512Mi"}, limits={"memory": "512Mi"}
        ),
        security_context=_V1.SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=_V1.CapabilitiesArgs(drop=["ALL"]),
        ),
    )
    read = _V1.VolumeMountArgs(name="models", mount_path=folder, read_only=True)
    return PodFiles(folder, (volume,), (read,), (copier,))

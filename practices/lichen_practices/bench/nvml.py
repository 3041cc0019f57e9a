"""The NVIDIA GPUs of this machine, by NVML: which of them work, and what their driver calls them.

NVML sees every GPU that the machine or the container has: ``CUDA_VISIBLE_DEVICES`` hides none of
them. It sees the processes that compute on each as well, so a server on one GPU of eight is
measured on one. Where it shows no process (a container does not see those of others), all count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MIG = "in slices (MIG)"


class Gpus:
    """GPUs whose driver answers: those that compute, or all of them where none is seen to.

    ``pynvml`` is the library, ``devices`` are its handles, ``count`` is how many the machine has.
    """

    def __init__(self, pynvml: Any) -> None:
        self.pynvml = pynvml
        pynvml.nvmlInit()
        self.count = int(pynvml.nvmlDeviceGetCount())
        every = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(self.count)]
        self.devices: Sequence[Any] = [each for each in every if self._computes(each)] or every

    @property
    def names(self) -> tuple[str, ...]:
        """Of each, as its driver calls it; one that is cut into slices says so."""
        return tuple(map(self._name, self.devices))

    def _name(self, device: Any) -> str:
        name = str(self.pynvml.nvmlDeviceGetName(device))
        return f"{name} {MIG}" if self._is_sliced(device) else name

    def _computes(self, device: Any) -> bool:
        try:
            return bool(self.pynvml.nvmlDeviceGetComputeRunningProcesses(device))
        except self.pynvml.NVMLError:
            return False

    def _is_sliced(self, device: Any) -> bool:
        try:
            now, _ = self.pynvml.nvmlDeviceGetMigMode(device)
        except self.pynvml.NVMLError:  # most GPUs cannot be sliced, and say so by an error
            return False
        return bool(now)


def gpus() -> Gpus | str:
    """The GPUs, or why there is none."""
    try:
        import pynvml
    except ImportError:
        return "nvidia-ml-py is not installed (NVML)"
    try:
        found = Gpus(pynvml)
    except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded):
        return "the machine shows no counter of a GPU (NVML)"
    except pynvml.NVMLError as error:
        return f"the driver of the GPUs answers '{error}' (NVML)"
    return found if found.count else "the machine has no GPU (NVML)"

"""The pack that ``pulumi --policy-pack`` starts.

The engine starts it in the project that is judged, and ``python -m`` puts that folder first where
Python looks for modules. Nothing is imported from there: a project's own ``lichen_policies`` or
``yaml`` would judge itself.
"""

import functools
import gc
import os
import sys

gc.disable()  # nothing is garbage while modules are imported; serve() turns it on again

_HERE = os.path.realpath(__file__)
# In a clone the pack is two folders below the root, whose parts are where its modules are.
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))
_OWN = {_ROOT, *(os.path.join(_ROOT, part) for part in ("policies", "components", "doors"))}
_PROJECT = os.path.join(os.path.realpath(os.getcwd()), "")
_PYTHON = tuple(
    os.path.join(os.path.realpath(prefix), "") for prefix in (sys.prefix, sys.base_prefix)
)


@functools.cache  # hundreds of modules are in a few folders, and every link is followed
def _is_the_projects(folder: str) -> bool:
    """Whether a folder is in the project and in neither Python's installation nor the clone."""
    folder = os.path.realpath(folder)
    within = os.path.join(folder, "")
    return within.startswith(_PROJECT) and not within.startswith(_PYTHON) and folder not in _OWN


sys.path[:] = [path for path in sys.path if not _is_the_projects(path)]
# What was started, which the pack as one file is: multiprocessing keeps it by a second name.
_STARTED = {"__main__", "__mp_main__"}
for _name, _module in list(sys.modules.items()):
    _file = getattr(_module, "__file__", None)
    if _name not in _STARTED and _file and _is_the_projects(os.path.dirname(_file)):
        sys.exit(
            f"lichen: the project's {os.path.relpath(_file, _PROJECT)} took the place of a module "
            "that policy packs run on. Fix: rename it."
        )

try:
    from lichen_doors.crossguard.analyzer import serve
except ModuleNotFoundError as error:
    sys.exit(
        f"lichen: this Python ({sys.executable}) has no {error.name!r}. "
        "Fix: run `make setup` in a clone; elsewhere `pip install 'lichen[pulumi]'` into the "
        "Python that pulumi finds first on PATH."
    )

serve()

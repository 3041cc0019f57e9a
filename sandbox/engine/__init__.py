"""The Pulumi engine, found, downloaded or built, so that the sandbox runs the real one."""

from sandbox.engine.find import Engine, ensure
from sandbox.errors import EngineMissing

__all__ = ["Engine", "EngineMissing", "ensure"]

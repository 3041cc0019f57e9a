"""The Pulumi engine, found or built, so that the sandbox runs the real one."""

from sandbox.engine.build import EngineMissing
from sandbox.engine.find import Engine, ensure

__all__ = ["Engine", "EngineMissing", "ensure"]

"""Everything that can go wrong in the sandbox: one tree, so that one ``except`` covers it.

(language_host.py is not part of it: the engine starts that file alone, without this package.)
"""

from __future__ import annotations


class SandboxError(Exception):
    """A failure of the sandbox; the message is for the user."""


class EngineMissing(SandboxError):
    """There is no Pulumi engine and none can be made; the message says what to install."""


class EmulatorFailed(SandboxError):
    """The emulated AWS did not start; the message has its output."""


class ServerFailed(SandboxError):
    """A server of a model did not start; the message has its output where that was kept."""


class CommandFailed(SandboxError):
    """A command in the sandbox did not end with 0; the message has its output."""


class DemoFailed(SandboxError):
    """The demonstration did not do what it promises; the message says where."""


class Refused(SandboxError):
    """The provider cannot do what the program asks."""


class CallRefused(Refused):
    """AWS, or botocore before it, refused a call; ``gone``: the resource does not exist."""

    def __init__(self, operation: str, code: str, message: str, *, gone: bool) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.gone = gone


class InvalidValue(Refused):
    """A property has a value that AWS does not take there."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why = path, why

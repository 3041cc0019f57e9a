"""Run a Pulumi program in Python without an engine, and write what it would make.

A process of its own, started by :mod:`lichen_doors.program` with the program's own Python: it
imports Pulumi's SDK and nothing of Lichen. The SDK runs as in a preview against a monitor that
keeps what is registered, so what is known only after deployment stays unknown. The answer is a
document as ``pulumi preview --json`` prints it, or where the program failed; its text is left out,
since it may have a secret in it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks, rpc, stack
from pulumi.runtime.invoke import InvokeResult
from pulumi.runtime.proto import resource_pb2

STACK = "pulumi:pulumi:Stack"
REGION_OF = "aws:index/getRegion:getRegion"


class Nothing(mocks.Mocks):
    """No function is called, and no resource made."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        return {}, None

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "", {}


class Recorder(mocks.MockMonitor):
    """Keeps what the program registers. A resource's outputs are its inputs; the rest of them, and
    its id, are not known yet."""

    def __init__(self, root: Path) -> None:
        super().__init__(Nothing())
        self.root = root
        self.steps: list[dict[str, Any]] = []

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: with the types of all parents but the stack."""
        above = parent.split("::")[2] if parent else STACK
        whole = type_ if above == STACK else "$".join((above, type_))
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{whole}::{name}"

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, "", {})
        self.steps.append({"op": "create", "urn": urn, "newState": self._state(urn, request)})
        return resource_pb2.RegisterResourceResponse(urn=urn, id="", object=request.object)

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=struct_pb2.Struct())

    def _state(self, urn: str, request: Any) -> dict[str, Any]:
        package = request.type.partition(":")[0]
        state = {
            "urn": urn,
            "type": request.type,
            "custom": request.custom,
            "inputs": plain(json_format.MessageToDict(request.object)),
            "propertyDependencies": {
                name: list(found.urns) for name, found in request.propertyDependencies.items()
            },
        }
        if request.custom and package != "pulumi":
            own = f"{pulumi.get_stack()}::{pulumi.get_project()}::pulumi:providers:{package}"
            state["provider"] = request.provider or f"urn:pulumi:{own}::default::{rpc.UNKNOWN}"
        frames = [request.sourcePosition, *(each.pc for each in request.stackTrace.frames)]
        positions = [place for frame in frames if (place := self._place(frame))]
        state["stackTrace"] = [{"sourcePosition": place} for place in positions]
        return state

    def _place(self, position: Any) -> str:
        path = Path(unquote(urlparse(position.uri).path))
        if not position.uri or not path.is_absolute() or path.samefile(__file__):
            return ""
        return f"project:///{os.path.relpath(path, self.root)}#{position.line}"


def plain(value: Any) -> Any:
    """A value with its whole numbers as such: the protocol has floats alone. A text that is made of
    what is not known yet is not known."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return rpc.UNKNOWN if isinstance(value, str) and rpc.UNKNOWN in value else value


def looked_up(token: str, of: Any) -> Any:
    """What a function of a provider would answer: none of its values is known."""
    if of is None:
        return {}
    names = [name for name in inspect.signature(of.__init__).parameters if name != "self"]
    values: dict[str, Any] = {
        name: [rpc.UNKNOWN] if "Sequence" in _type_of(of, name) else rpc.UNKNOWN for name in names
    }
    region = pulumi.Config("aws").get("region")
    if token == REGION_OF and region:
        values.update(id=region, name=region, region=region)
    # The generated code would refuse a text in place of a number.
    of.__init__ = lambda self, **given: self.__dict__.update(given)
    return of(**values)


def _type_of(of: type, name: str) -> str:
    getter = getattr(getattr(of, name, None), "fget", None)
    return str(getattr(getter, "__annotations__", {}).get("return", ""))


def look_up_nothing() -> None:
    """Answer the functions of providers without calling any."""

    def invoke(tok: str, props: Any, opts: Any = None, typ: Any = None, **_: Any) -> InvokeResult:
        return InvokeResult(looked_up(tok, typ))

    def invoke_output(*_: Any, **__: Any) -> pulumi.Output[Any]:
        return pulumi.Output(set(), _done(None), _done(False), _done(False))

    vars(pulumi.runtime).update(invoke=invoke, invoke_output=invoke_output)


def _done(value: Any) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_event_loop().create_future()
    future.set_result(value)
    return future


def main(given: dict[str, Any]) -> dict[str, Any]:
    """The preview of a program; where it fails, the error's type and the program's line."""
    folder, root = Path(given["folder"]), Path(given["root"])
    recorder = Recorder(root)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(
        Nothing(),
        project=given["project"],
        stack=given["stack"],
        preview=True,
        monitor=recorder,
        organization="organization",
    )
    pulumi.runtime.set_all_config(given["config"], given["secret"])
    look_up_nothing()

    def program() -> None:
        runpy.run_path(str(folder), run_name="__main__")

    sys.path.insert(0, str(folder))
    sys.argv = [str(folder)]
    try:
        loop.run_until_complete(stack.run_pulumi_func(program))
    except BaseException as error:
        return {"failed": type(error).__name__, "place": _failed_at(error, folder, root)}
    return {"config": given["shown"], "steps": recorder.steps}


def _failed_at(error: BaseException, folder: Path, root: Path) -> str:
    """The innermost line of the program's own files."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(folder) and "site-packages" not in path.parts:
            return f"{os.path.relpath(path, root)}:{frame.lineno}"
    return ""


if __name__ == "__main__":
    answer = Path(sys.argv[1])
    asked = json.loads(sys.stdin.read())
    os.chdir(asked["folder"])
    answer.write_text(json.dumps(main(asked)), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # threads of the program do not keep it

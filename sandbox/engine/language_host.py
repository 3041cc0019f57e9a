"""Pulumi's Python language host, for an engine that Lichen built itself.

The official distribution of Pulumi ships a language host; the Go modules do not have it. This one
runs Python programs, policy packs and component providers, and refuses the rest by name. The engine
starts it with its own address as the last argument, reads a port from its standard output, and
calls it over gRPC (`pulumirpc.LanguageRuntime`). The first argument, which the launcher in .tools/
gives, is the path of Pulumi's own `pulumi-language-python-exec`.
"""

import signal

if __name__ == "__main__":
    # The imports below take a moment; an interrupt in it must not leave a trace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2 as rpc
from pulumi.runtime.proto.language_pb2_grpc import (
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

# The engine allows a plugin five seconds to stop; a child that ignores us gets fewer.
GRACE_S = 1.0
# The executor's own sign that it has already shown the user what went wrong.
EXIT_ALREADY_REPORTED = 32
CHUNK_BYTES = 64 << 10
MESSAGE_BYTES_MAX = 400 << 20
UNSUPPORTED = (
    "GetProgramDependencies",
    "RuntimeOptionsPrompts",
    "Template",
    "GenerateProgram",
    "GenerateProject",
    "GeneratePackage",
    "Pack",
    "Link",
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class NotSupported(Exception):
    """What this host cannot do; the message says what to change."""


def interpreter(info: rpc.ProgramInfo, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The Python that a project asks for, and the environment to run it in.

    `options.virtualenv` is relative to the directory of Pulumi.yaml or PulumiPolicy.yaml. Without
    it: PULUMI_PYTHON_CMD, else `python3`, else `python` on PATH, as the official host does.
    """
    options = dict(info.options)
    virtualenv = options.pop("virtualenv", None)
    if options.pop("toolchain", "pip") != "pip" or options:
        raise NotSupported(
            "this language host knows only the runtime options `virtualenv` and `toolchain: pip`"
            f" (found: {json.dumps(dict(info.options))}); the official Pulumi knows them all"
        )
    if not virtualenv:
        candidates = [environ.get("PULUMI_PYTHON_CMD") or "python3", "python"]
        for candidate in candidates:
            if found := shutil.which(candidate, path=environ.get("PATH")):
                return found, dict(environ)
        raise NotSupported(f"no Python on PATH (looked for {' and '.join(candidates)})")
    home = Path(info.root_directory, str(virtualenv))
    python = home / "bin" / "python"
    if not python.is_file():
        raise NotSupported(
            f"options.virtualenv is {virtualenv!r} in {info.root_directory}, but {home} is not a"
            " virtual environment: `make setup` makes Lichen's own"
        )
    active = {key: value for key, value in environ.items() if key != "PYTHONHOME"}
    path = os.pathsep.join(filter(None, [str(home / "bin"), environ.get("PATH")]))
    return str(python), active | {"VIRTUAL_ENV": str(home), "PATH": path}


class LanguageHost(LanguageRuntimeServicer):
    """Runs programs and plugins as children; `stop` ends whichever are still running."""

    def __init__(self, executor: str, engine_address: str) -> None:
        self._executor = executor
        self._engine_address = engine_address
        self._children: set[Process] = set()

    async def Handshake(
        self, request: rpc.LanguageHandshakeRequest, context: Context
    ) -> rpc.LanguageHandshakeResponse:
        return rpc.LanguageHandshakeResponse()

    async def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        return PluginInfo(version=version("pulumi"))

    async def GetRequiredPackages(
        self, request: rpc.GetRequiredPackagesRequest, context: Context
    ) -> rpc.GetRequiredPackagesResponse:
        # Providers are found on PATH when a resource asks for one; nothing is fetched ahead.
        return rpc.GetRequiredPackagesResponse()

    async def About(self, request: rpc.AboutRequest, context: Context) -> rpc.AboutResponse:
        python, environ = await self._interpreter(request.info, os.environ, context)
        ask = [python, "-c", "import platform; print(platform.python_version(), end='')"]
        async with self._child(ask, "/", environ, PIPE) as process:
            said, _ = await process.communicate()
        return rpc.AboutResponse(executable=python, version=said.decode())

    async def InstallDependencies(
        self, request: rpc.InstallDependenciesRequest, context: Context
    ) -> AsyncIterator[rpc.InstallDependenciesResponse]:
        yield rpc.InstallDependenciesResponse(
            stdout=b"Nothing installed: `make setup` makes the environment that programs run in.\n"
        )

    async def Run(self, request: rpc.RunRequest, context: Context) -> rpc.RunResponse:
        python, environ = await self._interpreter(request.info, os.environ, context)
        program = Path(request.info.program_directory, request.info.entry_point)
        arguments = {
            "monitor": request.monitor_address,
            "engine": self._engine_address,
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "parallel": str(request.parallel),
            "dry_run": "true" if request.dryRun else "false",
            "root_directory": request.info.root_directory,
            "pwd": request.pwd,
        }
        flags = [word for name, value in arguments.items() for word in (f"--{name}", value)]
        environ |= {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [python, "-u", self._executor, *flags, str(program), *request.args]
        # The program writes straight to this host's own streams, which the engine shows.
        async with self._child(command, request.pwd, environ) as process:
            code = await process.wait()
        if code == EXIT_ALREADY_REPORTED:
            return rpc.RunResponse(bail=True)
        return rpc.RunResponse(
            error=f"Program exited with non-zero exit code: {code}" if code else ""
        )

    async def RunPlugin(  # type: ignore[override]  # the stub has no handler that writes itself
        self, request: rpc.RunPluginRequest, context: Context
    ) -> None:
        environ = dict(pair.split("=", 1) for pair in request.env)
        python, environ = await self._interpreter(request.info, environ, context)
        directory = request.info.program_directory
        if request.kind == "analyzer":
            command = [python, "-u", "-m", "pulumi.policy", *request.args, directory]
        else:
            command = [python, "-u", directory, *request.args]
        writing = asyncio.Lock()

        async def forward(
            stream: asyncio.StreamReader | None, wrap: Callable[[bytes], rpc.RunPluginResponse]
        ) -> None:
            while stream and (chunk := await stream.read(CHUNK_BYTES)):
                async with writing:
                    await context.write(wrap(chunk))

        async with self._child(command, request.pwd, environ, PIPE) as process:
            await asyncio.gather(
                forward(process.stdout, lambda chunk: rpc.RunPluginResponse(stdout=chunk)),
                forward(process.stderr, lambda chunk: rpc.RunPluginResponse(stderr=chunk)),
            )
            await context.write(rpc.RunPluginResponse(exitcode=await process.wait()))

    async def _interpreter(
        self, info: rpc.ProgramInfo, environ: Mapping[str, str], context: Context
    ) -> tuple[str, dict[str, str]]:
        try:
            return interpreter(info, environ)
        except NotSupported as refusal:
            return await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refusal))

    @asynccontextmanager
    async def _child(
        self, command: list[str], cwd: str, environ: Mapping[str, str], out: int | None = None
    ) -> AsyncIterator[Process]:
        # A session of its own: the engine interrupts this host's whole process group, and Python
        # answers an interrupt with a trace.
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=environ, stdout=out, stderr=out, start_new_session=True
        )
        self._children.add(process)
        try:
            yield process
        finally:
            await end(process)
            self._children.discard(process)

    async def stop(self) -> None:
        await asyncio.gather(*map(end, self._children))


async def end(process: Process) -> None:
    """Asks a child and its own children to stop, and kills them if they have not in GRACE_S."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), GRACE_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _refuse(name: str) -> Any:
    async def refuse(self: LanguageHost, request: object, context: Context) -> None:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{name} is not in Lichen's small Python language host; the official Pulumi has it",
        )

    return refuse


for _name in UNSUPPORTED:
    setattr(LanguageHost, _name, _refuse(_name))


async def serve(executor: str, engine_address: str) -> None:
    """Serves until a signal, or until the engine is gone: it holds our standard input open."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    stdin = sys.stdin.fileno()

    def engine_spoke() -> None:
        if not os.read(stdin, CHUNK_BYTES):
            stopping.set()

    with suppress(PermissionError):  # a file or /dev/null, which never closes
        loop.add_reader(stdin, engine_spoke)

    host = LanguageHost(executor, engine_address)
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ]
    )
    add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await stopping.wait()
    loop.remove_reader(stdin)
    await host.stop()
    await server.stop(grace=0)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[-1]))

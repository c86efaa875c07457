import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from kube_vxlan_controller import cli
from tests.cli.conftest import Run

HELPS = {
    "config": "where it came from",
    "run": "until it is told to stop",
    "version": "protocol",
    "check": "manifests",
    "help": "a command",
}


def test_without_a_command_it_explains_itself(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert all(f"  {name} " in out for name in cli.COMMANDS)
    assert run("--help")[1] == run("help")[1] == run("-h")[1] == out


@pytest.mark.parametrize("name", HELPS)
def test_all_ways_to_ask_for_help_are_the_same(run: Run, name: str) -> None:
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert HELPS[name] in out
    assert run("help", name) == run(name, "help") == run(name, "-h") == (code, out, err)


def test_the_version_is_told_as_users_ask_for_it(run: Run) -> None:
    assert run("--version") == run("version")


def test_help_goes_down_to_the_subject(run: Run) -> None:
    assert "--fields" in run("help", "inspect", "nets")[1]
    assert run("list", "help")[1] == run("help", "list")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lsit",), "No such command 'lsit'. Did you mean 'list'?"),
        (("help", "conifg"), "No such command 'conifg'. Did you mean 'config'?"),
        (("list",), "Missing command."),
        (("list", "pod"), "No such command 'pod'. Did you mean 'pods'?"),
        (("inspect", "nets"), "Missing argument 'NAME...'."),
        (("inspect", "nets", "a", "--fields=,"), "--fields takes some of pod,net,fdb,dev,route, or all; ',' names none."),
        (("inspect", "nets", "a", "--fields=pod,foo"), "--fields takes some of pod,net,fdb,dev,route, or all; 'foo' is none"),
        (("completion",), "Missing argument 'SHELL': one of bash, zsh, fish."),
        (("config", "--selektor=x"), "No such option: --selektor"),
        (("config", "--gate"), "requires an argument"),
        (("config", "--gate=ajar"), "gate (--gate) must be shut or open, not 'ajar'."),
        (("config", "extra"), "unexpected extra argument"),
        (("list", "pods"), "There is no API server to talk to"),
        (("run",), "say --kubeconfig FILE"),
    ],
)
def test_a_mistake_is_one_sentence_and_64(run: Run, words: tuple[str, ...], told: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (64, "")
    first, *more = err.splitlines()
    assert first.startswith("kube-vxlan-controller: ")
    assert told in first
    assert len(more) <= 1


def test_a_bug_is_one_sentence_that_names_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(typer, "Typer", broken)
    code, out, err = run("version")
    assert (code, out, err.count("\n")) == (70, "", 1)
    assert "This is a bug (ZeroDivisionError in test_main.py:" in err
    assert "Traceback" in run("version", "--debug")[2]
    monkeypatch.setenv("KVC_DEBUG", "1")
    assert "Traceback" in run("version")[2]


def test_an_interrupt_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(typer, "Typer", interrupted)
    assert run("version") == (130, "", "")


def program(*words: str, stdout: int) -> subprocess.Popen[bytes]:
    source = "import sys; from kube_vxlan_controller.cli import main; sys.exit(main())"
    controller = str(Path(cli.__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": controller}
    return subprocess.Popen([sys.executable, "-c", source, *words], stdout=stdout, stderr=subprocess.PIPE, env=environment)


@pytest.mark.parametrize("word", ["config", "--help"])
def test_nobody_reading_is_no_reason_to_complain(word: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with program(word, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, b"")


def test_version_loads_none_of_what_makes_us_heavy() -> None:
    source = "import sys; from kube_vxlan_controller.cli import main; main(['version']); print(*sorted(sys.modules))"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, env=environment, timeout=30
    )
    loaded = set(done.stdout.splitlines()[1].split())
    assert "typer" in loaded
    assert not loaded & {"aiohttp", "lark", "rich", "kubernetes_asyncio", "pyroute2", "prometheus_client", "asyncio"}

"""I/O. `lab up|down|demo`: a cluster on this machine, with the controller in it."""

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

import kube_vxlan_lab
from kube_vxlan_controller.cli.demo import demonstrate
from kube_vxlan_controller.cli.given import Complaint
from kube_vxlan_controller.cli.render import counted
from kube_vxlan_lab import outside
from kube_vxlan_lab.addresses import MAX_NODES
from kube_vxlan_lab.client import ApiError, Client
from kube_vxlan_lab.manifests import BadManifest, read
from kube_vxlan_lab.outside import Lab, NoLab

NETWORKS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "kube-vxlan-controller", "namespace": "kube-system"},
    "data": {f"vxeth{number}": f"id={100 + number} up" for number in range(4)},
}
"""The networks that a lab has from the start: those of the bundle."""
UNAVAILABLE = 69
"""The exit code where this machine cannot do it (sysexits.h)."""

Process: TypeAlias = "subprocess.Popen[bytes]"

lab_app = typer.Typer(help="A cluster on this machine: nodes and pods out of processes.", rich_markup_mode=None)

Nodes = Annotated[int, typer.Option(min=1, max=MAX_NODES, help="How many nodes.")]


def _plain(name: str) -> str:
    if not re.fullmatch("[a-z0-9][a-z0-9-]{0,40}", name):
        raise typer.BadParameter("a lab's name is 1 to 41 of a-z, 0-9 and -, with a letter or digit first")
    return name


Name = Annotated[str, typer.Option(help="What to call the lab, where there is more than one.", metavar="NAME", callback=_plain)]


@lab_app.command()
def up(
    nodes: Nodes = 2,
    controller: Annotated[bool, typer.Option(help="Start the controller too.")] = True,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it is up; `lab down` ends it.")] = False,
    name: Name = "lab",
) -> int:
    """Start a lab and keep it until Ctrl-C."""
    if detach:
        return _detached(nodes, controller, name)
    with _lab(name, nodes) as lab, _controller(lab) if controller else nullcontext() as running:
        try:
            print(f"The lab is up: {counted(nodes, 'node')}. In another terminal:\n", flush=True)
            print(f"    export KUBECONFIG={lab.kubeconfig}\n    kubectl get nodes,pods -A\n", flush=True)
            if not controller:
                print("No controller runs. To start one:  kube-vxlan-controller run", flush=True)
            print(f"Ctrl-C, or `kube-vxlan-controller lab down{_named(name)}`, ends it.", flush=True)
            if running is not None and _first_end(lab.process, running) is running:
                _tell_end(lab, running)
            lab.process.wait()
        except KeyboardInterrupt:
            return 0
        raise Complaint("The lab ended by itself; somebody killed its processes, or it failed.", 1)


@lab_app.command()
def down(name: Name = "lab") -> int:
    """End a lab that is up."""
    alive = outside.alive()
    try:
        if name not in alive:
            outside.sweep()
            others = f" Those that run: {', '.join(sorted(alive))}." if alive else " None runs."
            raise Complaint(f"There is no lab named {name!r} here.{others}", 1)
        outside.end(alive[name])
    except NoLab as error:
        raise Complaint(str(error), 1) from error
    print(f"The lab {name!r} is gone.")
    return 0


@lab_app.command()
def demo(
    file: Annotated[Path, typer.Argument(help="Manifests to apply, such as kubernetes/example.yaml.", metavar="FILE")],
    nodes: Nodes = 2,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that pods have to start.", metavar="SECONDS")] = 60.0,
) -> int:
    """Start a lab, apply FILE, show how its pods are wired and reach each other, end the lab."""
    began = time.monotonic()
    try:
        objects = read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Complaint(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not a text in UTF-8'}.") from error
    except BadManifest as error:
        raise Complaint(f"{file}: {error}") from error
    with _lab(f"demo-{os.getpid()}", nodes) as lab, _controller(lab):
        print(
            f"A lab of {counted(nodes, 'node')} and the controller are up after {time.monotonic() - began:.1f} s.", flush=True
        )
        code = demonstrate(lab, objects, timeout)
    print(f"\nThe lab is gone; all of it took {time.monotonic() - began:.1f} s.")
    return code


@contextmanager
def _lab(name: str, nodes: int) -> Iterator[Lab]:
    """A lab with its ConfigMap of networks. SIGTERM ends it as Ctrl-C does."""
    agent = Path(kube_vxlan_lab.__file__).parents[2] / "agent"
    if not (agent / "kube-vxlan-agent").exists():
        raise Complaint(
            f"The lab runs the agent from {agent}, which is not there; run it from a clone of the repository.", UNAVAILABLE
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        with outside.running(name, nodes, agent) as lab:
            asyncio.run(_networks(lab))
            yield lab
    except NoLab as error:
        raise Complaint(f"{error}.", UNAVAILABLE if error.unavailable else 1) from error
    except ApiError as error:
        raise Complaint(f"The lab's API server refused: {error}.", 1) from error


async def _networks(lab: Lab) -> None:
    async with Client(lab.access) as client:
        await client.create("/api/v1/namespaces/kube-system/configmaps", NETWORKS)


@contextmanager
def _controller(lab: Lab) -> Iterator[Process]:
    """The controller as a child, which the kernel kills with us; its log goes beside the kubeconfig."""
    command = [sys.executable, "-m", "kube_vxlan_controller.cli", "run"]
    options = ["--kubeconfig", str(lab.kubeconfig), "--listen", "127.0.0.1:0"]
    with (lab.directory / "controller.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _first_end(*processes: Process) -> Process:
    """Wait until one of these children ends."""
    ends = {os.pidfd_open(process.pid): process for process in processes}
    try:
        (first, *_), _, _ = select.select(list(ends), [], [])
        return ends[first]
    finally:
        for end in ends:
            os.close(end)


def _tell_end(lab: Lab, controller: Process) -> None:
    """Say that the controller is gone, to whoever still listens: a lab in the background has nobody."""
    code = controller.wait()
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    with suppress(OSError):
        print(
            f"The controller {how}; its log is {lab.directory / 'controller.log'}. The lab goes on without.\n"
            "To start another:\n\n"
            f"    kube-vxlan-controller run --kubeconfig {lab.kubeconfig} --listen 127.0.0.1:0",
            file=sys.stderr,
            flush=True,
        )


def _named(name: str) -> str:
    return "" if name == "lab" else f" --name {name}"


def _detached(nodes: int, controller: bool, name: str) -> int:
    """Start ourselves once more in a session of its own, and pass on what it says until it is up."""
    words = ["lab", "up", "--nodes", str(nodes), "--name", name, *([] if controller else ["--no-controller"])]
    process = subprocess.Popen(
        [sys.executable, "-m", "kube_vxlan_controller.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # not ours: whoever waits for the end of ours would wait for the lab's
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith("Ctrl-C"):
            print(f"`kube-vxlan-controller lab down{_named(name)}` ends it.")
            return 0
        print(line, end="", flush=True)
    print(process.stderr.read(), end="", file=sys.stderr)
    return process.wait()

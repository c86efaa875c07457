from pathlib import Path

import pytest

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.given import read_settings
from kube_vxlan_controller.settings import OPTIONS
from tests.cli.conftest import Run


@pytest.mark.usefixtures("run")
def test_a_file_is_needed_only_where_it_was_asked_for(tmp_path: Path) -> None:
    assert read_settings({"server": "https://a"}).settings.namespace == "kube-system"
    for name in ("config", "namespace-file"):
        with pytest.raises(Complaint, match=rf"^{name} \(--{name}\): .*absent cannot be read: No such file or directory\.$"):
            read_settings({name: str(tmp_path / "absent")})
        with pytest.raises(Complaint, match="Is a directory"):
            read_settings({name: str(tmp_path)})


@pytest.mark.usefixtures("run")
def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\xfe")
    with pytest.raises(Complaint, match="is not a text in UTF-8"):
        read_settings({"config": str(tmp_path / "file")})


@pytest.mark.usefixtures("run")
def test_the_namespace_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("net-system\n")
    assert read_settings({"namespace-file": str(tmp_path / "file")}).settings.namespace == "net-system"


@pytest.mark.usefixtures("run")
def test_the_file_may_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text('gate = "open"\n')
    monkeypatch.setenv("KVC_CONFIG", str(tmp_path / "file"))
    assert read_settings({}).settings.gate_open


def test_every_mistake_has_a_line_of_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text('gate = "ajar"\nlisten = "x"\n')
    code, _, err = run("config", "--config=file")
    assert code == 64
    assert [line.split(" must be ")[0] for line in err.splitlines()] == [
        "kube-vxlan-controller: gate (file:1)",
        "kube-vxlan-controller: listen (file:2)",
    ]


def test_options_may_stand_anywhere_after_the_command(run: Run) -> None:
    bad = "--listen=x"
    for words in (("inspect", "nets", bad, "a"), ("inspect", "nets", "a", bad), ("list", "pods", "a", bad, "b")):
        assert "listen (--listen)" in run(*words)[2]


@pytest.mark.parametrize("command", [("run",), ("config",), ("list", "pods"), ("inspect", "networks")])
def test_every_command_knows_every_option(run: Run, command: tuple[str, ...]) -> None:
    _, out, _ = run(*command, "--help")
    assert all(f"  --{option.name} " in out for option in OPTIONS)


def test_a_command_may_have_an_option_of_the_tables_name_as_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("vxeth0")
    code, out, err = run("check", "--annotation", str(tmp_path / "text"))
    assert (code, err) == (0, "")
    assert out.endswith("1 annotation and 0 ConfigMaps checked: 0 faults, 0 warnings.\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "pods"), "the kubeconfig config cannot be used: clusters must be a list, not a number"),
        (
            ("list", "pods", "--ca-cert-file=absent"),
            "the kubeconfig config cannot be used: clusters must be a list, not a number",
        ),
        (("run", "--server=https://127.0.0.1:1"), "server (--server) and kubeconfig (--kubeconfig) contradict each other"),
        (("plan", "--token=t", "--token-file=f"), "token (--token) and token-file (--token-file) contradict each other"),
    ],
)
def test_what_does_not_lead_to_a_server_is_a_usage_error(run: Run, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    (tmp_path / "config").write_text("clusters: 3\n")
    code, out, err = run(*words, "--kubeconfig=config")
    assert (code, out) == (64, "")
    assert told in err

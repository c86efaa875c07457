from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run


def test_config_tells_every_value_and_its_place(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("%% mounted\n[{'kube-vxlan-controller', [\n  {selector, \"vxlan.openvnf.org\"}\n]}].\n")
    monkeypatch.setenv("KVC_ANNOTATION", "example.org/nets")
    code, out, err = run("config", "--config", str(file), "--gate=open", "--token=s3cret")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert f"selector: vxlan.openvnf.org ({file}:3)" in lines
    assert "annotation: example.org/nets (KVC_ANNOTATION)" in lines
    assert "gate: open (--gate)" in lines
    assert "listen: :8080 (default)" in lines
    assert f"config: {file} (--config)" in lines
    assert "s3cret" not in out


def test_config_for_programs(run: Run) -> None:
    code, out, _ = run("config", "--token=s3cret", "-o", "yaml")
    told = {one["name"]: one for one in yaml.safe_load(out)}
    assert code == 0
    assert told["gate"] == {"name": "gate", "value": "shut", "origin": "default", "where": "default"}
    assert told["token"] == {"name": "token", "value": "not shown", "origin": "argument", "where": "--token"}
    assert told["context"]["value"] == ""


def test_the_ancestors_db_file_is_taken_and_said_to_do_nothing(run: Run) -> None:
    code, _, err = run("config", "--db-file=/db")
    assert code == 0
    assert err == "db-file (--db-file) does nothing: this controller keeps no state on disk.\n"

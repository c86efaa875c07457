import pytest

from kube_vxlan_controller.cli.table import table_text


def test_a_table_takes_nothing_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = table_text("[b]net", ("pod", "fdb"), [("default/a", "one\ntwo [red]"), ("default/b", "")])
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == "[b]net"
    assert lines[1].split() == ["POD", "FDB"]
    assert [line.split() for line in lines[3:]] == [["default/a", "one"], ["two", "[red]"], ["default/b"]]

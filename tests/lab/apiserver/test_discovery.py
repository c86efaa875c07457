import pytest

from kube_vxlan_lab.apiserver.discovery import document
from kube_vxlan_lab.apiserver.resources import RESOURCES, Resource


def test_groups_and_versions() -> None:
    groups = document("/apis")
    assert groups is not None
    assert [group["name"] for group in groups["groups"]] == ["apps", "events.k8s.io", "coordination.k8s.io"]
    core = document("/api")
    assert core is not None
    assert core["versions"] == ["v1"]
    one = document("/apis/apps")
    assert one is not None
    assert one["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}


@pytest.mark.parametrize("row", RESOURCES, ids=lambda row: row.qualified)
def test_every_row_is_discovered_with_its_subresources(row: Resource) -> None:
    prefix = f"apis/{row.api_version}" if row.group else "api/v1"
    found = document(f"/{prefix}")
    assert found is not None
    entries = {entry["name"]: entry for entry in found["resources"]}
    assert entries[row.plural]["kind"] == row.kind
    assert {name for name in entries if name.startswith(f"{row.plural}/")} == {f"{row.plural}/{s}" for s in row.subresources}
    schemas = document(f"/openapi/v3/{prefix}")
    assert schemas is not None
    kinds = [path["patch"]["x-kubernetes-group-version-kind"]["kind"] for path in schemas["paths"].values()]
    assert row.kind in kinds


@pytest.mark.parametrize("path", ["/", "/apis/absent", "/apis/apps/v2", "/openapi/v3/apis/absent/v1"])
def test_nothing_else_is_there(path: str) -> None:
    assert document(path) is None

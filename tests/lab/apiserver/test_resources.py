from kube_vxlan_lab.apiserver.resources import EVENTS, EVENTS_V1, RESOURCES, by_kind, by_plural, stored


def test_each_row_is_found_by_kind_and_by_plural() -> None:
    for row in RESOURCES:
        assert by_kind(row.api_version, row.kind) is row
        assert by_plural(row.group, row.version, row.plural) is row
    assert by_kind("v1", "Secret") is None
    assert by_plural("apps", "v1beta1", "deployments") is None


def test_rows_that_share_a_plural_share_a_storage() -> None:
    assert stored(EVENTS_V1) is EVENTS
    assert [row for row in RESOURCES if stored(row) is not row] == [EVENTS_V1]

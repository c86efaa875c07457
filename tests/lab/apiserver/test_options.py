import pytest

from kube_vxlan_lab.apiserver.options import parse_options
from kube_vxlan_lab.apiserver.resources import PODS
from tests.lab.apiserver.hosted import refused


def test_a_query_is_understood() -> None:
    query = {
        "watch": "true",
        "resourceVersion": "7",
        "allowWatchBookmarks": "1",
        "timeoutSeconds": "30",
        "labelSelector": "a=b",
    }
    options = parse_options(PODS, query)
    assert (options.watch, options.version, options.bookmarks, options.timeout) == (True, 7, True, 30)
    assert options.filtered
    assert not options.chooses({"metadata": {}})
    assert parse_options(PODS, {}).version is None


@pytest.mark.parametrize(
    "query",
    [
        {"watch": "1", "sendInitialEvents": "true"},
        {"watch": "1", "resourceVersionMatch": "NotOlderThan"},
        {"resourceVersionMatch": "Exact"},
        {"resourceVersionMatch": "Odd", "resourceVersion": "1"},
        {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
        {"resourceVersionMatch": "Exact", "resourceVersion": "1", "continue": "x"},
        {"sendInitialEvents": "true"},
    ],
)
def test_combinations_that_are_invalid(query: dict[str, str]) -> None:
    with refused(422, "Invalid"):
        parse_options(PODS, query)


@pytest.mark.parametrize("key", ["resourceVersion", "limit", "timeoutSeconds"])
@pytest.mark.parametrize("text", ["x", "-1", "1.5", "²"])
def test_numbers_that_are_none(key: str, text: str) -> None:
    with refused(400, "BadRequest"):
        parse_options(PODS, {key: text})

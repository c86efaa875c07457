from datetime import UTC, datetime

import pytest

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.forms import Form, View
from kube_vxlan_lab.apiserver.listing import listed
from kube_vxlan_lab.apiserver.options import parse_options
from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, Json
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import a_configmap, refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def page(store: Store, **query: str) -> Json:
    return listed(store, View(CONFIGMAPS, Form.OBJECTS), "default", parse_options(CONFIGMAPS, query), NOW)


def names(found: Json) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


@pytest.fixture
def five(store: Store) -> Store:
    for name in "abcde":
        store.create(a_configmap(name))
    return store


def test_pages_show_one_version_of_the_world(five: Store) -> None:
    first = page(five, limit="2")
    assert (names(first), first["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    five.delete(CONFIGMAPS, "default", "c")
    five.create(a_configmap("bb"))
    second = page(five, limit="2", **{"continue": first["metadata"]["continue"]})
    third = page(five, limit="2", **{"continue": second["metadata"]["continue"]})
    assert (names(second), names(third)) == (["c", "d"], ["e"])
    assert {p["metadata"]["resourceVersion"] for p in (first, second, third)} == {first["metadata"]["resourceVersion"]}
    assert "continue" not in third["metadata"]


def test_a_page_that_is_forgotten_offers_to_go_on_with_the_present(five: Store) -> None:
    first = page(five, limit="2")
    five.create(a_configmap("bb"))
    five.compact()
    with pytest.raises(Refusal) as caught:
        page(five, limit="2", **{"continue": first["metadata"]["continue"]})
    status = caught.value.status()
    assert (status["code"], status["reason"]) == (410, "Expired")
    rest = page(five, **{"continue": status["metadata"]["continue"]})
    assert names(rest) == ["bb", "c", "d", "e"]


def test_an_exact_version_is_that_version(five: Store) -> None:
    then = str(five.history.version)
    five.delete(CONFIGMAPS, "default", "a")
    assert names(page(five, resourceVersion=then, resourceVersionMatch="Exact")) == list("abcde")
    assert names(page(five, resourceVersion=then, resourceVersionMatch="NotOlderThan")) == list("bcde")
    assert names(page(five, resourceVersion="0")) == list("bcde")
    five.compact()
    with refused(410, "Expired"):
        page(five, resourceVersion=then, resourceVersionMatch="Exact")


def test_a_version_that_is_not_yet_is_a_timeout(five: Store) -> None:
    with pytest.raises(Refusal) as caught:
        page(five, resourceVersion="1000")
    assert caught.value.code == 504
    assert caught.value.status()["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_a_chosen_list_does_not_count_what_remains(five: Store) -> None:
    assert "remainingItemCount" not in page(five, limit="1", fieldSelector="metadata.name!=a")["metadata"]


@pytest.mark.parametrize("token", ["x", "!!!", "eyJhIjoxfQ"])
def test_a_token_that_was_not_ours_is_refused(five: Store, token: str) -> None:
    with refused(400, "BadRequest"):
        page(five, **{"continue": token})

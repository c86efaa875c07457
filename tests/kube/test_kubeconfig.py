import base64

import pytest
import yaml

from kube_vxlan_controller.kube.kubeconfig import first_mistake

PEM = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


def config(cluster: object = None, user: object = None, **more: object) -> str:
    whole: dict[str, object] = {
        "current-context": "c",
        "clusters": [{"name": "k", "cluster": cluster or {"server": "https://a:6443"}}],
        "users": [{"name": "u", "user": {"token": "t"} if user is None else user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    }
    return yaml.safe_dump({**whole, **more})


@pytest.mark.parametrize(
    "text",
    [
        config(),
        config({"server": "https://a", "certificate-authority-data": PEM, "certificate-authority": None}),
        config(user={}),
        config(user={"exec": {"command": "aws", "args": ["a"]}}),
        config(user={"tokenFile": "/t"}, preferences={}, extensions=[3]),
    ],
)
def test_what_is_right(text: str) -> None:
    assert first_mistake([text], None) == ""
    assert first_mistake([text], "c") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it has no current-context; say --context"),
        ("{", "it is not YAML (line 1)"),
        ("\x00", "it is not YAML"),
        ("[" * 5000, "it is nested too deeply"),
        ("3", "it must be a block of `name: value`, not a number"),
        (config(clusters=3), "clusters must be a list, not a number"),
        (config(clusters=[{"cluster": {}}]), "clusters[0] has no name"),
        (config(users=["me"]), "users[0] must be a block of `name: value`, not a text"),
        (config(user={"token": True}), "users[0].user.token must be a text, not true or false"),
        (config(user={"exec": {}}), "users[0].user.exec has no command"),
        (config(contexts=[]), "it has no context 'c'"),
        (config(clusters=[]), "its context 'c' names the cluster 'k', which is not there"),
        (
            config(users=[{"name": "v", "user": {}}]),
            "its context 'c' names the user 'u', who is not there (there is v)",
        ),
        (config({"server": "http://a"}), "the server 'http://a' does not begin with https://"),
        (config({"server": "https://a", "certificate-authority-data": "###"}), "certificate-authority-data is not in base64"),
        (
            config({"server": "https://a", "certificate-authority-data": "AAAA"}),
            "certificate-authority-data holds no certificate in PEM form",
        ),
        (
            config(user={"client-certificate": "/c"}),
            "its user has a client certificate without a key, or a key without a certificate",
        ),
    ],
)
def test_what_is_wrong_is_told_as_its_writer_would_say_it(text: str, told: str) -> None:
    assert first_mistake([text], None) == told


def test_several_files_are_taken_together_and_the_first_holds() -> None:
    first = yaml.safe_dump({"current-context": "c"})
    assert first_mistake([first, config()], None) == ""
    assert first_mistake([config(), config({"server": "no"})], None) == ""


def test_only_the_context_that_is_used_is_judged() -> None:
    other = {"name": "other", "cluster": {"server": "http://old"}}
    text = config(clusters=[other, {"name": "k", "cluster": {"server": "https://a"}}])
    assert first_mistake([text], None) == ""

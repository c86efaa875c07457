import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from kube_vxlan_controller.election import Timing
from kube_vxlan_controller.settings import OPTIONS, BadSettings, Choice, File, Origin, Settings, choose, settle
from kube_vxlan_controller.surroundings import complete

GOOD = {
    "server": "https://10.0.0.1:6443",
    "namespace": "elsewhere",
    "selector": "a=b,c!=d,!e,f in (g, h)",
    "annotation": "example.org/nets",
    "configmap-name": "nets.example",
    "agent-container-name": "agent",
    "agent-init-container-name": "agent-init",
    "gate": "open",
    "vni-policy": "configmap",
    "audit-every": "5",
    "readiness": "on",
    "lease": "on",
    "lease-name": "leader.example",
    "lease-duration": "60",
    "lease-renew-deadline": "9",
    "lease-retry": "3",
    "listen": "[::1]:9090",
    "log-format": "json",
    "log-level": "debug",
}


def settings(
    arguments: Mapping[str, str] = {}, environment: Mapping[str, str] = {}, file: str | None = None, own: str | None = None
) -> Settings:
    chosen = choose(arguments, environment, None if file is None else File("/etc/c", file))
    return settle(complete(chosen, environment, own))


def complaints(arguments: Mapping[str, str], environment: Mapping[str, str] = {}, file: str | None = None) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as caught:
        settings(arguments, environment, file)
    return caught.value.sentences


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
@pytest.mark.parametrize("given", list(itertools.product([False, True], repeat=3)))
def test_argument_before_environment_before_file_before_default(option, given) -> None:  # type: ignore[no-untyped-def]
    if option.name == "config" and given[2]:
        return  # a file does not say where it is
    value = GOOD.get(option.name, "/some/file")
    places = [({option.name: value}, f"--{option.name}"), ({option.variable: value}, option.variable)]
    arguments, environment = (place if there else {} for (place, _), there in zip(places, given[:2], strict=True))
    chosen = choose(arguments, environment, File("/etc/c", f'\n{option.name} = "{value}"\n') if given[2] else None)[option.name]
    wheres = [f"--{option.name}", option.variable, "/etc/c:2", "default"]
    first = [*given, True].index(True)
    assert (chosen.origin, chosen.where) == (list(Origin)[first], wheres[first])
    assert chosen.value == (option.default if first == 3 else value)


def test_the_defaults_are_the_ancestors() -> None:
    found = settings({"server": "https://a"})
    assert (found.selector, found.annotation) == ("vxlan.openvnf.org=true", "vxlan.openvnf.org/networks")
    assert (found.configmap_name, found.namespace) == ("kube-vxlan-controller", "kube-system")
    assert (found.agents.sidecar, found.agents.init) == ("vxlan-controller-agent", "vxlan-controller-agent-init")
    assert found.ca_cert_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    assert found.token_file == "/var/run/secrets/kubernetes.io/serviceaccount/token"
    assert (found.gate_open, found.vni_from_configmap, found.json_logs) == (False, False, False)
    assert found.listen == (None, 8080)


def test_what_is_given_arrives_typed() -> None:
    found = settings(GOOD)
    assert (found.lease, found.lease_name) == (Timing(60, 9, 3), "leader.example")
    assert (found.gate_open, found.vni_from_configmap, found.json_logs, found.log_level) == (True, True, True, "debug")
    assert found.listen == ("::1", 9090)
    assert (found.agents.sidecar, found.agents.init) == ("agent", "agent-init")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in GOOD),
        ("server", "http://10.0.0.1"),
        ("server", "10.0.0.1:6443"),
        ("server", "https://me:secret@host"),
        ("namespace", "Kube-System"),
        ("namespace", "a" * 64),
        ("selector", "a b"),
        ("selector", "a=b,"),
        ("selector", "a=b; rm"),
        ("annotation", "a/b/c"),
        ("annotation", "networks\n"),
        ("configmap-name", "a..b"),
        ("agent-container-name", "a.b"),
        ("gate", "ajar"),
        ("vni-policy", "both"),
        ("listen", "8080"),
        ("listen", "::1:8080"),
        ("listen", "host:65536"),
        ("log-format", "JSON"),
        ("log-level", "trace"),
    ],
)
def test_a_bad_value_is_a_sentence_that_says_where_and_what_is_allowed(name: str, value: str) -> None:
    allowed = next(option.rule.allowed for option in OPTIONS if option.name == name)
    (told,) = complaints({name: value})
    assert told == f"{name} (--{name}) must be {allowed}, not {value[:80]!r}."
    line = value.replace("\n", "\\n")
    (told,) = complaints({}, {}, f'# first\n{name} = "{line}"\n')
    assert told.startswith(f"{name} (/etc/c:2) must be ")


@pytest.mark.parametrize("value", [":0", ":65535", "127.0.0.1:80", "localhost:8080", "[fe80::1]:1"])
def test_where_it_may_listen(value: str) -> None:
    assert settings({"listen": value}).listen[1] == int(value.rpartition(":")[2])


@pytest.mark.parametrize(
    "value", ["a", "a=", "a==b", "a.example.org/b=c", "a in (b,c)", "a notin (b)", "!a", "a=b, c=d", "a,!b"]
)
def test_what_selects(value: str) -> None:
    assert settings({"selector": value}).selector == value


def test_all_mistakes_are_told_at_once() -> None:
    told = complaints({"gate": "ajar"}, {"KVC_LISTEN": "x"}, 'selektor = "a=b"\nlog-level = "all"\n')
    assert len(told) == 4
    assert any("KVC_LISTEN" in sentence for sentence in told)
    assert "/etc/c:1: There is no option 'selektor'; did you mean selector?" in told


def test_a_file_that_cannot_be_read_is_told_with_its_line() -> None:
    (told,) = complaints({}, {}, "\ngate: open\n")
    assert told.startswith("/etc/c:2: This is not TOML")


def test_an_empty_variable_was_not_given() -> None:
    assert settings({}, {"KVC_GATE": ""}, 'gate = "open"').gate_open


def test_the_token_is_never_shown() -> None:
    assert "s3cret" not in repr(settings({"token": "s3cret", "server": "https://a"}))
    assert "s3cret" not in repr(choose({"token": "s3cret"}, {}, None))


def test_every_option_is_told_and_its_default_is_allowed() -> None:
    for option in OPTIONS:
        assert option.meaning.endswith("."), option.name
        assert not option.default or re.fullmatch(option.rule.pattern, option.default), option.name
        assert isinstance(choose({}, {}, None)[option.name], Choice)


def test_the_documents_tell_every_option_as_the_table_does() -> None:
    text = (Path(__file__).parents[1] / "docs" / "cli.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `--")]
    told = {"": "", **{option.default: f"`{option.default}`" for option in OPTIONS if option.default}}
    assert rows == [[f"`--{o.name}`", f"`{o.variable}`", told[o.default], o.meaning] for o in OPTIONS]


@pytest.mark.parametrize(
    ("arguments", "environment", "elects"),
    [
        ({}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, True),
        ({"lease": "off"}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, False),
        ({"kubeconfig": "/k"}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, False),
        ({"kubeconfig": "/k"}, {}, False),
        ({"kubeconfig": "/k", "lease": "on"}, {}, True),
        ({"server": "https://a"}, {}, False),
    ],
)
def test_a_controller_in_a_pod_asks_for_the_lease(
    arguments: Mapping[str, str], environment: Mapping[str, str], elects: bool
) -> None:
    assert settings(arguments, environment).lease == (Timing() if elects else None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"lease-duration": "10"},
            (
                "lease-renew-deadline (10, default) must be less than lease-duration (10, --lease-duration): "
                "a holder has to stop before another one takes the Lease."
            ),
        ),
        (
            {"lease-retry": "6"},
            (
                "lease-retry (6, --lease-retry) must be at most half of lease-renew-deadline (10, default): "
                "one renewal that fails must not be the end."
            ),
        ),
    ],
)
def test_durations_of_the_lease_fit_together(arguments: Mapping[str, str], said: str) -> None:
    assert complaints(arguments) == (said,)

"""Pure. Every setting of the program: where it may be given, what it may be, and which of the places wins.

A setting is given as an argument (`--token-file X`), in the environment (`KVC_TOKEN_FILE=X`), in the configuration file
(`token-file = "X"`), or nowhere; they win in that order. Laws: `OPTIONS` is the only list of settings, from which the command
line, the file and the documents are made; every value knows where it came from; a bad one is a sentence that names the
option, that place and what is allowed. An empty variable of the environment is one that was not given.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from kube_vxlan_controller.configfile import Entry, Malformed, read_config
from kube_vxlan_controller.election import Timing
from kube_vxlan_controller.model import ContainerName, Namespace
from kube_vxlan_controller.rules import ANY, KEY, LABEL, LISTEN, OBJECT, PATH, SECONDS, SELECTOR, URL, Rule, one_of
from kube_vxlan_controller.views import AgentNames

DEFAULT_FILE = "/etc/kube-vxlan-controller/config"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where the kubelet mounts a service account's token, CA and namespace."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting, as users see it."""

    name: str
    meaning: str
    rule: Rule
    default: str = ""
    """Empty: none, or one that depends on where we run; `meaning` says which."""

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return "KVC_" + self.name.upper().replace("-", "_")


OPTIONS = (
    Option("server", "The API server [in a pod: that of its cluster].", URL),
    Option("ca-cert-file", "The certificates that the API server's is checked with.", PATH, f"{ACCOUNT}/ca.crt"),
    Option("token", "The bearer token itself; a token-file is safer and may change.", ANY),
    Option("token-file", "The file with the bearer token.", PATH, f"{ACCOUNT}/token"),
    Option("kubeconfig", "Take server and credentials from this kubeconfig [$KUBECONFIG, outside of a pod].", PATH),
    Option("context", "The context of the kubeconfig to use [its current one].", ANY),
    Option(
        "namespace", "The controller's own namespace, where the ConfigMap is [the namespace-file's, or kube-system].", LABEL
    ),
    Option("namespace-file", "The file with the controller's own namespace.", PATH, f"{ACCOUNT}/namespace"),
    Option("selector", "The pods that may be members.", SELECTOR, "vxlan.openvnf.org=true"),
    Option("annotation", "The pods' annotation that names their networks.", KEY, "vxlan.openvnf.org/networks"),
    Option("configmap-name", "The ConfigMap of networks.", OBJECT, "kube-vxlan-controller"),
    Option("agent-container-name", "The pods' container that is the agent.", LABEL, "vxlan-controller-agent"),
    Option("agent-init-container-name", "The pods' init container that is the agent.", LABEL, "vxlan-controller-agent-init"),
    Option("gate", "open lets a pod start without a network that cannot be honoured.", one_of("shut", "open"), "shut"),
    Option("vni-policy", "configmap refuses an id or a port in an annotation.", one_of("any", "configmap"), "any"),
    Option(
        "readiness",
        "on sets the condition vxlan.openvnf.org/ready on pods that name it in their readinessGates.",
        one_of("off", "on"),
        "off",
    ),
    Option("audit-every", "How often each pod's kernel is compared with what it should hold, in seconds.", SECONDS, "60"),
    Option(
        "lease",
        "on: of all controllers the one that holds a Lease acts; auto: on in a pod, off where a server or kubeconfig is named.",
        one_of("auto", "on", "off"),
        "auto",
    ),
    Option("lease-name", "The Lease, in the controller's own namespace.", OBJECT, "kube-vxlan-controller"),
    Option("lease-duration", "Without a renewal another controller takes the Lease after so many seconds.", SECONDS, "15"),
    Option("lease-renew-deadline", "Without a renewal its holder stops after so many seconds.", SECONDS, "10"),
    Option("lease-retry", "The Lease is renewed every so many seconds.", SECONDS, "2"),
    Option("listen", "Where livez, readyz and metrics are served.", LISTEN, ":8080"),
    Option("log-format", "One line of text or one JSON object per event.", one_of("text", "json"), "text"),
    Option("log-level", "The least that is logged.", one_of("debug", "info", "warning", "error"), "info"),
    Option("db-file", "Does nothing; taken so that older command lines go on working.", ANY),
    Option("config", "The configuration file, in TOML or in Erlang terms.", PATH, DEFAULT_FILE),
)


class Origin(StrEnum):
    """Where a value came from."""

    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of one option, and where it came from."""

    option: Option
    value: str = field(repr=False)
    origin: Origin
    where: str
    """The place as a person finds it again: `--token`, `KVC_TOKEN`, `/etc/file:3`, `default`."""


class BadSettings(Exception):
    """Something that was given is not allowed; `sentences` says what, one for each mistake."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file that was found."""

    path: str
    text: str


def choose(arguments: Mapping[str, str], environment: Mapping[str, str], file: File | None) -> Mapping[str, Choice]:
    """The choice for every option, by its name. Raises `BadSettings`."""
    mistakes: list[str] = []
    entries = _entries(file, mistakes)
    chosen = {option.name: _choose(option, arguments, environment, (file, entries)) for option in OPTIONS}
    for choice in chosen.values():
        if choice.origin is not Origin.DEFAULT and not re.fullmatch(choice.option.rule.pattern, choice.value):
            shown = "" if choice.option.name == "token" else f", not {choice.value[:80]!r}"
            mistakes.append(f"{choice.option.name} ({choice.where}) must be {choice.option.rule.allowed}{shown}.")
    if not mistakes:
        mistakes.extend(_disagreements(chosen))
    if mistakes:
        raise BadSettings(mistakes)
    return chosen


def _disagreements(chosen: Mapping[str, Choice]) -> Iterator[str]:
    """What is wrong with settings that are right one by one."""
    duration, deadline, retry = (chosen[name] for name in ("lease-duration", "lease-renew-deadline", "lease-retry"))
    if int(deadline.value) >= int(duration.value):
        yield (
            f"lease-renew-deadline ({deadline.value}, {deadline.where}) must be less than lease-duration "
            f"({duration.value}, {duration.where}): a holder has to stop before another one takes the Lease."
        )
    if 2 * int(retry.value) > int(deadline.value):
        yield (
            f"lease-retry ({retry.value}, {retry.where}) must be at most half of lease-renew-deadline "
            f"({deadline.value}, {deadline.where}): one renewal that fails must not be the end."
        )


def _entries(file: File | None, mistakes: list[str]) -> Mapping[str, Entry]:
    if file is None:
        return {}
    try:
        entries = read_config(file.text)
    except Malformed as error:
        mistakes.append(f"{file.path}:{error.line}: {error}")
        return {}
    names = [option.name for option in OPTIONS if option.name != "config"]
    for name, entry in entries.items():
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
            mistakes.append(f"{file.path}:{entry.line}: There is no option {name[:80]!r}; {hint}")
    return entries


def _choose(
    option: Option,
    arguments: Mapping[str, str],
    environment: Mapping[str, str],
    found: tuple[File | None, Mapping[str, Entry]],
) -> Choice:
    file, entries = found
    if option.name in arguments:
        return Choice(option, arguments[option.name], Origin.ARGUMENT, f"--{option.name}")
    if environment.get(option.variable):
        return Choice(option, environment[option.variable], Origin.ENVIRONMENT, option.variable)
    if file is not None and option.name in entries:
        return Choice(option, entries[option.name].value, Origin.FILE, f"{file.path}:{entries[option.name].line}")
    return Choice(option, option.default, Origin.DEFAULT, "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was chosen, typed."""

    server: str
    """Its URL. Empty: `kubeconfig` says where it is, or nothing does."""
    ca_cert_file: str
    """Empty: as `kubeconfig` says."""
    token: str = field(repr=False)
    """Empty: `token_file` is read instead."""
    token_file: str
    """Empty: as `kubeconfig` says."""
    kubeconfig: str
    context: str
    namespace: Namespace
    selector: str
    annotation: str
    configmap_name: str
    agents: AgentNames
    gate_open: bool
    vni_from_configmap: bool
    """Only the ConfigMap gives networks their id and port."""
    reports_readiness: bool
    audit_every: float
    """Seconds."""
    lease: Timing | None
    """None: nobody is asked, and every controller that runs acts."""
    lease_name: str
    listen: tuple[str | None, int]
    """Host (None: all addresses of both families) and port."""
    json_logs: bool
    log_level: str

    @property
    def nowhere(self) -> bool:
        """Whether nothing says where the API server is."""
        return not self.server and not self.kubeconfig


def settle(chosen: Mapping[str, Choice]) -> Settings:
    """The settings of completed choices."""
    value = {name: choice.value for name, choice in chosen.items()}
    host, _, port = value["listen"].rpartition(":")
    in_pod = chosen["server"].where == "KUBERNETES_SERVICE_HOST"
    elects = in_pod if value["lease"] == "auto" else value["lease"] == "on"
    timing = Timing(*(int(value[name]) for name in ("lease-duration", "lease-renew-deadline", "lease-retry")))
    return Settings(
        server=value["server"].rstrip("/"),
        ca_cert_file=value["ca-cert-file"],
        token=value["token"].strip(),
        token_file=value["token-file"],
        kubeconfig=value["kubeconfig"],
        context=value["context"],
        namespace=Namespace(value["namespace"]),
        selector=value["selector"],
        annotation=value["annotation"],
        configmap_name=value["configmap-name"],
        agents=AgentNames(
            ContainerName(value["agent-container-name"]),
            ContainerName(value["agent-init-container-name"]),
        ),
        gate_open=value["gate"] == "open",
        vni_from_configmap=value["vni-policy"] == "configmap",
        reports_readiness=value["readiness"] == "on",
        audit_every=float(value["audit-every"]),
        lease=timing if elects else None,
        lease_name=value["lease-name"],
        listen=(host.strip("[]") or None, int(port)),
        json_logs=value["log-format"] == "json",
        log_level=value["log-level"],
    )

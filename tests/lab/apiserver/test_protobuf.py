import pytest

from kube_vxlan_lab.apiserver.protobuf import decoded
from tests.lab.apiserver.hosted import refused

CONFIGMAP = bytes.fromhex(
    "6b3873000a0f0a0276311209436f6e6669674d6170"  # the magic number, then v1 ConfigMap
    "121b0a110a01631200" + "1a0022002a00320038004200" + "12060a01611201311a002200"
)
"""What `kubectl create configmap c --from-literal=a=1` of 1.32 sends."""


def test_a_configmap_of_kubectl() -> None:
    expected = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
    assert decoded(CONFIGMAP) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        CONFIGMAP[:-20],
        CONFIGMAP.replace(b"ConfigMap", b"Endpoints"),
        CONFIGMAP.replace(bytes.fromhex("2a00"), bytes.fromhex("2801")),
        CONFIGMAP.replace(bytes.fromhex("2a00"), bytes.fromhex("2d00")),
    ],
    ids=["no magic number", "cut off", "another kind", "an unknown field", "an unknown wire type"],
)
def test_what_is_not_understood_is_refused(body: bytes) -> None:
    with refused(415, "UnsupportedMediaType"):
        decoded(body)

import msgspec
import pytest

from kube_vxlan_controller.kube.channels import LARGEST_FRAME, Exited, Failed, end, input_frames, not_started
from kube_vxlan_controller.ports import Forbidden, Gone, NotRunning, Unreachable, WorldError


def test_input_is_cut_into_frames_of_channel_0() -> None:
    data = bytes(range(256)) * 1024
    frames = list(input_frames(data))
    assert {frame[0] for frame in frames} == {0}
    assert b"".join(frame[1:] for frame in frames) == data
    assert max(map(len, frames)) == LARGEST_FRAME + 1
    assert not list(input_frames(b""))


def causes(*found: object) -> dict[str, object]:
    return {
        "reason": "NonZeroExitCode",
        "status": "Failure",
        "details": {"causes": found},
        "message": "command terminated with exit code 9",
    }


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"metadata": {}, "status": "Success"}, Exited(0)),
        (causes({"reason": "ExitCode", "message": "64"}), Exited(64)),
        (causes({"reason": "Other", "message": "1"}, {"reason": "ExitCode", "message": "137"}), Exited(137)),
        (causes(), Exited(9)),
        (causes({"reason": "ExitCode", "message": "many"}), Exited(9)),
        (causes({"reason": "ExitCode", "message": None}), Exited(9)),
        ({**causes(), "details": None}, Exited(9)),
        ({**causes(), "details": "nonsense"}, Exited(9)),
        ({**causes(), "details": {"causes": [3]}}, Exited(9)),
        ({"reason": "NonZeroExitCode", "status": "Failure"}, Failed("NonZeroExitCode")),
        ({"reason": "InternalError", "status": "Failure", "code": 500, "message": "no\nsuch"}, Failed("no such")),
        ({"reason": "BadGateway", "code": 502}, Failed("BadGateway", 502)),
        ({}, Failed("{}")),
    ],
)
def test_statuses(status: object, told: object) -> None:
    assert end(msgspec.json.encode(status)) == told


@pytest.mark.parametrize("frame", [b"", b"not json", b"null", b"\xff\xfe", b'{"status":3}'])
def test_a_status_that_cannot_be_read_is_a_failure_with_words(frame: bytes) -> None:
    found = end(frame)
    assert isinstance(found, Failed)
    assert found.text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('container not found ("agent")', NotRunning),
        ("Internal error occurred: container is in CONTAINER_EXITED state", NotRunning),
        ("OCI runtime exec failed: cannot exec in a stopped state: unknown", NotRunning),
        ("pod does not exist", NotRunning),
        ('pods "a" not found', Gone),
        ('failed to find sandbox: sandbox "5f3a" not found', NotRunning),  # it is made anew
        ('OCI runtime exec failed: exec: "kube-vxlan-agent": executable file not found in $PATH', Unreachable),
        ("error dialing backend: dial tcp 10.0.0.1:10250: connect: no route to host", Unreachable),
    ],
)
def test_what_keeps_a_command_from_starting(text: str, error: type[WorldError]) -> None:
    found = not_started(Failed(text), "exec in n/a")
    assert type(found) is error
    assert text in str(found)


def test_a_forbidden_start() -> None:
    assert type(not_started(Failed("denied by policy", 403), "exec")) is Forbidden

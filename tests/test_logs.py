import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.logs import LONGEST, MOST_LINES, Json, Sparing, Text, configure, escape


def record(message: str, **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "kvc", "created": 1.5, **extra})


def failed() -> logging.LogRecord:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        return record("it failed", exc_info=(ValueError, error, error.__traceback__))


def test_text_is_time_level_message_and_fields() -> None:
    told = Text().format(record("wired", place="default/a", links="vxeth1 10.0.0.1/24", empty=""))
    assert told == '1970-01-01T00:00:01.500Z INFO wired place=default/a links="vxeth1 10.0.0.1/24" empty=""'


def test_json_is_one_object() -> None:
    told = json.loads(Json().format(record("wired", place="default/a", count=3, message_id=None)))
    assert told == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "INFO",
        "logger": "kvc",
        "message": "wired",
        "place": "default/a",
        "count": 3,
        "message_id": "None",
    }


@pytest.mark.parametrize("formatter", [Text(), Json()])
def test_a_trace_stays_on_the_line(formatter: logging.Formatter) -> None:
    told = formatter.format(failed())
    assert "\n" not in told
    assert "ValueError: two" in told


@given(st.text(), st.text())
def test_whatever_an_event_holds_it_is_one_line_that_moves_no_cursor(message: str, value: str) -> None:
    for formatter in (Text(), Json()):
        told = formatter.format(record("%s", args=(message,), field=value))
        assert told.isprintable()
        assert len(told) <= 12 * (len(message) + len(value)) + 200


def test_nobody_can_forge_a_record_or_a_field() -> None:
    told = Text().format(record("a", field='x" level=ERROR\n2026-01-01T00:00:00Z ERROR b'))
    assert told.count("\n") == 0
    assert re.search(r'field="x\\" level=ERROR\\n2026', told)


def test_what_is_long_is_cut() -> None:
    assert escape("a" * LONGEST) == "a" * LONGEST
    assert escape("a" * (LONGEST + 1)) == "a" * LONGEST + "... (cut)"
    assert len(escape("\x1b" * 10 * LONGEST)) == LONGEST + len("... (cut)")
    assert len(Json().format(record("a" * 10 * LONGEST))) < LONGEST + 200


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.raiseExceptions = raising


@pytest.mark.usefixtures("restored")
def test_the_level_decides_what_is_written() -> None:
    stream = io.StringIO()
    configure(False, "warning", stream)
    logging.getLogger("kvc").info("not this")
    logging.getLogger("kvc").warning("this")
    assert [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()] == ["this"]


def about(uid: str, created: float, level: int = logging.INFO) -> logging.LogRecord:
    return record("Refused: no", uid=uid, pod=f"default/{uid}", network="vxeth1", created=created, levelno=level)


def test_one_pod_cannot_fill_the_log() -> None:
    stream = io.StringIO()
    writer = Sparing(stream)
    writer.setFormatter(Text())
    for number in range(MOST_LINES + 5):
        writer.emit(about("hostile", 1000.0 + number / 10))
    writer.emit(about("other", 1010.0))
    writer.emit(about("hostile", 1011.0, logging.DEBUG))
    assert len(stream.getvalue().splitlines()) == MOST_LINES + 2
    writer.emit(record("the next minute", created=1061.0))
    *_, told, later = stream.getvalue().splitlines()
    assert " WARNING 5 lines about this object were left out: there were more than 30 in a minute " in told
    assert told.endswith(" uid=hostile pod=default/hostile")
    assert "the next minute" in later
    writer.emit(about("hostile", 1062.0))
    assert stream.getvalue().splitlines()[-1].endswith("network=vxeth1")


def test_what_was_left_out_is_told_before_the_end_as_well() -> None:
    stream = io.StringIO()
    writer = Sparing(stream)
    for number in range(MOST_LINES + 1):
        writer.emit(about("hostile", 1000.0 + number / 10))
    writer.close()
    assert "1 lines about" not in stream.getvalue()
    assert stream.getvalue().splitlines()[-1].startswith("1 line about this object was left out")

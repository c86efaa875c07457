"""I/O. Logging for those who read it, people or programs: one line per event, whatever the event holds.

Laws: a record is one line, so nobody can forge another one; a character that a terminal would obey is escaped; a field has at
most `LONGEST` characters; about one object there are at most `MOST_LINES` lines a minute (but of details, which only `debug`
shows); what was left out is told in one line when the minute is over and there is something else to log, or at the end. What a
caller gives as `extra` becomes `key=value`, or a member of the JSON object.
"""

import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

LONGEST = 4096
"""Characters of one field; the cut is marked."""
MOST_LINES = 30
"""Lines of one minute about one object: a pod whose owner changes it all the time must not fill the log."""
MINUTE = 60.0
"""Seconds."""
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(as_json: bool, level: str, stream: IO[str] | None = None) -> None:
    """Send everything from `level` on to `stream` (default: stderr)."""
    writer = Sparing(stream or sys.stderr)
    writer.setFormatter(Json() if as_json else Text())
    logging.basicConfig(handlers=[writer], level=level.upper(), force=True)
    logging.raiseExceptions = False  # a log that nobody takes any more is no reason to print tracebacks


class Sparing(logging.StreamHandler[IO[str]]):
    """Writes records; of those with the same `uid`, and above the details, only so many in a minute."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)
        self._began = 0.0
        self._lines: dict[str, _Lines] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it."""
        if not 0.0 <= record.created - self._began < MINUTE:
            self._end_minute()
            self._began = record.created
        uid = getattr(record, "uid", "")
        if uid and record.levelno > logging.DEBUG:
            lines = self._lines.setdefault(uid, _Lines(record))
            lines.number += 1
            if lines.number > MOST_LINES:
                return
        super().emit(record)

    def close(self) -> None:
        """Tell what was left out before the end."""
        self._end_minute()
        super().close()

    def _end_minute(self) -> None:
        for lines in self._lines.values():
            if lines.number > MOST_LINES:
                super().emit(lines.left_out())
        self._lines = {}


@dataclass(slots=True)
class _Lines:
    """The lines about one object in this minute, and the first of them."""

    first: logging.LogRecord
    number: int = 0

    def left_out(self) -> logging.LogRecord:
        number = self.number - MOST_LINES
        lines = "1 line about this object was" if number == 1 else f"{number} lines about this object were"
        message = f"{lines} left out: there were more than {MOST_LINES} in a minute"
        known = {key: value for key, value in _extra(self.first).items() if key != "network"}
        head = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": message}
        return logging.makeLogRecord({**known, **head})


class Text(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO message key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {**_extra(record), **_trace(record)}
        told = "".join(f" {key}={_quoted(escape(str(value)))}" for key, value in fields.items())
        return f"{_time(record)} {record.levelname} {escape(record.getMessage())}{told}"


class Json(logging.Formatter):
    """One JSON object: time, level, logger, message, and what else the caller gave."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = _extra(record)
        fields |= {"time": _time(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        fields |= _trace(record)
        return json.dumps({key: value if isinstance(value, (int, float)) else cut(str(value)) for key, value in fields.items()})


def escape(text: str) -> str:
    """The text on one line, without anything that a terminal would obey, and not too long."""
    if not text.isprintable():
        text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[: LONGEST + 1])
    return cut(text)


def cut(text: str) -> str:
    """At most `LONGEST` characters of the text, and a mark where some are missing."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... (cut)"


def _quoted(text: str) -> str:
    return text if text and not set(text) & set(' "=') else '"' + text.replace('"', '\\"') + '"'


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _KNOWN}


def _trace(record: logging.LogRecord) -> dict[str, str]:
    return {"trace": logging.Formatter().formatException(record.exc_info)} if record.exc_info else {}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

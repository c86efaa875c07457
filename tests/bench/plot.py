"""Pure. A plot as SVG: lines over a logarithmic plane, drawn by hand since nothing else here needs a library for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 420, 70, 190, 30, 50
_COLOURS = ("#1b6ca8", "#2a9d8f", "#7b5ea7", "#8a8d91", "#c8553d", "#e09f3e", "#9c3848", "#5c4033")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and points whose numbers are all positive."""

    name: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis from `low` to `high`, drawn from `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is drawn."""
        share = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.begin + share * (self.end - self.begin)

    @property
    def decades(self) -> Iterator[float]:
        """The powers of ten on it."""
        power = floor(log10(self.low))
        while 10.0**power <= self.high * 1.000001:
            if 10.0**power >= self.low * 0.999999:
                yield 10.0**power
            power += 1


def plot(title: str, axes: tuple[str, str], lines: Sequence[Line]) -> str:
    """The text of an SVG file. `axes` name what lies to the right and what upwards."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    across = Scale(min(xs) / 1.2, max(xs) * 1.2, _LEFT, _WIDTH - _RIGHT)
    up = Scale(10.0 ** floor(log10(min(ys))), max(ys) * 1.5, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 18, title, "start"),
        *_grid(across, up, sorted(set(xs))),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, axes[0], "middle"),
        f'<g transform="rotate(-90)">{_text(-(_TOP + _HEIGHT - _BOTTOM) / 2, 18, axes[1], "middle")}</g>',
    ]
    for number, line in enumerate(lines):
        parts += _drawn(line, _COLOURS[number % len(_COLOURS)], (across, up))
        parts += _legend(line, _COLOURS[number % len(_COLOURS)], _TOP + 20 + 20 * number)
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: Scale, up: Scale, ticks: Sequence[float]) -> Iterator[str]:
    for y in up.decades:
        yield f'<path d="M{_LEFT} {up.at(y):.1f}H{_WIDTH - _RIGHT}" stroke="#dddddd"/>'
        yield _text(_LEFT - 8, up.at(y) + 4, f"{y:,g}", "end")
    for x in ticks:
        yield f'<path d="M{across.at(x):.1f} {_HEIGHT - _BOTTOM}v5" stroke="black"/>'
        yield _text(across.at(x), _HEIGHT - _BOTTOM + 18, f"{x:g}", "middle")
    yield f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" fill="none" stroke="black"/>'


def _drawn(line: Line, colour: str, scales: tuple[Scale, Scale]) -> Iterator[str]:
    points = [(scales[0].at(x), scales[1].at(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{_dash(line)}/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _legend(line: Line, colour: str, y: float) -> Iterator[str]:
    left = _WIDTH - _RIGHT + 14
    yield f'<path d="M{left} {y}h24" stroke="{colour}" stroke-width="2"{_dash(line)}/>'
    yield _text(left + 30, y + 4, line.name, "start")


def _dash(line: Line) -> str:
    return ' stroke-dasharray="6 4"' if line.dashed else ""


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'

"""Curves as an SVG that stands in the docs: panels below or beside one another, each with axes of its own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 1000, 190, 62, 16, 40, 26
_COLOURS = ("#20467a", "#a8322a", "#1d6b45", "#e59b33", "#8a4fa3", "#5d6673")
_STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1d232c }
.grid { stroke: #e6e3dc } .mark { stroke: #98a5b5; stroke-dasharray: 2 4 } .title { font-weight: 600 }
.muted { fill: #5d6673 } .curve { fill: none; stroke-width: 1.4 }
.bound { stroke-dasharray: 6 4; opacity: .6 }
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order; NaN in y lifts the pen."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """`marks` are drawn from top to bottom, each with words that a pointer shows."""

    title: str
    curves: Sequence[Curve]
    marks: Sequence[tuple[float, str]] = ()
    x_words: Callable[[float], str] = "{:g}".format
    x_ticks: Sequence[float] = ()
    logarithmic_x: bool = False
    y_from_zero: bool = True


def chart(panels: Sequence[Panel], columns: int = 1) -> str:
    """One SVG document."""
    rows = math.ceil(len(panels) / columns)
    width = WIDTH / columns
    drawn = "".join(
        _panel(panel, n % columns * width, n // columns * ROW, width) for n, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {rows * ROW + 6}" role="img">'
        f"<style>{_STYLE}</style>{drawn}</svg>\n"
    )


class _Axis:
    """From values to pixels."""

    def __init__(self, low: float, high: float, first: float, last: float, logarithmic: bool = False) -> None:
        self._map: Callable[[float], float] = math.log if logarithmic else float
        self._low, self._first = self._map(low), first
        self._scale = (last - first) / ((self._map(high) - self._low) or 1.0)

    def __call__(self, value: float) -> float:
        return self._first + (self._map(value) - self._low) * self._scale


def steps(low: float, high: float, most: int) -> list[float]:
    """Round values between the two, at most so many."""
    rough = (high - low) / most or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _panel(panel: Panel, left: float, top: float, width: float) -> str:
    points = [point for curve in panel.curves for point in curve.points if not math.isnan(point[1])]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low_y = 0.0 if panel.y_from_zero else min(ys)
    high_y = max(*ys, low_y) + 0.08 * (max(ys) - low_y or abs(max(ys)) or 1.0)
    x = _Axis(min(xs), max(xs), left + LEFT, left + width - RIGHT, panel.logarithmic_x)
    y = _Axis(low_y, high_y, top + ROW - BOTTOM, top + TOP)
    parts = [f'<text class="title" x="{left + LEFT:.1f}" y="{top + 16}">{escape(panel.title)}</text>']
    for value in steps(low_y, high_y, 4):
        at = y(value)
        parts.append(
            f'<line class="grid" x1="{left + LEFT:.1f}" x2="{left + width - RIGHT:.1f}" '
            f'y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="muted" x="{left + LEFT - 6:.1f}" y="{at + 4:.1f}" text-anchor="end">'
            f"{value:g}</text>"
        )
    parts += [
        f'<text class="muted" x="{x(value):.1f}" y="{top + ROW - BOTTOM + 16}" text-anchor="middle">'
        f"{escape(panel.x_words(value))}</text>"
        for value in panel.x_ticks or steps(min(xs), max(xs), 8)
    ]
    parts += [
        f'<line class="mark" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top + TOP}" '
        f'y2="{top + ROW - BOTTOM}"><title>{escape(words)}</title></line>'
        for value, words in panel.marks
    ]
    parts += [_curve(curve, n, x, y) for n, curve in enumerate(panel.curves)]
    return "".join(parts) + _legend(panel.curves, left + LEFT, top + 32)


def _curve(curve: Curve, n: int, x: _Axis, y: _Axis) -> str:
    colour, path, pen = _COLOURS[n % len(_COLOURS)], [], "M"
    for at, value in curve.points:
        if math.isnan(value):
            pen = "M"
            continue
        path.append(f"{pen}{x(at):.1f} {y(value):.1f}")
        pen = "L"
    kind = "curve bound" if curve.dashed else "curve"
    drawn = f'<path class="{kind}" stroke="{colour}" d="{"".join(path)}"/>'
    if curve.dots:
        drawn += "".join(
            f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
            for at, value in curve.points
        )
    return drawn


def _legend(curves: Sequence[Curve], x: float, y: float) -> str:
    parts = []
    for n, curve in enumerate(curves):
        if curve.name:
            colour = _COLOURS[n % len(_COLOURS)]
            parts.append(f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="12" height="4" fill="{colour}"/>')
            parts.append(f'<text class="muted" x="{x + 16:.1f}" y="{y - 2:.1f}">{escape(curve.name)}</text>')
            x += 34 + 6.5 * len(curve.name)
    return "".join(parts)

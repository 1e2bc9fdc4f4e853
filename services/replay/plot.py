"""The score against time as an SVG: thresholds, events and recordings marked; one row for each of several."""

import math
from collections.abc import Iterator
from html import escape

from services.replay.run import Point, Replay

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 1200, 260, 56, 16, 34, 34
#: Scores are shown on a logarithmic scale between these.
LOWEST, HIGHEST = 0.1, 1000.0
#: Longer pauses between frames are cut out, and marked.
PAUSE_S, SHOWN_PAUSE_S = 10.0, 2.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)

_LEGEND = (("event", "motion"), ("scene", "change of light or scene"), ("recording", "recording"))
_STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1d232c }
.grid { stroke: #dcd9d2 } .threshold { stroke: #a8322a; stroke-dasharray: 5 3 }
.cut { stroke: #98a5b5; stroke-dasharray: 2 4 } .title { font-weight: 600 } .muted { fill: #5d6673 }
.score { fill: none; stroke: #20467a; stroke-width: 1.2 } .event { fill: #e59b33; opacity: .35 }
.recording { fill: #1d6b45; opacity: .8 } .scene { fill: #8a4fa3; opacity: .35 }
"""


def plot(found: list[tuple[str, Replay]]) -> str:
    """One SVG document; each replay with its title has a row of its own on the same axis of time."""
    axis = Axis([point.time_s for _, one in found for point in one.points])
    height = len(found) * ROW
    rows = "".join(_row(title, one, axis, n * ROW) for n, (title, one) in enumerate(found)) + _legend()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<style>{_STYLE}</style>{rows}</svg>\n"
    )


def _legend() -> str:
    parts, x = [], WIDTH - RIGHT - 400
    for kind, words in (
        ("event", "motion"),
        ("scene", "change of light or scene"),
        ("recording", "recording"),
    ):
        parts.append(f'<rect class="{kind}" x="{x}" y="10" width="12" height="12"/>')
        parts.append(f'<text class="muted" x="{x + 18}" y="20">{words}</text>')
        x += 40 + 7 * len(words)
    return "".join(parts)


class Axis:
    """Where a time is drawn; pauses are cut short."""

    def __init__(self, times_s: list[float]) -> None:
        known = sorted(set(times_s)) or [0.0]
        self._stretches: list[tuple[float, float, float]] = []  # first, last, where the first is drawn
        first, last, drawn = known[0], known[0], 0.0
        for time_s in known[1:]:
            if time_s - last > PAUSE_S:
                self._stretches.append((first, last, drawn))
                drawn += last - first + SHOWN_PAUSE_S
                first = time_s
            last = time_s
        self._stretches.append((first, last, drawn))
        self._scale = (WIDTH - LEFT - RIGHT) / max(0.1, drawn + last - first)

    def x(self, time_s: float) -> float:
        """Pixels from the left."""
        for first, last, drawn in reversed(self._stretches):
            if time_s >= first:
                return LEFT + (drawn + min(time_s, last + SHOWN_PAUSE_S) - first) * self._scale
        return float(LEFT)

    def cuts(self) -> list[float]:
        """Pixels at which a pause was cut out."""
        return [self.x(last) + SHOWN_PAUSE_S / 2 * self._scale for _, last, _ in self._stretches[:-1]]

    def ticks(self) -> Iterator[float]:
        """Round times, 70 pixels apart at the least."""
        step = next((step for step in _STEPS if step * self._scale >= 70), _STEPS[-1])
        for first, last, _ in self._stretches:
            tick = math.ceil(first / step) * step
            if len(self._stretches) > 1:
                yield first
                tick += step
            while tick <= last:
                yield tick
                tick += step


def _row(title: str, found: Replay, axis: Axis, top: int) -> str:
    bottom = top + ROW - BOTTOM
    rows = (top + TOP, bottom)
    parts = [f'<text class="title" x="{LEFT}" y="{top + 20}">{escape(title)}</text>']
    for one in found.events:
        tip = f"{one.start_s:.2f} to {one.end_s:.2f} s, peak {one.peak:.1f} {' '.join(sorted(one.zones))}"
        parts.append(_band(axis, (one.start_s, one.end_s), rows, "event", tip))
    parts += [
        _band(axis, change, rows, "scene", "change of light or scene")
        for change in _scene_changes(found.points)
    ]
    for score in (0.1, 1, 10, 100, 1000):
        y = _y(score, top)
        kind = "threshold" if score == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="muted" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{score:g}</text>')
    parts += [
        f'<line class="cut" x1="{x:.1f}" x2="{x:.1f}" y1="{top + TOP}" y2="{bottom}"/>' for x in axis.cuts()
    ]
    parts.append(f'<path class="score" d="{_path(found.points, axis, top)}"/>')
    for kept in found.recordings:
        tip = f"recording of {kept.frames} frames"
        parts.append(_band(axis, (kept.start_s, kept.end_s), (bottom, bottom + 5), "recording", tip))
    parts += [_tick(found, axis.x(time_s), bottom, time_s) for time_s in axis.ticks()]
    return "".join(parts)


def _band(axis: Axis, span: tuple[float, float], rows: tuple[int, int], kind: str, tip: str) -> str:
    x, width = axis.x(span[0]), max(1.0, axis.x(span[1]) - axis.x(span[0]) - 0.5)
    top, bottom = rows
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{top}" width="{width:.1f}" height="{bottom - top}">'
        f"<title>{escape(tip)}</title></rect>"
    )


def _tick(found: Replay, x: float, bottom: int, time_s: float) -> str:
    if found.first:
        words = f"{found.first.astimezone().fromtimestamp(found.first.timestamp() + time_s):%H:%M:%S}"
    else:
        minutes, seconds = divmod(round(time_s), 60)
        words = f"{minutes}:{seconds:02}" if minutes else f"{seconds} s"
    return f'<text class="muted" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{words}</text>'


def _y(score: float, top: int) -> float:
    share = math.log(min(max(score, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
    return top + ROW - BOTTOM - share * (ROW - TOP - BOTTOM)


def _path(points: list[Point], axis: Axis, top: int) -> str:
    """The highest score of each half pixel: a night of frames is no larger than a minute of them."""
    path: list[str] = []
    last_x, highest = -1.0, 0.0
    pen = "M"
    last_s = points[0].time_s if points else 0.0
    for point in points:
        x = round(axis.x(point.time_s) * 2) / 2
        if point.time_s - last_s > PAUSE_S:
            pen = "M"
        last_s = point.time_s
        if x == last_x:
            if point.score > highest:
                highest = point.score
                path[-1] = f"{path[-1][0]}{x:g} {_y(highest, top):.1f}"
            continue
        path.append(f"{pen}{x:g} {_y(point.score, top):.1f}")
        pen, last_x, highest = "L", x, point.score
    return "".join(path)


def _scene_changes(points: list[Point]) -> Iterator[tuple[float, float]]:
    begin_s: float | None = None
    for point in points:
        if point.scene_change and begin_s is None:
            begin_s = point.time_s
        elif not point.scene_change and begin_s is not None:
            yield begin_s, point.time_s
            begin_s = None
    if begin_s is not None:
        yield begin_s, points[-1].time_s

"""Plots as SVG and bars as HTML, drawn here: no script, no picture service, readable on a phone.

Every plot is an image with a sentence that says what it shows; its numbers stand in a table below for
those who cannot see it. Knows numbers and words; knows nothing of customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Literal

WIDTH, HEIGHT = 440, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 34
ACCENT, WARM, SOFT, LINE = (
    "var(--rg-accent, #0f5f57)",
    "var(--rg-warm, #a8421b)",
    "var(--rg-soft, #5a6065)",
    "var(--rg-line, #e6dfd4)",
)
COLOURS = (ACCENT, WARM, "#3b6fb6", "#8a5a9e", "#b08900", "#5a7d2a", "#c05a7d", "#4d7d86")
DASHES = ("", "6 3", "2 3", "9 3 2 3", "4 2", "1 2", "8 2", "3 5")
"""Lines differ by more than colour."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A named line; with `dots` its points are marked, with `faint` it is a line to compare with."""

    name: str
    points: tuple[Point, ...]
    dots: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Marks on an axis: where they stand and what is written at them."""

    marks: tuple[tuple[float, str], ...]
    name: str

    @property
    def ends(self) -> Point:
        """First and last mark."""
        return self.marks[0][0], self.marks[-1][0]


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar list: `value` sets the length, `said` is what is written, `note` stands below."""

    name: str
    value: float
    said: str
    note: str = ""
    kind: Literal["", "warm"] = ""


def round_marks(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """Round numbers from at or below `low` to at or above `high`, about `count` steps."""
    span = (high - low) or abs(high) or 1.0
    step = 10 ** floor(log10(span / count))
    step *= next(times for times in (1, 2, 2.5, 5, 10) if span / (step * times) <= count + 0.5)
    first = floor(low / step + 1e-9) * step
    found = [first]
    while found[-1] < high - 1e-9 * span:
        found.append(found[-1] + step)
    return tuple(round(mark, 10) for mark in found)


def number_axis(values: Sequence[float], name: str, *, percent: bool = False, zero: bool = True) -> Axis:
    """An axis of round numbers around `values`, from zero on where `zero`."""
    low = min(0.0, *values) if zero else min(values)
    marks = round_marks(low, max(values))
    return Axis(tuple((mark, f"{mark:.0%}" if percent else f"{mark:,g}") for mark in marks), name)


def line_plot(
    lines: Sequence[Line],
    across: Axis,
    up: Axis,
    summary: str,
    band: tuple[Sequence[Point], Sequence[Point]] | None = None,
    *,
    named: bool = False,
) -> str:
    """An SVG of lines over one pair of axes; `band` is the lower and the upper edge of an interval.

    With `named` the lines' names stand inside, for a picture that goes without a page.
    """
    left, right = across.ends
    bottom, top = up.ends

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - left) / ((right - left) or 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / ((top - bottom) or 1)

    def path(points: Sequence[Point]) -> str:
        return " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)

    parts = [
        f'<svg class="rs-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(summary)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12.5">'
    ]
    for mark, said in up.marks:
        parts.append(_stroke(f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"', LINE))
        parts.append(_text(LEFT - 7, y(mark) + 4, said, "end"))
    for place, (mark, said) in enumerate(across.marks):
        anchor = "start" if place == 0 else "end" if place == len(across.marks) - 1 else "middle"
        parts.append(_text(x(mark), HEIGHT - BOTTOM + 18, said, anchor))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 3, across.name, "end", 11))
    parts.append(_text(LEFT, TOP - 4, up.name, "start", 11))
    if band is not None:
        edge = path([*band[0], *reversed(band[1])])
        parts.append(f'<polygon points="{edge}" style="fill:{ACCENT};opacity:.16"/>')
    for line, (ink, dash) in zip(lines, _inks(lines), strict=True):
        width = 1.3 if line.faint else 2.4
        parts.append(
            f'<polyline points="{path(line.points)}" fill="none" stroke-linejoin="round" '
            f'style="stroke:{ink};stroke-width:{width};stroke-dasharray:{dash or "none"}"/>'
        )
        if line.dots:
            parts += [
                f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="4" style="fill:{ink}"/>' for a, b in line.points
            ]
    if named:
        parts += _names(lines)
    return "".join([*parts, "</svg>"])


def _names(lines: Sequence[Line]) -> Iterator[str]:
    for place, (line, (ink, dash)) in enumerate(zip(lines, _inks(lines), strict=True)):
        height = TOP + 12 + 17 * place
        yield (
            f'<line x1="{LEFT + 8}" x2="{LEFT + 34}" y1="{height - 4}" y2="{height - 4}" '
            f'style="stroke:{ink};stroke-width:2.4;stroke-dasharray:{dash or "none"}"/>'
        )
        yield _text(LEFT + 40, height, line.name, "start", 11.5)


def _inks(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """Colour and dash of each line; faint ones look alike."""
    found, colour = [], 0
    for line in lines:
        found.append((SOFT, "3 4") if line.faint else (COLOURS[colour % 8], DASHES[colour % 8]))
        colour += not line.faint
    return found


def legend(lines: Sequence[Line]) -> str:
    """Which line is which, as HTML that wraps."""
    items = []
    for line, (ink, dash) in zip(lines, _inks(lines), strict=True):
        items.append(
            '<li><svg width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" '
            f'style="stroke:{ink};stroke-width:2.4;stroke-dasharray:{dash or "none"}"/></svg>'
            f"{escape(line.name)}</li>"
        )
    return f'<ul class="rs-legend">{"".join(items)}</ul>'


def bar_list(bars: Sequence[Bar]) -> str:
    """Horizontal bars as a list that reads well by itself."""
    most = max((bar.value for bar in bars), default=0) or 1
    rows = "".join(
        f'<li><span class="rs-bar-name">{escape(bar.name)}</span>'
        f'<span class="rs-bar-said">{escape(bar.said)}</span>'
        f'<span class="rs-bar-track" aria-hidden="true"><i class="{"rs-warm" if bar.kind else ""}" '
        f'style="width:{100 * max(bar.value, 0) / most:.1f}%"></i></span>'
        + (f"<small>{escape(bar.note)}</small>" if bar.note else "")
        + "</li>"
        for bar in bars
    )
    return f'<ul class="rs-bars">{rows}</ul>'


def numbers_below(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The plot's numbers as a table that opens."""
    top = "".join(f"<th scope=col>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        '<details class="rs-numbers"><summary>The numbers</summary><div class="rs-inside">'
        f'<table class="rs-lines"><tr>{top}</tr>{body}</table></div></details>'
    )


def _stroke(place: str, colour: str) -> str:
    return f'<line {place} style="stroke:{colour};stroke-width:1"/>'


def _text(x: float, y: float, said: str, anchor: str, size: float = 0) -> str:
    bigger = f' font-size="{size}"' if size else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{bigger}'
    return f'<text {place} style="fill:{SOFT}">{escape(said)}</text>'

"""Draws how figures grow with the catalogue as an SVG: both axes logarithmic, one line a figure."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from pathlib import Path

PANELS = (
    ("milliseconds a search", (("plain_p50", "p50"), ("filter_p50", "p50, filter"), ("all_p95", "p95, all"))),
    ("seconds", (("import_s", "import"), ("index_s", "index"), ("open_s", "open"))),
    ("MB of memory", (("import_peak_mb", "import"), ("index_peak_mb", "index"), ("search_mb", "search"))),
)
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37")
WIDTH, HEIGHT, LEFT, TOP, SIDE = 340, 300, 60, 40, 220


def draw(found: Mapping[int, Mapping[str, float]], path: Path) -> None:
    """Write the figures of each size to `path`."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(PANELS)}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for place, (title, lines) in enumerate(PANELS):
        parts.append(f'<g transform="translate({place * WIDTH + LEFT},{TOP})">')
        parts += _panel(title, lines, found)
        parts.append("</g>")
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _panel(
    title: str, lines: tuple[tuple[str, str], ...], found: Mapping[int, Mapping[str, float]]
) -> list[str]:
    sizes = sorted(found)
    values = [max(found[size][key], 1e-3) for size in sizes for key, _ in lines]
    low, high = int(log10(min(values)) // 1), int(-(-log10(max(values)) // 1))
    first, last = log10(sizes[0]), log10(sizes[-1])

    def x(size: int) -> float:
        return SIDE * (log10(size) - first) / ((last - first) or 1)

    def y(value: float) -> float:
        return SIDE - SIDE * (log10(max(value, 1e-3)) - low) / ((high - low) or 1)

    parts = [f'<text x="0" y="-20" font-size="13">{title}</text>']
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<line x1="0" x2="{SIDE}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="-6" y="{at + 4:.0f}" text-anchor="end">{10.0**power:,g}</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.0f}" y="{SIDE + 18}" text-anchor="middle">{size:,}</text>')
    for colour, (key, name) in zip(COLOURS, lines, strict=True):
        points = " ".join(f"{x(size):.1f},{y(found[size][key]):.1f}" for size in sizes)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        end = found[sizes[-1]][key]
        parts.append(f'<text x="{SIDE + 4}" y="{y(end) + 4:.0f}" fill="{colour}">{name}</text>')
    return parts

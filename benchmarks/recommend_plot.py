"""Draws how accurate each recommender is against how long it takes to fit, as an SVG; a panel a file."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, ACROSS, DOWN = 420, 320, 55, 45, 250, 215
FASTEST_S, SLOWEST_S = 0.01, 1000.0
BLEND, OTHER = "#d1242f", "#1f6feb"
LABEL_GAP = 11


def draw(reports: Mapping[str, Mapping[str, Mapping[str, Any]]], path: Path) -> None:
    """Write NDCG@10 over seconds to fit (logarithmic) of each report's recommenders to `path`."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(reports)}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for place, (title, found) in enumerate(reports.items()):
        parts.append(f'<g transform="translate({place * WIDTH + LEFT},{TOP})">')
        parts += _panel(title, found)
        parts.append("</g>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _panel(title: str, found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    highest = 1.1 * max(figures["ndcg@10"] for figures in found.values())

    def x(seconds: float) -> float:
        inside = min(max(seconds, FASTEST_S), SLOWEST_S)
        return ACROSS * (log10(inside) - log10(FASTEST_S)) / (log10(SLOWEST_S) - log10(FASTEST_S))

    def y(value: float) -> float:
        return DOWN * (1 - value / highest)

    parts = [f'<text x="0" y="-20" font-size="13">{title}: NDCG@10 over seconds to fit</text>']
    for step in range(5):
        value = highest * step / 4
        parts.append(
            f'<line x1="0" x2="{ACROSS}" y1="{y(value):.0f}" y2="{y(value):.0f}" stroke="#ddd"/>'
            f'<text x="-6" y="{y(value) + 4:.0f}" text-anchor="end">{value:.3f}</text>'
        )
    for seconds in (0.01, 0.1, 1, 10, 100, 1000):
        parts.append(f'<text x="{x(seconds):.0f}" y="{DOWN + 18}" text-anchor="middle">{seconds:g}</text>')
    below = float("inf")
    ranked = sorted(found.items(), key=lambda entry: entry[1]["ndcg@10"])
    for name, figures in ranked:
        across, down = x(figures["fit_s"]), y(figures["ndcg@10"])
        colour = BLEND if name.startswith("blend") else OTHER
        below = min(down + 4, below - LABEL_GAP)  # labels of near points are moved apart, upwards
        parts.append(
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.5" fill="{colour}"/>'
            f'<text x="{ACROSS + 8}" y="{below:.1f}" fill="{colour}">{name}</text>'
            f'<line x1="{across + 4:.1f}" y1="{down:.1f}" x2="{ACROSS + 6}" y2="{below - 4:.1f}" '
            f'stroke="{colour}" stroke-opacity="0.25"/>'
        )
    return parts

"""A campaign's result as a picture: rates of ordering with their 95 % intervals, as an SVG."""

from __future__ import annotations

from html import escape

from assistant.campaign.report import CampaignReport

WIDTH, LEFT, RIGHT, ROW, TOP = 640, 170, 70, 34, 34
WRITTEN_COLOUR, HELD_COLOUR = "#2f5d50", "#b0763c"


def draw_report(report: CampaignReport) -> str:
    """The picture's SVG text: one line a group, a dot for its rate, a bar for its interval."""
    rows = [arm for arm in report.arms() if arm.customers]
    most = max((arm.rate.high for arm in rows), default=1.0) or 1.0
    height = TOP + ROW * len(rows) + 26

    def x(rate: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * rate / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Share of customers who ordered" font-family="sans-serif" font-size="13">',
        f'<text x="0" y="16" fill="currentColor">Ordered within {report.days} days, '
        "with 95 % intervals</text>",
    ]
    for step in range(5):
        rate = most * step / 4
        parts.append(
            f'<line x1="{x(rate):.1f}" x2="{x(rate):.1f}" y1="{TOP - 8}" y2="{height - 22}" '
            'stroke="currentColor" stroke-opacity=".15"/>'
            f'<text x="{x(rate):.1f}" y="{height - 6}" text-anchor="middle" fill="currentColor" '
            f'fill-opacity=".7">{rate:.0%}</text>'
        )
    for place, arm in enumerate(rows):
        y, span = TOP + ROW * place + 12, arm.rate
        colour = HELD_COLOUR if arm.name.lower().endswith("held out") else WRITTEN_COLOUR
        parts.append(
            f'<text x="0" y="{y + 4}" fill="currentColor">{escape(arm.name[:24])}</text>'
            f'<line x1="{x(span.low):.1f}" x2="{x(span.high):.1f}" y1="{y}" y2="{y}" '
            f'stroke="{colour}" stroke-width="6" stroke-opacity=".35" stroke-linecap="round"/>'
            f'<circle cx="{x(span.value):.1f}" cy="{y}" r="6" fill="{colour}"/>'
            f'<text x="{WIDTH - 4}" y="{y + 4}" text-anchor="end" fill="currentColor">'
            f"{span.value:.1%}</text>"
        )
    return "".join([*parts, "</svg>"])

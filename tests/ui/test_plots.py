"""Plots are well-formed, labelled and escaped; marks are round."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistant.insights import AtRisk, Importance, ModelCard, Overview, ReliabilityBin, SegmentCount
from shop.settings import Settings
from shop.types import Money
from ui.insight_view import InsightView
from ui.plots import Axis, Bar, Line, bar_list, line_plot, number_axis, round_marks

EVIL = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
DAY = date(2011, 9, 9)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 97, (0, 25, 50, 75, 100)),
        (0, 1, (0, 0.25, 0.5, 0.75, 1)),
        (0, 3_412, (0, 1000, 2000, 3000, 4000)),
        (-3, 11, (-5, 0, 5, 10, 15)),
        (5, 5, (5, 7.5, 10)),
    ],
)
def test_marks_are_round_and_hold_all(low: float, high: float, marks: tuple[float, ...]) -> None:
    found = round_marks(low, high)
    assert found[0] <= low and found[-1] >= high and len(found) <= 8
    if low != high:
        assert found == marks


def test_a_plot_is_an_image_with_a_name() -> None:
    lines = [Line(EVIL, ((0, 1), (1, 3))), Line("b", ((0, 2), (1, 2)), dots=True, faint=True)]
    svg = line_plot(
        lines,
        number_axis([0, 1], "x"),
        number_axis([1, 3], "y"),
        EVIL,
        band=([(0, 0), (1, 2)], [(0, 2), (1, 4)]),
    )
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img" and root.attrib["aria-label"] == EVIL
    tags = [child.tag.split("}")[1] for child in root]
    assert tags.count("polyline") == 2 and tags.count("circle") == 2 and tags.count("polygon") == 1


def test_points_lie_inside_the_plot() -> None:
    axis = Axis(((0.0, "0"), (10.0, "10")), "")
    root = ElementTree.fromstring(line_plot([Line("a", ((0, 0), (10, 10)))], axis, axis, "s"))
    points = next(child for child in root if child.tag.endswith("polyline")).attrib["points"].split()
    assert points == ["52.0,226.0", "426.0,14.0"]


def test_bars_are_as_long_as_their_share() -> None:
    html = bar_list([Bar("a", 10, "10"), Bar(EVIL, 5, EVIL, EVIL)])
    assert "width:100.0%" in html and "width:50.0%" in html and "<script" not in html
    assert bar_list([]) == '<ul class="rs-bars"></ul>'


def overview(customers: int = 3) -> Overview:
    days = [DAY - timedelta(days=30 * back) for back in range(3, -1, -1)]
    bins = tuple(ReliabilityBin(share, share + 0.02, 50) for share in (0.1, 0.5, 0.9))
    card = ModelCard("churn", 90, "v1", EVIL, DAY, {}, bins, (Importance("days_since", EVIL, 0.4),))
    risk = AtRisk(EVIL, EVIL, 0.61, Money(Decimal("12.00"), "GBP"), 3, 40, (EVIL,), may_write=True)
    return Overview(
        as_of=DAY,
        horizon_days=90,
        customers=customers,
        active=2,
        at_risk_count=1,
        moves=(SegmentCount(EVIL, EVIL, DAY, 2, 1, 0),),
        history=tuple(SegmentCount(EVIL, EVIL, day, n, 0, 0) for n, day in enumerate(days)),
        engagement=tuple((day, 10.0 * n) for n, day in enumerate(days)),
        cards=(card,),
        at_risk=(risk,),
        anomalies=(),
        anomaly_count=0,
        notice=EVIL,
    )


def test_the_page_shows_every_part_and_stays_clean() -> None:
    html = InsightView(Settings(shop=Path("unused"))).page(overview())
    for title in (
        "Segments now",
        "Segments over time",
        "Engagement",
        "Can it be trusted?",
        "Whom it would cost",
    ):
        assert title in html
    assert html.count("<svg") >= 3 and "<script" not in html and "<img src=x" not in html
    assert "2.0 points apart" in html


def test_a_shop_without_orders_gets_a_sentence() -> None:
    html = InsightView(Settings(shop=Path("unused"))).page(overview(customers=0))
    assert "Import orders" in html and "<svg" not in html

"""How the shop's customers look as a whole: an overview in, escaped HTML with plots out.

Knows nothing of stores or events. Every plot has a sentence above it and its numbers below.
"""

from __future__ import annotations

from datetime import date
from html import escape

from assistant.insights import AtRisk, ModelCard, Overview, SegmentCount
from shop.formats import format_count, format_date
from shop.settings import Settings
from ui.plots import Axis, Bar, Line, bar_list, legend, line_plot, number_axis, numbers_below
from ui.signals_view import anomaly_item
from ui.staff import badge, count_of, figure, notice, panel, show_amount, stacked

TARGETS = {"churn": "To lapse", "purchase": "To order"}
METHODS = {
    "blend": "the mean of logistic regression and boosted trees",
    "boosting": "boosted trees",
    "logistic": "logistic regression",
    "bg_nbd": "BG/NBD, a model of how often customers buy and when they leave",
    "rfm": "logistic regression over recency, orders and money spent",
    "recency": "the days since the last order alone",
    "majority": "the same chance for everybody",
}
FEATURES_SHOWN = 10
LINES_SHOWN = 6


class InsightView:
    """The page's pieces in one shop's locale."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def page(self, found: Overview) -> str:
        """The whole body."""
        if not found.customers:
            text = "No customer of this shop has a dated order yet. Import orders to see who comes back."
            return stacked(notice(text, "empty"))
        rows = (
            (self.segments(found.moves), self.sizes(found.history)),
            (self.engagement(found.engagement), *map(self.reliability, found.cards)),
            map(self.importance, found.cards),
        )
        return stacked(
            self.head(found),
            notice(f"About the predictions: {found.notice.replace('`', '')}.") if found.notice else "",
            *(f'<div class="rs-row">{"".join(row)}</div>' for row in rows),
            self.at_risk(found),
            self.anomalies(found),
        )

    def head(self, found: Overview) -> str:
        """The figures on top."""
        figures = (
            figure("Customers with an order", self._count(found.customers))
            + figure(
                "Ordered in the last 30 days",
                self._count(found.active),
                f"{found.active / found.customers:.0%}",
            )
            + figure(
                "May be lost",
                self._count(found.at_risk_count),
                f"last order under {found.horizon_days} days ago, likely to lapse",
            )
            + figure(
                "Worth a look", self._count(found.anomaly_count), "orders or returns far outside the usual"
            )
        )
        day = format_date(found.as_of, self.settings.locale)
        return panel(f"Customers as of {day}", f'<dl class="rs-figures rs-top">{figures}</dl>')

    def segments(self, moves: tuple[SegmentCount, ...]) -> str:
        """Sizes, with who joined and left in the last 30 days."""
        bars = [
            Bar(
                move.name,
                move.size,
                self._count(move.size),
                f"{move.sentence}. +{move.joined} −{move.left} in 30 days.",
            )
            for move in moves
            if move.size or move.joined or move.left
        ]
        return panel("Segments now", bar_list(bars)) if bars else ""

    def sizes(self, history: tuple[SegmentCount, ...]) -> str:
        """How the largest segments grew and shrank."""
        dates = sorted({count.at for count in history})
        if len(dates) < 3:
            return ""
        by_name: dict[str, dict[date, int]] = {}
        for count in history:
            by_name.setdefault(count.name, {})[count.at] = count.size
        largest = sorted(by_name, key=lambda name: -max(by_name[name].values()))[:LINES_SHOWN]
        lines = [
            Line(name, tuple((day.toordinal(), by_name[name].get(day, 0)) for day in dates))
            for name in largest
        ]
        up = number_axis([value for line in lines for _, value in line.points], "customers")
        moved = max(largest, key=lambda name: by_name[name][dates[-1]] - by_name[name][dates[0]])
        grown = by_name[moved][dates[-1]] - by_name[moved][dates[0]]
        summary = (
            f"Segment sizes from {self._day(dates[0])} to {self._day(dates[-1])}; "
            f"“{moved}” grew most, by {self._count(grown)}."
        )
        table = numbers_below(
            ("Date", *largest),
            [
                (
                    self._day(day),
                    *(self._count(by_name[name].get(day, 0)) for name in largest),
                )
                for day in dates
            ],
        )
        plot = line_plot(lines, self._dates(dates), up, summary)
        return panel(
            "Segments over time",
            f"<p>{escape(summary)}</p>{plot}{legend(lines)}{table}",
        )

    def engagement(self, curve: tuple[tuple[date, float], ...]) -> str:
        """The shop's engagement value week by week."""
        if len(curve) < 3:
            return ""
        line = Line("Engagement", tuple((day.toordinal(), value) for day, value in curve))
        first, last = curve[0], curve[-1]
        before = next((value for day, value in reversed(curve) if (last[0] - day).days >= 28), first[1])
        change = f"{last[1] / before - 1:+.0%}" if before else "new"
        summary = f"All customers' engagement value week by week; {change} in the last four weeks."
        table = numbers_below(
            ("Week of", "Value"), [(self._day(day), f"{value:,.0f}") for day, value in curve]
        )
        up = number_axis([value for _, value in curve], "value")
        plot = line_plot([line], self._dates([day for day, _ in curve]), up, summary)
        return panel("Engagement", f"<p>{escape(summary)}</p>{plot}{table}")

    def reliability(self, card: ModelCard) -> str:
        """Predicted against observed, on what the model was not fitted to."""
        if not card.reliability:
            return ""
        points = tuple((each.predicted, each.observed) for each in card.reliability)
        people = sum(each.count for each in card.reliability)
        apart = sum(each.count * abs(each.predicted - each.observed) for each in card.reliability) / (
            people or 1
        )
        what = f"{TARGETS[card.target]} within {card.horizon_days} days"
        summary = (
            f"{what}: predicted and true shares are {100 * apart:.1f} points apart on average over "
            f"{self._count(people)} customers it had not learnt from. On the dotted line they would agree."
        )
        axis = Axis(tuple((share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)), "predicted")
        lines = [Line("perfect", ((0.0, 0.0), (1.0, 1.0)), faint=True), Line("observed", points, dots=True)]
        table = numbers_below(
            ("Predicted", "Came true", "Customers"),
            [(f"{e.predicted:.1%}", f"{e.observed:.1%}", f"{e.count:,}") for e in card.reliability],
        )
        by = METHODS.get(card.method, card.method)
        method = f'<p class="rs-small">By {escape(by)}, trained to {self._day(card.trained_to)}.</p>'
        plot = line_plot(lines, axis, Axis(axis.marks, "came true"), summary)
        return panel(f"Can it be trusted? {what}", f"<p>{escape(summary)}</p>{plot}{table}{method}")

    def importance(self, card: ModelCard) -> str:
        """What the predictions rest on, over all customers."""
        bars = [
            Bar(each.feature.capitalize(), each.share, f"{each.share:.0%}", each.words)
            for each in sorted(card.importance, key=lambda each: -each.share)[:FEATURES_SHOWN]
        ]
        title = f"What it looks at: {TARGETS[card.target].lower()} within {card.horizon_days} days"
        return panel(title, bar_list(bars)) if bars else ""

    def at_risk(self, found: Overview) -> str:
        """Whose loss is likely and dear, the dearest first."""
        if not found.at_risk:
            return panel(
                "Whom it would cost most to lose", "<p>Nobody who is still here is likely to lapse.</p>"
            )
        items = "".join(self._customer(one) for one in found.at_risk)
        intro = (
            f"<p>Ordered in the last {found.horizon_days} days, but likely not to in the next "
            f"{found.horizon_days}. First come those with the most to lose: that chance times what they "
            "have spent.</p>"
        )
        return panel("Whom it would cost most to lose", f'{intro}<ol class="rs-risk">{items}</ol>')

    def _customer(self, one: AtRisk) -> str:
        link = f"../support/?customer={escape(one.customer_id, quote=True)}"
        orders = count_of(one.orders, "order", "orders", self.settings)
        consent = badge("may be written to", "yes") if one.may_write else badge("no marketing e-mail")
        name = one.name or f"Customer {one.customer_id}"
        chance = f"{one.probability:.0%}"
        return (
            f'<li><span class="rs-chance" style="--chance:{100 * one.probability:.0f}%">'
            f"<b>{chance}</b></span>"
            f'<div><a href="{link}">{escape(name)}</a> {consent}'
            f"<p>{escape('; '.join(one.reasons))}</p>"
            f"<small>{escape(show_amount(one.spent, self.settings))} in {escape(orders)}</small></div></li>"
        )

    def anomalies(self, found: Overview) -> str:
        """The orders and returns furthest outside the usual."""
        if not found.anomalies:
            return ""
        items = "".join(
            anomaly_item(
                one,
                self.settings,
                f'<a href="../support/?customer={escape(one.customer_id, quote=True)}">'
                f"Customer {escape(one.customer_id)}</a> ",
                others,
            )
            for one, others in found.anomalies
        )
        more = found.anomaly_count - sum(1 + others for _, others in found.anomalies)
        rest = f'<p class="rs-small">and {self._count(more)} more</p>' if more > 0 else ""
        note = '<p class="rs-small">For a person to look at; nothing follows from it by itself.</p>'
        return panel("Worth a look", f'<ul class="rs-odd">{items}</ul>{rest}{note}')

    def _count(self, number: int) -> str:
        return format_count(number, self.settings.locale)

    def _day(self, day: date) -> str:
        return format_date(day, self.settings.locale)

    def _dates(self, dates: list[date]) -> Axis:
        """First, middle and last day."""
        shown = (dates[0], dates[len(dates) // 2], dates[-1])
        return Axis(tuple((day.toordinal(), f"{day.day} {day:%b %y}") for day in shown), "")

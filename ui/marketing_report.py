"""How a campaign's result looks: the sentence, the picture, and a table of every group."""

from __future__ import annotations

from html import escape

from assistant.campaign.plot import draw_report
from assistant.campaign.report import Arm, CampaignReport
from shop.formats import format_money
from ui.staff import notice, panel, stacked

HEADINGS = ("", "Customers", "Opened", "Clicked", "Ordered", "Rate", "95 % interval", "Revenue")


def show_report(report: CampaignReport, locale: str) -> str:
    """The whole result as HTML."""
    if not report.written.customers:
        return stacked(notice("Nobody was written to, so there is nothing to report.", "empty"))
    head = "".join(f"<th{' class=rs-num' if n else ''}>{name}</th>" for n, name in enumerate(HEADINGS))
    rows = "".join(_row(arm, locale) for arm in report.arms())
    return stacked(
        '<section class="rs-panel"><h3>Result</h3>'
        f'<p class="rs-sentence">{escape(report.sentence(locale))}</p>'
        f"{_money(report, locale)}</section>",
        f'<section class="rs-panel"><h3>Who ordered</h3>{draw_report(report)}</section>',
        panel(
            "In figures",
            f'<div class="rs-wide"><table class="rs-lines"><tr>{head}</tr>{rows}</table></div>'
            '<p class="rs-small">Everybody counts in the group they were drawn for, also where their message '
            "stayed in. Opens are counted by mail programs and are too many; orders are the shop's own.</p>",
        ),
    )


def _money(report: CampaignReport, locale: str) -> str:
    extra, gain = report.extra_revenue(), report.revenue_gain
    if extra is None or gain is None:
        return ""
    low, high = gain.low * report.written.customers, gain.high * report.written.customers
    currency = report.written.revenue.currency
    lift = f" Lift: {report.lift:+.0%}." if report.lift is not None else ""
    return (
        f"<p>Revenue brought, estimated: {escape(format_money(extra, locale))} "
        f"({low:,.0f} to {high:,.0f} {escape(currency)}).{lift}</p>"
    )


def _row(arm: Arm, locale: str) -> str:
    revenue = format_money(arm.revenue, locale)
    span = f"{arm.rate.low:.1%} to {arm.rate.high:.1%}" if arm.customers else ""
    cells = (
        f"{arm.customers:,}",
        f"{arm.opened:,}",
        f"{arm.clicked:,}",
        f"{arm.ordered:,}",
        f"{arm.rate.value:.1%}" if arm.customers else "",
        span,
        revenue,
    )
    figures = "".join(f'<td class="rs-num">{escape(cell)}</td>' for cell in cells)
    return f"<tr><td>{escape(arm.name)}</td>{figures}</tr>"

"""How a campaign, a drafted e-mail and an export look: values in, escaped HTML out.

Knows nothing of events, stores or who is looking.
"""

from __future__ import annotations

from html import escape

from assistant.campaign import Campaign, Draft, DraftProduct, Member
from assistant.campaign.checks import UNSUBSCRIBE, Check
from assistant.campaign.export import ExportReport
from assistant.records import short_name
from shop.settings import Settings
from ui.components import picture_uri
from ui.staff import count_of, notice, panel, show_amount, source_tag, stacked, table_row

GOAL = "Win back customers who have stopped ordering"


class MarketingView:
    """The page's pieces in one shop's locale."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def goal(self) -> str:
        """What the campaign is for and what it will never do."""
        return stacked(
            f'<section class="rs-panel"><h3>Goal</h3><p class="rs-sentence">{escape(GOAL)}</p>'
            '<p class="rs-small">Only customers who allow marketing e-mail are ever written to. '
            "No offers are set up, so none is promised. Nothing is sent from here.</p></section>"
        )

    def before(self) -> str:
        """What stands where the audience will be."""
        day = self.settings.current_date.isoformat()
        return stacked(notice(f"Counted as of {day}. Choose the number of days and find customers.", "empty"))

    def invitation(self) -> str:
        """What stands where the e-mails will be."""
        text = "Each customer's drafted e-mail will stand here, with its checks and the facts it uses."
        return stacked(notice(text, "empty"))

    def label(self, member: Member) -> str:
        """One recipient in the list."""
        spent = show_amount(member.spent, self.settings)
        orders = count_of(member.orders, "order", "orders", self.settings)
        return f"{member.customer_id} · {orders} · {spent} · {member.days_since} days ago"

    def audience(self, campaign: Campaign) -> str:
        """Who is reached and who is left out and why."""
        left = "".join(f"<li><b>{count:,}</b> {escape(reason)}</li>" for reason, count in campaign.excluded)
        out = f'<p class="rs-label">Left out</p><ul class="rs-out">{left}</ul>' if left else ""
        empty = ""
        if not campaign.recipients:
            empty = notice(
                "There is nobody to write to: this needs customers with dated orders who allow marketing "
                "e-mail. Try fewer days, or import customers with their consent.",
                "empty",
            )
        size = len(campaign.recipients)
        return stacked(
            f'<section class="rs-panel"><h3>Audience</h3><p class="rs-figure"><b class="rs-big">{size:,}</b> '
            f"{'message' if size == 1 else 'messages'}</p>"
            f"<p>{escape(campaign.sentence(self.settings.locale))}</p>{out}</section>{empty}"
        )

    def mail(self, draft: Draft, *, is_phone: bool) -> str:
        """The e-mail as a recipient would see it."""
        goods = list(draft.products)
        parts = []
        after_goods = 0
        for block in draft.body.split("\n\n"):
            if goods and block.startswith(f"* {short_name(goods[0].title)}"):
                parts.append(self._good(goods.pop(0)))
                after_goods = len(parts)
            else:
                kind = ' class="rs-foot"' if UNSUBSCRIBE in block else ""
                parts.append(f"<p{kind}>{escape(block)}</p>")
        parts.insert(after_goods or len(parts), f'<p class="rs-cta">{escape(draft.cta)}</p>')
        frame = "rs-mail rs-phone" if is_phone else "rs-mail"
        sender = f"{self.settings.name} to customer {draft.customer_id}"
        return stacked(
            f'<article class="{frame}" aria-label="E-mail preview"><header>'
            f'<p class="rs-small">{escape(sender)}</p><p class="rs-subject">{escape(draft.subject)}</p>'
            f'<p class="rs-soft">{escape(draft.preheader)}</p></header>'
            f'<div class="rs-mail-body">{"".join(parts)}</div></article>'
        )

    def _good(self, product: DraftProduct) -> str:
        return (
            f'<div class="rs-good"><img alt="" src="{picture_uri(product.title)}">'
            f"<p><b>{escape(product.title)}</b><br>{escape(product.price or 'Price in the shop')}"
            f'<br><span class="rs-small">{escape(product.why)}</span></p></div>'
        )

    def evidence(self, draft: Draft) -> str:
        """The checks and the facts the message used."""
        checks = "".join(self._check(check) for check in draft.checks)
        facts = "".join(
            table_row(escape(fact.label), f"{escape(fact.value)}<br>{source_tag(fact.source)}")
            for fact in draft.facts
        )
        red = sum(not check.ok for check in draft.checks)
        verdict = "All checks are green" if not red else f"{red} red: this message will not be exported"
        return stacked(
            panel(
                "Checks",
                f'<p><b>{escape(verdict)}</b></p><ul class="rs-checks">{checks}</ul>'
                f'<p class="rs-small">Worded by the {escape(draft.handled_by)}.</p>',
            ),
            panel("Facts used", f'<table class="rs-facts">{facts}</table>'),
        )

    def _check(self, check: Check) -> str:
        sign, word, kind = ("✓", "passed", "green") if check.ok else ("✗", "failed", "red")
        return (
            f'<li class="rs-{kind}"><span class="rs-sign" role="img" aria-label="{word}">{sign}</span>'
            f"<span><b>{escape(check.name)}</b><small>{escape(check.detail)}</small></span></li>"
        )

    def report(self, report: ExportReport) -> str:
        """What was written and what was left out."""
        lines = [
            f"{count_of(report.written, 'message is', 'messages are', self.settings)} ready to download, "
            f"{count_of(report.held_out, 'customer is', 'customers are', self.settings)} held out."
        ]
        if report.without_email:
            count = count_of(report.without_email, "customer has", "customers have", self.settings)
            lines.append(f"{count} no e-mail address in the data: match them by the customer_id column.")
        lines += [f"Customer {customer_id} left out: {why}." for customer_id, why in report.refused[:10]]
        more = len(report.refused) - 10
        lines += [f"{more} more left out."] if more > 0 else []
        return stacked(notice(" ".join(lines)))

"""How a campaign, a drafted message and an export look: values in, escaped HTML out.

Knows nothing of events, stores or who is looking. The result's page is in marketing_report.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from assistant.campaign import Campaign, Draft, Member
from assistant.campaign.approval import Approval, red_reasons
from assistant.campaign.base import CHANNELS
from assistant.campaign.checks import SUBJECT_ON_PHONES, Check
from assistant.campaign.goals import GOALS
from assistant.campaign.render import email_html
from shop.settings import Settings
from shop.store import TakenStep
from ui.staff import count_of, notice, panel, show_amount, source_tag, stacked, table_row

WRITERS = {
    "model": "Worded by the language model.",
    "mixed": "Worded by the language model and the templates.",
    "composer": "Worded by the templates.",
    "marketer": "Edited by hand.",
}


class MarketingView:
    """The page's pieces in one shop's locale."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # -- plan ------------------------------------------------------------------------------------

    def before(self) -> str:
        """What stands where the audience will be."""
        day = self.settings.current_date.isoformat()
        return stacked(notice(f"Counted as of {day}. Choose a goal and find customers.", "empty"))

    def label(self, member: Member, red: bool = False) -> str:
        """One recipient in the list."""
        spent = show_amount(member.spent, self.settings)
        orders = count_of(member.orders, "order", "orders", self.settings)
        away = "" if member.days_since is None else f" · {member.days_since} days ago"
        return f"{'✗ ' if red else ''}{member.customer_id} · {orders} · {spent}{away}"

    def audience(self, campaign: Campaign, advice: str) -> str:
        """Who is reached, who is left out and why, in which variants and with which offers."""
        size = len(campaign.recipients)
        parts = [
            f'<section class="rs-panel"><h3>{escape(GOALS[campaign.goal].purpose)}</h3>'
            f'<p class="rs-figure"><b class="rs-big">{size:,}</b> '
            f"{'message' if size == 1 else 'messages'}</p>"
            f"<p>{escape(campaign.sentence(self.settings.locale))}</p>{self._left_out(campaign)}</section>"
        ]
        if not campaign.recipients:
            allowed = CHANNELS[campaign.channel]
            parts.append(
                notice(
                    f"There is nobody to write to: this needs customers who allow {allowed}. Choose another "
                    "group, or import customers with their consent.",
                    "empty",
                )
            )
        if len(campaign.variants) > 1:
            parts.append(panel("Variants", self._variants(campaign)))
        if offers := self._offers(campaign):
            parts.append(panel("Offers", offers))
        if advice:
            parts.append(panel("When to send", f"<p>{escape(advice)}</p>"))
        parts += [notice(line) for line in campaign.notices]
        if not self.settings.url:
            parts.append(
                notice("Set `url` in shop.toml to your shop's address, and messages get links to it.")
            )
        return stacked(*parts)

    def _left_out(self, campaign: Campaign) -> str:
        left = "".join(f"<li><b>{count:,}</b> {escape(reason)}</li>" for reason, count in campaign.excluded)
        return f'<p class="rs-label">Left out</p><ul class="rs-out">{left}</ul>' if left else ""

    def _variants(self, campaign: Campaign) -> str:
        counts = Counter(member.variant for member in campaign.recipients)
        rows = "".join(
            table_row(escape(v.name), escape(v.sentence()), f"{counts[v.name]:,}", numbers=1)
            for v in campaign.variants
        )
        return f'<table class="rs-lines">{rows}</table><p class="rs-small">{escape(campaign.shares_why)}</p>'

    def _offers(self, campaign: Campaign) -> str:
        counts = Counter((m.offer or "No offer", m.offer_why) for m in campaign.recipients)
        if all(offer == "No offer" for offer, _ in counts):
            return ""
        rows = "".join(
            table_row(escape(offer), escape(why), f"{count:,}", numbers=1)
            for (offer, why), count in counts.most_common(8)
        )
        return f'<table class="rs-lines">{rows}</table>'

    # -- one message -----------------------------------------------------------------------------

    def invitation(self) -> str:
        """What stands where the messages will be."""
        text = "Each customer's message will stand here, with its checks and the facts it uses."
        return stacked(notice(text, "empty"))

    def mail(self, draft: Draft, *, is_phone: bool) -> str:
        """The message as its recipient would see it: the inbox line, then what opens."""
        if draft.text.channel != "email":
            return stacked(self._bubble(draft))
        size = " rs-phone" if is_phone else ""
        html = escape(email_html(draft, self.settings), quote=True)
        return stacked(
            self._inbox(draft),
            f'<div class="rs-device{size}"><iframe class="rs-frame" title="E-mail preview" sandbox="" '
            f'srcdoc="{html}"></iframe></div>',
        )

    def _inbox(self, draft: Draft) -> str:
        subject = draft.text.subject
        short = subject if len(subject) <= SUBJECT_ON_PHONES else subject[: SUBJECT_ON_PHONES - 1] + "…"
        return (
            '<div class="rs-inbox"><p class="rs-label">In the inbox of a phone</p>'
            f"<p><b>{escape(self.settings.name)}</b></p><p>{escape(short)}</p>"
            f'<p class="rs-soft">{escape(draft.text.preheader)}</p></div>'
        )

    def _bubble(self, draft: Draft) -> str:
        title = f"<b>{escape(draft.text.subject)}</b><br>" if draft.text.subject else ""
        words = escape(draft.text.body or draft.text.preheader)
        kind = "Text message" if draft.text.channel == "sms" else "Push message"
        return (
            f'<div class="rs-device rs-phone rs-bubbles"><p class="rs-label">{kind} from '
            f'{escape(self.settings.name)}</p><p class="rs-bubble">{title}{words}</p></div>'
        )

    def evidence(self, draft: Draft, member: Member, *, is_saved: bool) -> str:
        """The checks and the facts the message used."""
        checks = "".join(self._check(check) for check in draft.checks)
        facts = "".join(
            table_row(escape(fact.label), f"{escape(fact.value)}<br>{source_tag(fact.source)}")
            for fact in draft.facts
        )
        verdict = "All checks are green"
        if draft.red:
            verdict = f"{len(draft.red)} red: this message will not be exported"
        about = [f"Variant {draft.variant}.", WRITERS[draft.handled_by]]
        about.append(f"Offer: {draft.offer}." if draft.offer else f"No offer: {member.offer_why}.")
        if draft.neutral:
            about.append("Neutral: it uses nothing of this customer's history.")
        if not is_saved:
            about.append("Only looked at: this customer's own message is another one.")
        return stacked(
            panel(
                "Checks",
                f'<p><b>{escape(verdict)}</b></p><ul class="rs-checks">{checks}</ul>'
                f'<p class="rs-small">{escape(" ".join(about))}</p>',
            ),
            panel("Facts used", f'<table class="rs-facts">{facts}</table>'),
        )

    def _check(self, check: Check) -> str:
        sign, word, kind = ("✓", "passed", "green") if check.ok else ("✗", "failed", "red")
        return (
            f'<li class="rs-{kind}"><span class="rs-sign" role="img" aria-label="{word}">{sign}</span>'
            f"<span><b>{escape(check.name)}</b><small>{escape(check.detail)}</small></span></li>"
        )

    # -- all messages ----------------------------------------------------------------------------

    def progress(self, done: int, total: int, words: str) -> str:
        """How far drafting has come."""
        share = 100 if not total else round(100 * done / total)
        return stacked(
            f'<div class="rs-progress" role="progressbar" aria-valuenow="{share}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-label="Drafting"><i style="width:{share}%"></i></div>'
            f'<p class="rs-small">{done:,} of {total:,} drafted. {escape(words)}</p>'
        )

    def state(self, campaign: Campaign, drafts: Mapping[str, Draft]) -> str:
        """How many messages are green, red and missing, and why the red ones are."""
        green = sum(draft.ok for draft in drafts.values())
        red = len(drafts) - green
        missing = len(campaign.recipients) - len(drafts)
        badges = (
            f'<p class="rs-badges"><span class="rs-badge rs-yes">{green:,} green</span> '
            f'<span class="rs-badge{" rs-warn" if red else ""}">{red:,} red</span> '
            f'<span class="rs-badge">{missing:,} not drafted</span></p>'
        )
        why = "".join(f"<li><b>{count:,}</b> {escape(name)}</li>" for name, count in red_reasons(drafts))
        return stacked(
            panel("Messages", badges + (f'<ul class="rs-out">{why}</ul>' if why else "")),
        )

    def approval(self, approval: Approval | None, holds: bool) -> str:
        """Whether the messages may go out."""
        if approval is None:
            return stacked(notice("Not approved yet: nothing can be exported or sent.", "empty"))
        when = f"{approval.at:%d %B %Y, %H:%M} UTC"
        if not holds:
            words = (
                f"Messages have changed since {approval.by} approved them on {when}. Look and approve again."
            )
            return stacked(notice(words, "problem"))
        words = f"{approval.by} approved {approval.green:,} messages on {when}."
        if approval.red:
            words += f" {approval.red:,} are red and stay in."
        return stacked(notice(words))

    def steps(self, steps: Sequence[TakenStep]) -> str:
        """What was done with the campaign."""
        if not steps:
            return ""
        rows = "".join(
            table_row(
                escape(f"{step.at:%d %B %Y, %H:%M}"),
                escape(step.step),
                escape(step.by),
                escape(", ".join(f"{v:,} {k}" if isinstance(v, int) else str(v) for k, v in _shown(step))),
            )
            for step in reversed(steps)
        )
        return stacked(panel("What was done", f'<table class="rs-lines">{rows}</table>'))

    def lines(self, lines: Sequence[str]) -> str:
        """A report of a few lines."""
        return stacked(*(notice(line) for line in lines))


def _shown(step: TakenStep) -> list[tuple[str, object]]:
    return [(name.replace("_", " "), v) for name, v in step.document.items() if name != "digest"]

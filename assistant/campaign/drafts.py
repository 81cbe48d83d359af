"""Drafting a campaign: one checked message per recipient, saved as it goes, so that a stop loses nothing.

Knows who may still be written to (asked anew each time) and what is already there; words and checks
are message.py's and checks.py's.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.campaign.audience import customers_by_id
from assistant.campaign.base import CHANNELS, Campaign, Member, allows
from assistant.campaign.brand import BRAND, Brand
from assistant.campaign.checks import Check, Fact, ShownProduct, Text, check_message
from assistant.campaign.goals import find_goal
from assistant.campaign.material import Job
from assistant.campaign.message import Written, write_messages
from assistant.campaign.offers import OFFERS, Offers
from shop.errors import ConfigError, NotAllowed, NotFound
from shop.types import Customer

if TYPE_CHECKING:
    from assistant.chat import Assistant

TOGETHER = 48
"""Messages worded in one go: many share what the model is asked, and what is saved is safe from a stop."""
RATE_KEY = "campaign messages a minute"
FIRST_GUESS = 300.0
"""Messages a minute before anything was measured on this machine."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """One customer's message, ready to be looked at. `status` is "draft" or "refused". `handled_by` is
    "model", "mixed", "composer" or "marketer" (edited by hand)."""

    customer_id: str
    text: Text
    facts: tuple[Fact, ...]
    products: tuple[ShownProduct, ...]
    checks: tuple[Check, ...]
    handled_by: str
    variant: str = "A"
    offer: str = ""
    attempt: int = 0
    neutral: bool = False

    @property
    def ok(self) -> bool:
        """Whether every check is green."""
        return all(check.ok for check in self.checks)

    @property
    def red(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return tuple(check.name for check in self.checks if not check.ok)

    @property
    def status(self) -> str:
        """ "draft" where it may be exported, "refused" where a check is red."""
        return "draft" if self.ok else "refused"

    @property
    def announced(self) -> tuple[str, ...]:
        """Ids of the products it is about, whether or not it lists them."""
        listed = tuple(product.id for product in self.products)
        return listed or tuple(f.source.removeprefix("Product ") for f in self.facts if f.label == "Product")

    def as_json(self) -> dict[str, Any]:
        """JSON-ready form; `read_draft` takes it back."""
        return asdict(self) | {"text": asdict(self.text)}


def read_draft(document: dict[str, Any]) -> Draft:
    """A draft out of its stored form."""
    kept = dict(document)
    return Draft(
        text=Text(**kept.pop("text")),
        facts=tuple(Fact(**row) for row in kept.pop("facts")),
        products=tuple(ShownProduct(**row) for row in kept.pop("products")),
        checks=tuple(Check(**row) for row in kept.pop("checks")),
        **kept,
    )


def draft_campaign(assistant: Assistant, campaign: Campaign, progress: Progress | None = None) -> list[Draft]:
    """A draft for every recipient; those saved by an earlier run are kept.

    A customer who has since withdrawn consent or been deleted is passed over. `progress` is called with
    how many are done of how many.
    """
    for done, total in draft_steps(assistant, campaign):
        if progress is not None:
            progress(done, total)
    drafts = drafts_of(assistant, campaign.id)
    return [drafts[m.customer_id] for m in campaign.recipients if m.customer_id in drafts]


def draft_steps(assistant: Assistant, campaign: Campaign) -> Iterator[tuple[int, int]]:
    """The same a step at a time: yields how many are done of how many; may be left after any step."""
    saved = {row.customer_id for row in assistant.store.drafts(campaign.id)}
    waiting = [member for member in campaign.recipients if member.customer_id not in saved]
    total = len(campaign.recipients)
    yield total - len(waiting), total
    started, written = time.monotonic(), 0
    house = _House.of(assistant)
    for at in range(0, len(waiting), TOGETHER):
        jobs = []
        for member in waiting[at : at + TOGETHER]:
            with contextlib.suppress(NotAllowed, NotFound):
                jobs.append(_job(assistant, campaign, member, house))
        written += len(_write(assistant, campaign, jobs))
        yield total - len(waiting) + min(at + TOGETHER, len(waiting)), total
    if written >= TOGETHER:
        rate = written / max(1e-6, time.monotonic() - started) * 60
        assistant.store.set_meta(RATE_KEY, f"{assistant.settings.model} {rate:.0f}")


def draft_message(
    assistant: Assistant,
    campaign: Campaign,
    customer_id: str,
    *,
    again: bool = False,
) -> Draft:
    """One message, drafted, checked and saved; what is saved already stays as it is unless `again`.

    Raises NotFound, or NotAllowed without consent or if held out.
    """
    member = _member(campaign, customer_id)
    job = _job(assistant, campaign, member, _House.of(assistant))
    saved = saved_draft(assistant, campaign.id, customer_id)
    if saved is not None and not again:
        return saved
    if saved is not None:
        job = replace(job, attempt=saved.attempt + 1)
    return _write(assistant, campaign, [job])[0]


def preview_message(
    assistant: Assistant, campaign: Campaign, customer_id: str, *, variant: str = "", neutral: bool = False
) -> Draft:
    """The message as it would be in another variant, or neutral; looked at only, nothing is saved."""
    member = _member(campaign, customer_id)
    job = _job(assistant, campaign, replace(member, variant=variant or member.variant), _House.of(assistant))
    job = replace(job, neutral=neutral, offer=job.offer if job.variant.offer else None)
    return _as_draft(job, write_messages(assistant, [job])[0])


def edit_message(assistant: Assistant, campaign: Campaign, customer_id: str, **texts: str) -> Draft:
    """The customer's draft with `subject`, `preheader`, `body` or `cta` as a person wrote them, checked
    and saved. Raises NotFound where nothing is drafted, ConfigError for a text that is no part."""
    saved = saved_draft(assistant, campaign.id, customer_id)
    if saved is None:
        raise NotFound(f"customer {customer_id} has no draft in this campaign; draft it first")
    unknown = set(texts) - {"subject", "preheader", "body", "cta"}
    if unknown:
        raise ConfigError(f"a message has no {min(unknown)}; edit subject, preheader, body or cta")
    clean = {name: value.replace("\r\n", "\n").strip() for name, value in texts.items()}
    text = replace(saved.text, **clean)
    if text == saved.text:
        return saved
    draft = recheck(assistant, replace(saved, text=text, handled_by="marketer"))
    assistant.store.put_draft(campaign.id, customer_id, draft.as_json(), draft.status)
    return draft


def recheck(assistant: Assistant, draft: Draft) -> Draft:
    """The draft with its checks made anew, against the records as they are at this moment."""
    return recheck_all(assistant, [draft])[draft.customer_id]


def recheck_all(assistant: Assistant, drafts: Sequence[Draft]) -> dict[str, Draft]:
    """`recheck` of many, by customer id; records are read once for all."""
    house = _House.of(assistant)
    people = customers_by_id(assistant.store, [draft.customer_id for draft in drafts])
    products = assistant.store.products_by_id(id_ for draft in drafts for id_ in draft.announced)
    found = {}
    for draft in drafts:
        offer = house.offers.find(draft.offer) if draft.offer else None
        customer = people.get(draft.customer_id, Customer(draft.customer_id))
        checks = check_message(
            draft.text,
            facts=draft.facts,
            shown=draft.products,
            products=[products[id_] for id_ in draft.announced if id_ in products],
            consent=customer.consent,
            offer=offer,
            brand=house.brand,
            today=assistant.settings.current_date,
            locale=assistant.settings.locale,
        )
        if draft.offer and offer is None:
            gone = Check("Offer right", False, f"“{draft.offer}” is no longer allowed: draft again")
            checks = tuple(gone if check.name == "No invented offer" else check for check in checks)
        found[draft.customer_id] = replace(draft, checks=checks)
    return found


def saved_draft(assistant: Assistant, campaign_id: str, customer_id: str) -> Draft | None:
    """The draft saved for a customer, or None."""
    row = assistant.store.draft(campaign_id, customer_id)
    return read_draft(row.document) if row else None


def drafts_of(assistant: Assistant, campaign_id: str) -> dict[str, Draft]:
    """The drafts saved so far, by customer id."""
    return {row.customer_id: read_draft(row.document) for row in assistant.store.drafts(campaign_id)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much work drafting is: messages still to write, seconds, and whether that was measured here."""

    messages: int
    seconds: float
    measured: bool

    def sentence(self) -> str:
        """The estimate in words."""
        if not self.messages:
            return "All messages are drafted."
        took = f"{self.seconds:.0f} seconds" if self.seconds < 90 else f"{self.seconds / 60:.0f} minutes"
        base = "as fast as the last run here" if self.measured else "a first guess, nothing measured here yet"
        what = "message" if self.messages == 1 else "messages"
        return f"{self.messages:,} {what} to draft: about {took} ({base}). Nothing leaves this machine."


def estimate_drafting(assistant: Assistant, campaign: Campaign) -> Estimate:
    """What drafting the rest of the campaign will take, from the speed of the last run."""
    done = {row.customer_id for row in assistant.store.drafts(campaign.id)}
    left = sum(member.customer_id not in done for member in campaign.recipients)
    model, _, rate = (assistant.store.meta(RATE_KEY) or "").rpartition(" ")
    measured = model == assistant.settings.model and bool(rate)
    return Estimate(left, left / (float(rate) if measured else FIRST_GUESS) * 60, measured)


def _member(campaign: Campaign, customer_id: str) -> Member:
    member = next((row for row in campaign.audience if row.customer_id == customer_id), None)
    if member is None:
        raise NotAllowed(f"customer {customer_id} is not in this campaign's audience; choose one who is")
    return member


@dataclass(frozen=True, slots=True)
class _House:
    """What the shop's two files say, read once for many messages."""

    brand: Brand
    offers: Offers

    @classmethod
    def of(cls, assistant: Assistant) -> _House:
        folder = assistant.settings.shop
        return cls(BRAND.load(folder), OFFERS.load(folder))


def _job(assistant: Assistant, campaign: Campaign, member: Member, house: _House) -> Job:
    customer_id = member.customer_id
    customer = assistant.store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; choose one of the audience")
    if not allows(customer.consent, campaign.channel):
        what = CHANNELS[campaign.channel]
        raise NotAllowed(f"customer {customer_id} does not allow {what}; leave them out")
    if member.held_out:
        raise NotAllowed(f"customer {customer_id} is held out to measure the effect; choose another one")
    return Job(
        customer,
        find_goal(campaign.goal),
        campaign.channel,
        campaign.name,
        campaign.variant(member.variant),
        house.brand,
        house.offers.find(member.offer) if member.offer else None,
        campaign.products,
    )


def _write(assistant: Assistant, campaign: Campaign, jobs: Sequence[Job]) -> list[Draft]:
    drafts = [_as_draft(job, one) for job, one in zip(jobs, write_messages(assistant, jobs), strict=True)]
    assistant.store.put_drafts(campaign.id, [(d.customer_id, d.as_json(), d.status) for d in drafts])
    return drafts


def _as_draft(job: Job, written: Written) -> Draft:
    return Draft(
        customer_id=job.customer.id,
        text=written.text,
        facts=written.facts,
        products=written.products,
        checks=written.checks,
        handled_by=written.handled_by,
        variant=job.variant.name,
        offer=job.offer.text if job.offer else "",
        attempt=job.attempt,
        neutral=written.neutral,
    )

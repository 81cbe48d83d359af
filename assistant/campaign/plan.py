"""A campaign's plan: for what, to whom, in which variants, with which offers, who is left out and why.

Writes only to customers who allow marketing on the channel; there is no switch for that. Knows the
store, groups and rules; writes no word of any message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assistant.campaign.audience import Crowd, Group
from assistant.campaign.base import CAP_HOURS, CHANNELS, Campaign, Member, allows, moment_of, save_campaign
from assistant.campaign.goals import Goal, find_goal
from assistant.campaign.offers import OFFERS, Offers, Standing, choose_offer
from assistant.campaign.variants import (
    Variant,
    assign_variant,
    check_variants,
    is_held_out,
)
from insight.features import mean_money
from shop.errors import ConfigError
from shop.types import Customer

if TYPE_CHECKING:
    from assistant.chat import Assistant

DAYS_MOST, LIMIT_MOST, CAP_MOST = 3650, 100_000, 720


@dataclass(frozen=True, slots=True)
class Request:
    """What a marketer asks for. `days` and `cap_hours` of None are the goal's and the channel's own;
    without `include` the goal's own group is written to. `products` are announced by a launch. `days`
    0 or a bad `holdout` (0 to 0.5) raise ConfigError when planned."""

    goal: str = "win back"
    days: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int = 50
    holdout: float = 0.1
    channel: str = "email"
    cap_hours: int | None = None
    variants: tuple[Variant, ...] = (Variant("A"),)
    learn: bool = True
    products: tuple[str, ...] = ()


def plan_campaign(assistant: Assistant, request: Request | None = None, **asked: Any) -> Campaign:
    """Plan and save a campaign; `asked` are fields of `Request`.

    Takes the `limit` biggest spenders among those who may be written to, and holds the share `holdout`
    of them out. Raises ConfigError for values that make no sense.
    """
    request = replace(request or Request(), **asked)
    goal = find_goal(request.goal)
    _check(request, goal)
    store, settings = assistant.store, assistant.settings
    offers = OFFERS.load(settings.shop)
    crowd = Crowd(assistant)
    days = request.days or goal.days
    include = [crowd.group(term) for term in request.include or (goal.audience.format(days=days),)]
    exclude = [crowd.group(term) for term in request.exclude]
    products = _announced(assistant, request.products)
    cap_hours = CAP_HOURS[request.channel] if request.cap_hours is None else request.cap_hours
    name = _name(assistant, goal, request.channel)

    sieve = _Sieve(set(crowd.customers))
    sieve.keep("not in the group asked for", set().union(*(group.ids for group in include)))
    sieve.drop("in a group left out", set().union(*(group.ids for group in exclude)))
    if products:
        had = {row[0] for row in store.purchases() if row[1] in products}
        sieve.drop("have bought what is announced", had)
    language = settings.locale.split("_")[0]
    sieve.drop("use another language than these messages", _other_language(crowd.customers, language))
    consenting = {id_ for id_ in sieve.left if allows(crowd.customers[id_].consent, request.channel)}
    sieve.keep(f"do not allow {CHANNELS[request.channel]}", consenting)
    since = moment_of(settings) - timedelta(hours=cap_hours)
    lately = {id_ for id_, at in store.last_messages(request.channel).items() if at > since}
    sieve.drop(f"were written to in the last {cap_hours} hours", lately)
    ranked = sorted(sieve.left, key=lambda id_: (-_spent(crowd, id_), id_))
    chosen = ranked[: request.limit]
    sieve.keep(f"beyond the limit of {request.limit:,}, smaller spenders", set(chosen))

    shares, why = _shares(assistant, request, goal)
    picked = _Picker(crowd, offers, goal, name, request, shares)
    campaign = Campaign(
        id="",
        name=name,
        goal=goal.name,
        as_of=settings.current_date,
        channel=request.channel,
        rule=_rule(include, exclude),
        holdout=request.holdout,
        considered=len(crowd.customers),
        eligible=len(ranked),
        audience=tuple(picked.member(id_) for id_ in chosen),
        excluded=tuple((reason, count) for reason, count in sieve.dropped if count),
        variants=request.variants,
        shares=shares,
        shares_why=why,
        products=products,
        cap_hours=cap_hours,
        notices=_notices(crowd, (*include, *exclude), chosen, request.channel),
    )
    return save_campaign(assistant, campaign)


class _Sieve:
    """Who is left, and how many each reason took out: every customer is counted once."""

    def __init__(self, everybody: set[str]) -> None:
        self.left = everybody
        self.dropped: list[tuple[str, int]] = []

    def keep(self, reason: str, ids: set[str]) -> None:
        before = len(self.left)
        self.left = self.left & ids
        self.dropped.append((reason, before - len(self.left)))

    def drop(self, reason: str, ids: set[str]) -> None:
        self.keep(reason, self.left - ids)


@dataclass(frozen=True, slots=True)
class _Picker:
    """Makes members of customers."""

    crowd: Crowd
    offers: Offers
    goal: Goal
    name: str
    request: Request
    shares: tuple[float, ...]

    def member(self, customer_id: str) -> Member:
        crowd = self.crowd
        row = crowd.stats.get(customer_id)
        variant = self.request.variants[assign_variant(self.name, customer_id, self.shares)]
        offer, why = None, "this variant makes no offer"
        if variant.offer:
            offer, why = choose_offer(self.offers, self.goal, self._standing(customer_id), crowd.today)
        return Member(
            customer_id=customer_id,
            days_since=crowd.days_since(customer_id),
            orders=row.orders if row else 0,
            spent=row.spent if row else None,
            held_out=is_held_out(self.name, customer_id, self.request.holdout),
            variant=variant.name,
            segment=crowd.segment_of(customer_id),
            offer=offer.text if offer else "",
            offer_why=why,
        )

    def _standing(self, customer_id: str) -> Standing:
        crowd = self.crowd
        row = crowd.stats.get(customer_id)
        chance = None
        if self.offers.allowed and crowd.is_predicted:
            profile = crowd.profiles.get(customer_id)
            chance = profile.buy_90.probability if profile and profile.buy_90 else None
        return Standing(
            crowd.days_since(customer_id),
            crowd.usual_gap_days(customer_id) if self.offers.allowed else None,
            mean_money(row.spent, row.orders) if row else None,
            row.spent if row else None,
            chance,
        )


def _check(request: Request, goal: Goal) -> None:
    if request.days is not None and not 1 <= request.days <= DAYS_MOST:
        raise ConfigError(f"days is {request.days}; choose 1 to {DAYS_MOST} days")
    if not 1 <= request.limit <= LIMIT_MOST:
        raise ConfigError(f"limit is {request.limit}; choose 1 to {LIMIT_MOST:,} customers")
    if not 0 <= request.holdout <= 0.5:
        raise ConfigError(f"holdout is {request.holdout}; choose a share from 0 to 0.5")
    if request.channel not in CHANNELS:
        raise ConfigError(f"there is no channel {request.channel!r}; choose one of {', '.join(CHANNELS)}")
    if request.cap_hours is not None and not 0 <= request.cap_hours <= CAP_MOST:
        raise ConfigError(f"the frequency cap is {request.cap_hours}; choose 0 to {CAP_MOST} hours")
    check_variants(request.variants)
    if goal.picks == "chosen" and not request.products:
        raise ConfigError("a launch announces products; choose them by id")
    if goal.picks != "chosen" and request.products:
        raise ConfigError(f"the goal {goal.name} chooses products by itself; leave them out")


def _announced(assistant: Assistant, ids: Sequence[str]) -> tuple[str, ...]:
    known = assistant.store.products_by_id(ids)
    for id_ in ids:
        if id_ not in known:
            raise ConfigError(f"there is no product {id_!r}; name what is announced by its id")
        if known[id_].in_stock is False:
            raise ConfigError(f"{known[id_].title} is out of stock; announce what can be bought")
    return tuple(dict.fromkeys(ids))


def _name(assistant: Assistant, goal: Goal, channel: str) -> str:
    """A name of its own: the hold-out and the variants are drawn by it."""
    base = f"{goal.name.replace(' ', '-')}-{channel}-{assistant.settings.current_date.isoformat()}"
    taken = {campaign.name for campaign in assistant.store.campaigns()}
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _shares(assistant: Assistant, request: Request, goal: Goal) -> tuple[tuple[float, ...], str]:
    from assistant.campaign.results import learn_shares

    count = len(request.variants)
    if count == 1 or not request.learn:
        return tuple(round(1 / count, 4) for _ in request.variants), "" if count == 1 else "Equal shares."
    return learn_shares(assistant, goal.name, request.channel, request.variants)


def _notices(crowd: Crowd, groups: Sequence[Group], chosen: Sequence[str], channel: str) -> tuple[str, ...]:
    """What the groups have to say, and whose address the data lacks."""
    found = dict.fromkeys(group.notice for group in groups if group.notice)
    field = {"email": "email", "sms": "phone"}.get(channel, "")
    lacking = sum(not getattr(crowd.customers[id_], field) for id_ in chosen) if field else 0
    if lacking:
        what = "e-mail address" if field == "email" else "phone number"
        found[
            f"{lacking:,} of the {len(chosen):,} have no {what} in the data: they cannot be sent to from "
            "here, and in an export your mailing service must know them by customer_id."
        ] = None
    return tuple(found)


def _rule(include: Sequence[Group], exclude: Sequence[Group]) -> str:
    rule = " or ".join(group.sentence for group in include)
    return rule + "".join(f", leaving out those who {group.sentence}," for group in exclude)


LANGUAGES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "dutch": "nl"}


def _other_language(customers: Mapping[str, Customer], language: str) -> set[str]:
    """Customers whose recorded language is another one; an empty or unknown one says nothing."""
    found = set()
    for customer in customers.values():
        said = customer.language.strip().lower()
        code = LANGUAGES.get(said, said.replace("_", "-").split("-")[0])
        if len(code) == 2 and code != language:
            found.add(customer.id)
    return found


def _spent(crowd: Crowd, customer_id: str) -> Decimal:
    row = crowd.stats.get(customer_id)
    return row.spent.amount if row else Decimal(0)


def send_window(assistant: Assistant, campaign: Campaign) -> str:
    """When this audience tends to order, as advice; '' where the data has no times of day."""
    return _advice(campaign, Crowd(assistant).times)


def _advice(campaign: Campaign, times: Mapping[str, Sequence[datetime]]) -> str:
    hours: dict[tuple[int, int], int] = {}
    total = 0
    for member in campaign.audience:
        for at in times.get(member.customer_id, ()):
            if (at.hour, at.minute) != (0, 0):
                slot = at.weekday(), at.hour // 3
                hours[slot] = hours.get(slot, 0) + 1
                total += 1
    if total < 30:
        return ""
    (day, third), count = max(hours.items(), key=lambda each: (each[1], each[0]))
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return (
        f"Of their {total:,} orders most ({count / total:.0%}) were placed on a {days[day]} between "
        f"{third * 3}:00 and {third * 3 + 3}:00 UTC; shortly before would suit."
    )

"""Groups of customers to write to or to leave out, by stated rules and by predictions where there are any.

    crowd = Crowd(assistant)
    crowd.group("lapsed:90").size

Knows order dates, sums, countries, tags, purchases and what insight expects; knows nothing of consent
(the plan's matter) or of messages. Nothing private is a group: products that tell something of
health, faith or grief cannot be named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from assistant.privacy import is_sensitive
from insight.customers import open_insight
from insight.profile import RULES, CustomerProfile
from insight.segments import lapsed_among, stats_as_of
from shop.errors import ConfigError
from shop.store import CustomerStats, Store
from shop.types import Customer

if TYPE_CHECKING:
    from assistant.chat import Assistant

PAGE_ROWS = 2000
FEW = 50
LOYAL_ORDERS = 5
COUNTRIES_OFFERED = 8
DUE_FROM, DUE_TO = 0.8, 2.5
"""Something is due again between these multiples of the days it usually takes."""

HOW = (
    "all, lapsed:DAYS, active:DAYS, new:DAYS, loyal, due, top:PERCENT, country:NAME, tag:NAME, "
    "bought:PRODUCT, category:NAME, segment:NAME, churn:PERCENT, buy:PERCENT, moved:PERCENT"
)


@dataclass(frozen=True, slots=True)
class Group:
    """Customers who have something in common: the term that names it, its rule in words, and who."""

    term: str
    sentence: str
    ids: frozenset[str]
    notice: str = ""

    @property
    def size(self) -> int:
        """How many customers the rule holds for."""
        return len(self.ids)


class Crowd:
    """All customers with their figures as of the shop's date; read once, then asked many things."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._store, self._settings = assistant.store, assistant.settings
        self.today = assistant.settings.current_date

    @cached_property
    def customers(self) -> Mapping[str, Customer]:
        """Every customer by id."""
        return {customer.id: customer for customer in all_customers(self._store)}

    @cached_property
    def stats(self) -> Mapping[str, CustomerStats]:
        """Order figures by customer id, of those who have a dated order."""
        rows = stats_as_of(self._store, self.today)
        return {row.customer_id: row for row in rows if row.last_at and row.customer_id in self.customers}

    @cached_property
    def times(self) -> Mapping[str, list[datetime]]:
        """When each customer ordered, oldest first."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for customer_id, at, _ in self._store.order_times():
            if at.date() <= self.today:
                found[customer_id].append(at)
        return found

    @cached_property
    def profiles(self) -> Mapping[str, CustomerProfile]:
        """What insight expects of each customer, by id."""
        return {
            profile.customer_id: profile for profile in open_insight(self._store, self._settings).profiles()
        }

    @cached_property
    def segments(self) -> Mapping[str, Group]:
        """The shop's segments by name, lower case."""
        return {
            each.name.lower(): Group(f"segment:{each.name}", each.sentence, frozenset(each.customer_ids))
            for each in open_insight(self._store, self._settings).segments()
        }

    def days_since(self, customer_id: str) -> int | None:
        """Days since the last order; None without a dated one."""
        row = self.stats.get(customer_id)
        return (self.today - row.last_at.date()).days if row and row.last_at else None

    def usual_gap_days(self, customer_id: str) -> float | None:
        """The median days between orders on different days; None with fewer than three of them."""
        days = sorted({at.date() for at in self.times.get(customer_id, ())})
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        return float(median(gaps)) if len(gaps) >= 2 else None

    def segment_of(self, customer_id: str) -> str:
        """The name of the first of the shop's segments that the customer is in, or ''."""
        return self._segment_names.get(customer_id, "")

    @cached_property
    def _segment_names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for group in self.segments.values():
            for customer_id in group.ids:
                names.setdefault(customer_id, group.term.partition(":")[2])
        return names

    # -- groups ----------------------------------------------------------------------------------

    def group(self, term: str) -> Group:
        """The group that `term` names. Raises ConfigError saying which terms there are."""
        kind, _, value = term.strip().partition(":")
        makers: dict[str, Callable[[str], Group]] = {
            "lapsed": self._lapsed,
            "active": self._active,
            "new": self._new,
            "top": self._top,
            "country": self._country,
            "tag": self._tag,
            "bought": self._bought,
            "category": self._category,
            "segment": self._segment,
            "churn": self._churn,
            "buy": self._buy,
            "moved": self._moved,
        }
        plain: dict[str, Callable[[], Group]] = {"all": self._all, "loyal": self._loyal, "due": self._due}
        kind, value = kind.strip().lower(), value.strip()
        if kind in plain and not value:
            return plain[kind]()
        if kind not in makers or not value:
            raise ConfigError(f"there is no group {term!r}; use one of {HOW}")
        return makers[kind](value)

    def offered(self) -> Iterator[Group]:
        """Groups worth choosing from, each with somebody in it."""
        terms = ["all", "lapsed:90", "lapsed:180", "active:30", "new:30", "loyal", "due", "top:20"]
        terms += [group.term for group in self.segments.values()]
        if self.is_predicted:
            terms += ["churn:50", "buy:50"]
        if self.group("moved:50").size < len(self.customers):  # where it is learnt
            terms.append("moved:50")
        countries = Counter(customer.country for customer in self.customers.values() if customer.country)
        terms += [f"country:{name}" for name, _ in countries.most_common(COUNTRIES_OFFERED)]
        tags = Counter(tag for customer in self.customers.values() for tag in customer.tags)
        terms += [f"tag:{name}" for name, _ in tags.most_common(COUNTRIES_OFFERED)]
        for term in terms:
            if (group := self.group(term)).ids:
                yield group

    @cached_property
    def is_predicted(self) -> bool:
        """Whether a trained model stands behind the predictions."""
        first = next(iter(self.profiles.values()), None)
        return first is not None and first.churn is not None and first.churn.model != RULES

    def _all(self) -> Group:
        return Group("all", "are customers of the shop", frozenset(self.customers))

    def _lapsed(self, value: str) -> Group:
        days = _whole(value, "lapsed", 3650)
        found = lapsed_among(list(self.stats.values()), self.today, days)
        words = f"have not ordered in the last {days} days"
        return Group(f"lapsed:{days}", words, frozenset(row.customer_id for row in found))

    def _active(self, value: str) -> Group:
        days = _whole(value, "active", 3650)
        found = {id_ for id_ in self.stats if (self.days_since(id_) or 0) <= days}
        return Group(f"active:{days}", f"have ordered in the last {days} days", frozenset(found))

    def _new(self, value: str) -> Group:
        days = _whole(value, "new", 3650)
        found = {
            id_ for id_, row in self.stats.items() if row.orders == 1 and (self.days_since(id_) or 0) <= days
        }
        words = f"placed their first and only order in the last {days} days"
        return Group(f"new:{days}", words, frozenset(found))

    def _loyal(self) -> Group:
        found = {id_ for id_, row in self.stats.items() if row.orders >= LOYAL_ORDERS}
        return Group("loyal", f"have placed {LOYAL_ORDERS} orders or more", frozenset(found))

    def _top(self, value: str) -> Group:
        share = _whole(value, "top", 100)
        ranked = sorted(self.stats.values(), key=lambda row: (-row.spent.amount, row.customer_id))
        found = ranked[: max(1, len(ranked) * share // 100)] if ranked else []
        words = f"are among the {share} % who spent most"
        return Group(f"top:{share}", words, frozenset(row.customer_id for row in found))

    def _country(self, value: str) -> Group:
        found = {c.id for c in self.customers.values() if c.country.casefold() == value.casefold()}
        return Group(f"country:{value}", f"live in {value}", frozenset(found))

    def _tag(self, value: str) -> Group:
        found = {c.id for c in self.customers.values() if value.casefold() in map(str.casefold, c.tags)}
        return Group(f"tag:{value}", f"are tagged {value}", frozenset(found))

    def _bought(self, value: str) -> Group:
        product = self._store.products_by_id([value]).get(value)
        if product is None:
            raise ConfigError(f"there is no product {value!r}; name one by its id, as bought:ID")
        _refuse_private(product.title)
        found = {row[0] for row in self._store.purchases() if row[1] == value and row[0] in self.customers}
        return Group(f"bought:{value}", f"have bought {product.title}", frozenset(found))

    def _category(self, value: str) -> Group:
        _refuse_private(value)
        wanted = value.casefold()
        within = {
            product.id
            for product in self._store.products()
            if wanted in (category.casefold() for category in product.categories)
        }
        if not within:
            raise ConfigError(f"no product is in a category {value!r}; name one that the catalogue has")
        found = {row[0] for row in self._store.purchases() if row[1] in within and row[0] in self.customers}
        return Group(f"category:{value}", f"have bought from {value}", frozenset(found))

    def _due(self) -> Group:
        words = "usually buy something again that is due about now"
        return Group("due", words, frozenset(self.due) & frozenset(self.customers))

    @cached_property
    def due(self) -> Mapping[str, tuple[str, ...]]:
        """Products that each customer bought on several days and usually buys again about now."""
        days: dict[tuple[str, str], set[int]] = defaultdict(set)
        for customer_id, product_id, _, at, _, _ in self._store.purchases():
            if customer_id and at is not None and at.date() <= self.today:
                days[customer_id, product_id].add(at.toordinal())
        found: dict[str, list[str]] = defaultdict(list)
        now = self.today.toordinal()
        for (customer_id, product_id), bought in days.items():
            if len(bought) < 2:
                continue
            ordered = sorted(bought)
            usual = median(later - earlier for earlier, later in pairwise(ordered))
            if usual >= 7 and DUE_FROM * usual <= now - ordered[-1] <= DUE_TO * usual:
                found[customer_id].append(product_id)
        return {customer_id: tuple(ids) for customer_id, ids in found.items()}

    def _segment(self, value: str) -> Group:
        group = self.segments.get(value.lower())
        if group is None:
            known = ", ".join(each.term.partition(":")[2] for each in self.segments.values())
            raise ConfigError(f"there is no segment {value!r}; use one of {known}")
        words = f"are in the segment {value} ({group.sentence[:1].lower()}{group.sentence[1:]})"
        return Group(group.term, words, group.ids)

    def _churn(self, value: str) -> Group:
        percent = _whole(value, "churn", 100)
        found, notice = self._predicted(percent, "churn")
        return Group(f"churn:{percent}", f"are at least {percent} % likely to stop ordering", found, notice)

    def _buy(self, value: str) -> Group:
        percent = _whole(value, "buy", 100)
        found, notice = self._predicted(percent, "buy_30")
        words = f"are at least {percent} % likely to order in the next 30 days"
        return Group(f"buy:{percent}", words, found, notice)

    def _moved(self, value: str) -> Group:
        from assistant.campaign.moved import find_moved

        percent = _whole(value, "moved", 100)
        found, notice = find_moved(self._assistant, self, percent)
        words = f"are among the {percent} % whom a message moves most"
        return Group(f"moved:{percent}", words, found, notice)

    def _predicted(self, percent: int, field: str) -> tuple[frozenset[str], str]:
        found, notice = set(), ""
        for id_, profile in self.profiles.items():
            prediction = getattr(profile, field)
            if prediction is not None and id_ in self.customers:
                notice = notice or prediction.notice
                if prediction.probability * 100 >= percent:
                    found.add(id_)
        return frozenset(found), notice


def all_customers(store: Store) -> Iterator[Customer]:
    """Every customer, a page at a time."""
    offset = 0
    while page := store.customers(PAGE_ROWS, offset):
        yield from page
        offset += len(page)


def customers_by_id(store: Store, ids: Collection[str]) -> Mapping[str, Customer]:
    """Those of `ids` that are known; many are read a page at a time."""
    if len(ids) > FEW:
        wanted = set(ids)
        return {customer.id: customer for customer in all_customers(store) if customer.id in wanted}
    found = ((id_, store.customer(id_)) for id_ in ids)
    return {id_: customer for id_, customer in found if customer is not None}


def _whole(value: str, kind: str, most: int) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise ConfigError(f"{kind}:{value} is not understood; choose a whole number from 1 to {most}")
    return int(value)


def _refuse_private(text: str) -> None:
    if is_sensitive(text):
        raise ConfigError(
            f"{text!r} tells something private about those who buy it; nobody is chosen by that"
        )

"""What faces read: profiles by rules and by models, kept predictions, and their score afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from insight.customers import Insight, next_purchase, open_insight
from insight.learning import learn, record, score_past
from insight.profile import RULES, CustomerProfile
from shop.settings import Settings, load_settings
from shop.store import Store
from shop.types import Customer, Money, Order, OrderLine, Return

TODAY = date(2021, 7, 31)


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, records: tuple[list[Order], list[Return]]
) -> Iterator[tuple[Store, Settings]]:
    folder = tmp_path_factory.mktemp("shop")
    settings = load_settings(folder, today=TODAY, segments={"Fans": "orders >= 6"}, churn_days=60)
    with Store(settings.database_url) as store:
        store.put_orders(records[0])
        store.put_returns(records[1])
        store.put_customers([Customer("quiet")])
        yield store, settings


@pytest.fixture(scope="module")
def taught(shop: tuple[Store, Settings]) -> Insight:
    store, settings = shop
    kept = learn(store, settings, seed=0)
    assert set(kept) == {30, 60, 90} and all(kept.values())
    return open_insight(store, settings)


def test_without_a_model_the_rules_say_so(shop: tuple[Store, Settings], tmp_path: Path) -> None:
    store, settings = shop
    insight = open_insight(store, settings.model_copy(update={"shop": tmp_path}))
    for profile in list(insight.profiles())[:20]:
        assert profile.churn and profile.churn.model == RULES
        assert "no model is trained yet" in profile.churn.notice
        assert [one.feature for one in profile.churn.reasons] == ["days_since"]
        assert profile.expected_value is None
    assert insight.model_card("churn") is None
    blank = insight.profile("quiet")
    assert blank == CustomerProfile("quiet", TODAY, None, None, None, None, None, 90, (), None)


def test_profiles_by_a_model(taught: Insight) -> None:
    found = list(taught.profiles())
    assert len(found) > 200 and [one.customer_id for one in found] == sorted(o.customer_id for o in found)
    for profile in found:
        assert profile.churn and profile.buy_30 and profile.buy_90 and profile.engagement
        assert profile.churn.horizon_days == 60 and profile.churn.notice == ""
        assert 0 < profile.churn.probability < 1 and profile.churn.model.startswith("20210731-")
        assert 1 <= len(profile.churn.reasons) <= 4 and all(one.words for one in profile.churn.reasons)
        assert profile.expected_value and profile.expected_value.currency == "EUR"
        assert profile.expected_value.amount >= 0
        assert profile.segments  # of the clusters at least
    one = found[7]
    assert taught.profile(one.customer_id) == one
    buys = [p.buy_90.probability for p in found if p.buy_90]
    worth = [float(p.expected_value.amount) for p in found if p.expected_value]
    assert np.corrcoef(buys, worth)[0, 1] > 0.3


def test_reasons_of_churn_are_those_against_buying(taught: Insight, shop: tuple[Store, Settings]) -> None:
    silent = max(taught.profiles(), key=lambda one: one.churn.probability if one.churn else 0)
    assert silent.churn and silent.churn.reasons[0].effect > 0
    card = taught.model_card("churn")
    assert card and card.horizon_days == 60 and card.trained_to == TODAY
    assert sum(one.share for one in card.importance) == pytest.approx(1)
    assert sum(one.count for one in card.reliability) > 100
    assert taught.model_card("purchase", 90) is not None and taught.model_card("purchase", 45) is None


def test_segments_moves_and_who_is_at_risk(taught: Insight) -> None:
    segments = {one.name: one for one in taught.segments()}
    assert {"Fans", "Lapsed", "One-time"} <= set(segments)
    profiles = {one.customer_id: one for one in taught.profiles()}
    for customer in segments["Fans"].customer_ids:
        (membership,) = [one for one in profiles[customer].segments if one.name == "Fans"]
        assert membership.since and membership.since <= TODAY
    days = [TODAY - timedelta(days=n) for n in (60, 30, 0)]
    counts = [one for one in taught.segment_history(days) if one.name == "Lapsed"]
    assert [one.at for one in counts] == days and counts[0].joined == 0
    assert counts[-1].size == segments["Lapsed"].size
    for before, now in pairwise(counts):
        assert now.size == before.size + now.joined - now.left
    risk = taught.at_risk(10)
    assert all(one.churn and one.churn.probability >= 0.5 for one in risk)
    assert len(risk) == 10 and not any(s.name == "Lapsed" for one in risk for s in one.segments)
    curve = taught.engagement_curve(days)
    total = sum(one.engagement.value for one in profiles.values() if one.engagement)
    assert curve[-1] == (TODAY, pytest.approx(total))


def test_membership_began_when_the_rule_first_held(taught: Insight, shop: tuple[Store, Settings]) -> None:
    since = {
        one.customer_id: membership.since
        for one in taught.profiles()
        for membership in one.segments
        if membership.name == "Lapsed"
    }
    tomorrow = datetime(2021, 8, 1, tzinfo=UTC)
    stats = shop[0].order_stats(before=tomorrow)
    last = {row.customer_id: row.last_at.date() for row in stats if row.last_at}
    assert since
    for customer, began in since.items():
        lapsed_on = last[customer] + timedelta(days=61)
        assert began and timedelta(days=-1) <= began - lapsed_on < timedelta(days=8)


def test_predictions_are_kept_and_scored_once_their_time_is_over(
    records: tuple[list[Order], list[Return]], tmp_path: Path
) -> None:
    settings = load_settings(tmp_path, today=date(2021, 6, 30))
    with Store(settings.database_url) as store:
        store.put_orders(records[0])
        insight = open_insight(store, settings)
        written = record(store, insight)
        assert set(written) == {30, 90} and written[30] == written[90] > 200
        assert score_past(store, date(2021, 7, 29)) == []
        (one,) = score_past(store, date(2021, 7, 30))
        assert (one.as_of, one.horizon_days, one.customers) == (date(2021, 6, 30), 30, written[30])
        assert one.auroc > 0.5 and abs(one.expected - one.bought) < 0.15
        chances = dict(insight.chances(30)[1])
        first = datetime(2021, 7, 1, tzinfo=UTC)
        bought = {
            o.customer_id
            for o in records[0]
            if o.placed_at and first <= o.placed_at < first + timedelta(days=30)
        }
        assert one.bought == pytest.approx(np.mean([who in bought for who in chances]))


def test_new_orders_are_seen_at_the_next_question(shop: tuple[Store, Settings], tmp_path: Path) -> None:
    settings = load_settings(tmp_path, today=TODAY)
    line = OrderLine("p", "p", 1, Money(Decimal(5), "EUR"))
    at = datetime(2021, 7, 1, 12, tzinfo=UTC)
    with Store(settings.database_url) as store:
        insight = open_insight(store, settings)
        assert list(insight.profiles()) == [] and insight.segments()[0].size == 0
        store.put_orders([Order("1", "a", (line,), placed_at=at)])
        (found,) = insight.profiles()
        assert found.customer_id == "a" and found.buy_30
        store.put_orders([Order("2", "b", (line,), placed_at=datetime(2021, 8, 1, tzinfo=UTC))])
        # Tomorrow's order is not known today.
        assert [one.customer_id for one in insight.profiles()] == ["a"]


def test_next_purchase_is_the_day_of_even_odds() -> None:
    # A steady rate: ln 2 / rate days.
    rate = 0.02
    found = next_purchase(TODAY, 1 - np.exp(-30 * rate), 1 - np.exp(-90 * rate))
    assert found == TODAY + timedelta(days=round(np.log(2) / rate))
    assert next_purchase(TODAY, 0.01, 0.02) is None
    assert next_purchase(TODAY, 0.9999, 0.9999) == TODAY + timedelta(days=1)

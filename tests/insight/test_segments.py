"""Segments by rules and by likeness, and engagement: who is in, why, and since when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from insight.clusters import find_clusters
from insight.engagement import compute_engagement, describe_engagement, rank_shares
from insight.feature_table import compute_features
from insight.history import History, cut_of, history_of
from insight.segments import members_of, read_rule, segment_rules
from shop.errors import ConfigError
from shop.settings import ENGAGEMENT_WEIGHTS, ORDER
from shop.types import Event, Order, Return

CUT = cut_of(date(2021, 6, 20))


def test_named_segments_hold_what_their_sentences_say(history: History) -> None:
    table = compute_features(history, CUT)
    found = {one.name: one for one in members_of(segment_rules({}, 90), table, history.customers)}
    assert list(found) == [
        "New", "Loyal", "Big spender", "Slipping", "Lapsed", "Bargain hunter", "Returner", "One-time",
    ]  # fmt: skip
    days = dict(zip((history.customers[i] for i in table.customer), table.column("days_since"), strict=True))
    assert set(found["Lapsed"].customer_ids) == {who for who, since in days.items() if since > 90}
    assert found["Lapsed"].sentence == "No order in the last 90 days"
    assert found["Big spender"].size == pytest.approx(len(days) / 10, abs=1)
    assert not set(found["New"].customer_ids) & set(found["One-time"].customer_ids)
    assert all(one.size for one in found.values())


def test_a_shop_writes_its_own_in_one_line(history: History) -> None:
    table = compute_features(history, CUT)
    own = {"Regular eaters": "orders >= 3 and not (days_since > 60 or spent < top(50))", "New": "orders == 1"}
    rules = segment_rules(own, 60)
    assert [rule.name for rule in rules].count("New") == 1
    found = {one.name: one for one in members_of(rules, table, history.customers)}
    mine = (
        (table.column("orders") >= 3)
        & (table.column("days_since") <= 60)
        & (table.column("spent") >= np.quantile(table.column("spent"), 0.5))
    )
    assert found["Regular eaters"].size == mine.sum() > 0
    assert found["Regular eaters"].sentence.startswith("Orders so far at least 3 and not (days since")
    assert found["New"].sentence == "Orders so far exactly 1"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("orders >", "it is no rule"),
        ("oders > 3", "'oders' is no feature"),
        ("orders > 'x'", "neither a number nor"),
        ("__import__('os').system('ls')", "is not FEATURE"),
        ("1 < orders < 3", "is not FEATURE"),
        ("orders > top(200)", "between 0 and 100"),
        ("orders > top(top(3))", "neither a number nor"),
        ("orders > True", "neither a number nor"),
        ("(lambda: 1)() > 2", "is not FEATURE"),
        ("not " * 9000 + "orders > 1", "cannot be read"),
    ],
)
def test_bad_rules_are_named(line: str, what: str) -> None:
    with pytest.raises(ConfigError, match="segment 'Mine'") as error:
        read_rule("Mine", line)
    assert what in str(error.value)


def test_clusters_are_named_and_the_same_again(history: History) -> None:
    table = compute_features(history, CUT)
    found = find_clusters(table, seed=1)
    assert found is not None
    assert 3 <= len(found.names) == len(set(found.names)) == len(found.sentences)
    assert set(found.labels) == set(range(len(found.names)))
    again = find_clusters(table, seed=1)
    assert again is not None and again.names == found.names
    np.testing.assert_array_equal(again.labels, found.labels)
    assert find_clusters(compute_features(history, cut_of(date(2021, 1, 9)))) is None


def test_engagement_is_frequency_times_intensity(records: tuple[list[Order], list[Return]]) -> None:
    day = date(2021, 8, 1)
    noon = datetime(2021, 8, 1, 12, tzinfo=UTC)
    acts = [
        Event("Product Viewed", "z", noon),
        Event("Product Viewed", "z", noon - timedelta(days=30)),
        Event("Product Added", "z", noon - timedelta(days=60)),
        Event("Button Clicked", "z", noon),
        Event("Product Added", "z", noon + timedelta(days=1)),
    ]
    history = history_of(records[0], records[1], acts)
    found = compute_engagement(history, day, ENGAGEMENT_WEIGHTS, 30)
    place = history.customers.index("z")
    fade = 0.5 ** (0.5 / 30)
    assert found.frequency[place] == pytest.approx(fade * (1 + 0.5 + 0.25))
    assert found.value[place] == pytest.approx(fade * (1 + 0.5 + 3 * 0.25))
    assert found.intensity[place] == pytest.approx((1 + 0.5 + 0.75) / 1.75)
    before = compute_engagement(history, day - timedelta(days=30), ENGAGEMENT_WEIGHTS, 30)
    said = describe_engagement(found, before, place, rank_shares(found.value))
    assert said.trend == pytest.approx((1 + 0.5 + 0.75) / (1 + 1.5) - 1)
    assert said.words == "10% less active than 30 days ago"
    buyer = int(np.argmax(found.value))
    own = history.orders.at[(history.orders.customer == buyer) & (history.orders.at < cut_of(day) + 1)]
    ages = cut_of(day) + 1 - own
    assert found.value[buyer] == pytest.approx(10 * (0.5 ** (ages / 30)).sum())
    assert compute_engagement(history, day, {ORDER: 0.0}, 30).value.max() == 0

"""Results in, effects out: intervals that are right, claims no larger than they are, and learning."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studio import YES, order

from assistant.campaign import (
    approve_campaign,
    campaign_outcomes,
    draft_campaign,
    plan_campaign,
    report_campaign,
)
from assistant.campaign.audience import Crowd
from assistant.campaign.export import export_campaign
from assistant.campaign.plot import draw_report
from assistant.campaign.report import difference, wilson
from assistant.campaign.results import import_results, read_results_file
from assistant.campaign.variants import Variant
from shop.errors import ConfigError, NotFound, SourceError
from shop.types import Customer

TWO = (Variant("Plain"), Variant("Warm", "warm"))


def sent(studio: Any, tmp_path: Path, **asked: Any) -> Any:
    found = plan_campaign(studio, **asked)
    draft_campaign(studio, found)
    approve_campaign(studio, found, "Ada")
    export_campaign(studio, found, tmp_path / "out.csv")
    return found


def test_intervals_agree_with_published_ones() -> None:
    # Newcombe 1998 (Statistics in Medicine 17:857), table II: 56/70 and 48/80, method 10.
    found = difference(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    # Wilson's interval of 81/263, from the same author's companion paper (17:857, table I).
    span = wilson(81, 263)
    assert (round(span.low, 4), round(span.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0).high == 1.0


def test_the_interval_of_no_effect_holds_zero_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.binomial(450, 0.2, 400), rng.binomial(50, 0.2, 400)
    held = [not difference(int(a), 450, int(b), 50).is_clear for a, b in zip(one, other, strict=True)]
    assert 0.91 < np.mean(held) < 0.99


def test_orders_after_sending_count_for_whom_they_are(studio: Any, tmp_path: Path) -> None:
    found = sent(studio, tmp_path, holdout=0.4, variants=TWO)
    buyers = [m.customer_id for m in (*found.recipients[:6], found.held_out[0])]
    studio.store.put_orders([order(who, -3) for who in buyers] + [order(found.held_out[1].customer_id, -40)])
    report = report_campaign(studio, found)
    assert (report.written.ordered, report.held_out.ordered) == (6, 1)
    assert report.written.customers == len(found.recipients) and report.complete
    assert sum(arm.customers for arm in report.by_variant) == report.written.customers
    assert {one.name for one, _ in report.by_segment} == {"Big spender", "Lapsed"}
    assert report.gain is not None and "held out" in report.sentence()
    outcomes = {outcome.customer_id: outcome for outcome in campaign_outcomes(studio, found)}
    assert outcomes[buyers[0]].converted and str(outcomes[buyers[0]].revenue.amount) == "3.30"
    svg = draw_report(report)
    assert svg.startswith("<svg") and "Variant Warm" in svg
    assert len(report.as_json()["arms"]) >= 6  # type: ignore[arg-type]


def test_no_claim_without_held_out_customers_or_before_anything_went_out(studio: Any, tmp_path: Path) -> None:
    planned = plan_campaign(studio, holdout=0)
    with pytest.raises(NotFound, match="export or send it first"):
        report_campaign(studio, planned)
    found = sent(studio, tmp_path, holdout=0)
    assert "not known" in report_campaign(studio, found).sentence()
    assert "not over yet" in report_campaign(studio, found).sentence()
    with pytest.raises(ConfigError, match="1 to 365"):
        report_campaign(studio, found, 0)


def test_small_differences_are_called_chance_and_large_ones_are_not(studio: Any, tmp_path: Path) -> None:
    people = [Customer(f"x{n:03}", consent=YES) for n in range(200)]
    studio.store.put_customers(people)
    studio.store.put_orders([order(person.id, 100) for person in people])
    found = sent(studio, tmp_path, holdout=0.4, limit=300)
    report = report_campaign(studio, found)
    assert "may be chance" in report.sentence()
    studio.store.put_orders([order(m.customer_id, -2) for m in found.recipients[::2]])
    report = report_campaign(studio, found)
    assert report.gain is not None and report.gain.low > 0.3
    assert "because of the campaign" in report.sentence() and "It brought about £" in report.sentence()


RESULTS = """customer_id,event,at,order_id,amount
{0},opened,2011-09-10 08:00,,
{0},Clicked Email,2011-09-10T08:01:00Z,,
{1},open,,,
{2},ordered,2011-09-12,W1,20.50
{2},unsubscribed,2011-09-13,,
nobody,opened,2011-09-10,,
{1},forwarded,,,
"""


def test_results_are_taken_once_and_rows_that_are_not_ours_are_told(studio: Any, tmp_path: Path) -> None:
    found = sent(studio, tmp_path, holdout=0.2)
    ids = [member.customer_id for member in found.recipients]
    text = RESULTS.format(*ids)
    for _ in range(2):
        told = import_results(studio, found, text, "results.csv")
        assert dict(told.taken) == {"opened": 2, "clicked": 1, "ordered": 1, "unsubscribed": 1}
        assert [row for row, _ in told.skipped] == [7, 8]
    report = report_campaign(studio, found)
    arm = report.written
    assert (arm.opened, arm.clicked, arm.ordered, arm.unsubscribed) == (2, 1, 1, 1)
    assert str(arm.revenue.amount) == "20.50"
    assert not studio.store.customer(ids[2]).consent.marketing_email
    studio.store.forget(ids[0])
    assert report_campaign(studio, found).written.opened == 1


def test_results_may_name_customers_by_address(studio: Any, tmp_path: Path) -> None:
    found = sent(studio, tmp_path, holdout=0)
    text = "Email,Event Name\nC005@example.com,Opened Email\n"
    assert dict(import_results(studio, found, text, "r.csv").taken) == {"opened": 1}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "row 1"),
        ("who,what\n", "must name the columns"),
        ("customer_id,event,at\nc005,opened,soon\n", "row 2, column 'at'"),
        ("customer_id,event,amount\nc005,ordered,lots\n", "row 2, column 'amount'"),
    ],
)
def test_a_bad_results_file_is_one_sentence(studio: Any, tmp_path: Path, text: str, match: str) -> None:
    found = plan_campaign(studio, holdout=0)
    with pytest.raises(SourceError, match=match):
        import_results(studio, found, text, "results.csv")
    with pytest.raises(SourceError, match="UTF-8"):
        read_results_file(b"\xff\xfe\x00", "results.csv")


def test_nothing_is_learnt_before_the_time_for_orders_is_over(studio: Any, tmp_path: Path) -> None:
    first = sent(studio, tmp_path, holdout=0, variants=TWO)
    warm = [m.customer_id for m in first.recipients if m.variant == "Warm"]
    studio.store.put_orders([order(who, -2) for who in warm])
    soon = plan_campaign(studio, holdout=0, variants=TWO, include=("all",))
    assert soon.shares == (0.5, 0.5) and "no earlier campaign" in soon.shares_why
    later = {"today": studio.settings.today + timedelta(days=30)}
    studio.settings = studio.settings.model_copy(update=later)
    assert plan_campaign(studio, holdout=0, variants=TWO, include=("all",)).shares[1] > 0.8


@pytest.mark.slow
def test_the_next_campaign_learns_from_the_last(studio: Any, tmp_path: Path) -> None:
    people = [Customer(f"x{n:03}", consent=YES) for n in range(400)]
    studio.store.put_customers(people)
    studio.store.put_orders([order(person.id, 100) for person in people])
    first = sent(studio, tmp_path, holdout=0, limit=500, variants=TWO)
    assert first.shares == (0.5, 0.5) and "no earlier campaign" in first.shares_why
    warm = [m.customer_id for m in first.recipients if m.variant == "Warm"]
    studio.store.put_orders([order(who, -2) for who in warm[::4]])
    later = studio.settings.model_copy(update={"today": studio.settings.today + timedelta(days=30)})
    studio.settings = later
    second = plan_campaign(studio, holdout=0, variants=TWO, include=("all",))
    assert second.shares[1] > 0.8 and "Warm" in second.shares_why
    assert plan_campaign(studio, holdout=0, variants=TWO, learn=False).shares == (0.5, 0.5)


def test_whom_messages_move_is_learnt_from_what_they_did(studio: Any, tmp_path: Path) -> None:
    """A world where a message brings back those away for long and nobody else."""
    people = [Customer(f"x{n:04}", consent=YES) for n in range(900)]
    studio.store.put_customers(people)
    studio.store.put_orders([order(p.id, 100 if n % 2 else 400) for n, p in enumerate(people)])
    found = sent(studio, tmp_path, holdout=0.5, limit=2000)
    away = {member.customer_id: (member.days_since or 0) > 300 for member in found.audience}
    drawn = [m.customer_id for m in found.audience if int(m.customer_id[1:]) % 10 < 2]
    moved = [m.customer_id for m in found.recipients if away[m.customer_id]][::2]
    studio.store.put_orders([order(who, -2) for who in {*drawn, *moved}])
    group = Crowd(studio).group("moved:30")
    assert "learnt from" in group.notice
    assert sum(away.get(who, False) for who in group.ids) / group.size > 0.9

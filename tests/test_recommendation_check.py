"""The benchmark's check of reasons finds what is wrong, and finds nothing wrong with the recommender's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality_reasons import recommend
from benchmarks.recommendation_check import RawShop, untrue

Found = tuple[RawShop, dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def found(tiny_shop_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    import shutil

    folder = tmp_path_factory.mktemp("check") / "shop"
    shutil.copytree(tiny_shop_master, folder, ignore=shutil.ignore_patterns("*.lock"))
    settings, rows = recommend(folder, customers=30, each=4)
    return RawShop(folder / "shop.db", settings.current_date), rows


def test_every_reason_is_true_in_the_raw_database(found: Found) -> None:
    shop, rows = found
    assert sum(map(len, rows.values())) >= 100
    assert [line for id_, own in rows.items() for line in untrue(shop, id_, own)] == []
    codes = {reason["code"] for own in rows.values() for one in own for reason in one["reasons"]}
    expected = {"because_bought", "customers_like_you", "popular", "similar", "said_like", "bought_together"}
    assert expected <= codes


def tampered(name: str, value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    return "2011-01-01" if name == "date" else f"{value} zebra"


def test_the_check_can_fail_on_every_figure(found: Found) -> None:
    shop, rows = found
    tried: set[tuple[str, str]] = set()
    for id_, own in rows.items():
        for one in own:
            for reason in one["reasons"]:
                for name, value in reason["evidence"].items():
                    if not value or (reason["code"], name) == ("customers_like_you", "shared"):
                        continue  # who shares nine may be who shares ten
                    wrong = {**reason, "evidence": {**reason["evidence"], name: tampered(name, value)}}
                    lie = {**one, "reasons": [wrong]}
                    assert list(untrue(shop, id_, [lie])), (reason["code"], name)
                    tried.add((reason["code"], name))
    assert len(tried) >= 10
    bare = {**next(iter(rows.values()))[0], "reasons": []}
    assert list(untrue(shop, next(iter(rows)), [bare])), "a product without a reason is a fault"

"""The studio the campaign tests share: thirty lapsed customers, one recent, one without consent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from studio import BAG, GONE, MUG, TEST, TODAY, YES, Recommender, Studio, customer, order

from shop.settings import Settings
from shop.store import Store
from shop.types import Consent, Customer


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(
        shop=tmp_path,
        name="Test Gifts",
        locale="en_GB",
        today=TODAY,
        url="https://gifts.example",
        mail_from="Test Gifts <news@gifts.example>",
        unsubscribe_url="https://assistant.gifts.example/unsubscribe",
    )
    with Store(settings.database_url) as store:
        store.put_products([BAG, MUG, GONE, TEST])
        people = [customer(n) for n in range(30)]
        people += [customer(100, Consent()), customer(101), Customer("nodate", consent=YES)]
        store.put_customers(people)
        store.put_orders([order(f"c{n:03}", 120 + n, quantity=n + 1) for n in range(30)])
        store.put_orders([order("c100", 200), order("c101", 20), order("c101", 300)])
        yield Studio(settings, store, Recommender())

"""Five thousand messages, killed ten times at random points: everybody exactly once, nobody lost."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.campaign import plan_campaign
from assistant.chat import Assistant
from shop.settings import Settings
from shop.store import Store
from shop.types import Consent, Customer, Order, OrderLine

pytestmark = pytest.mark.slow

PEOPLE = 5000
LIMIT_S = 1200
KILLS_DRAFTING, KILLS_EXPORTING = 6, 4
ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-c", "from ui.cli import main; main()", "campaign"]


def start(shop: Path, *argv: str) -> subprocess.Popen[bytes]:
    """The command line in a process group of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*PROGRAM, *argv, "--shop", str(shop)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(shop: Path, *argv: str) -> None:
    """The command to its end; nothing of it is left behind where it takes too long."""
    process = start(shop, *argv)
    try:
        assert process.wait(LIMIT_S) == 0
    finally:
        if process.poll() is None:
            kill(process)


def fill(settings: Settings) -> None:
    """Five thousand customers who each bought something of the shop, long ago."""
    with Store(settings.database_url) as store:
        products = [product for product in store.products() if product.price]
        agreed = Consent(marketing_email=True, source="test")
        at = datetime.combine(settings.current_date, datetime.min.time(), UTC)
        people, orders = [], []
        for number in range(PEOPLE):
            id_ = f"many{number:05}"
            product = products[number % len(products)]
            assert product.price is not None
            line = OrderLine(product.id, product.title, 1 + number % 5, product.price)
            people.append(Customer(id_, email=f"{id_}@example.com", consent=agreed))
            placed = at - timedelta(days=100 + number % 200)
            orders.append(Order(f"o{id_}", id_, (line,), placed_at=placed))
        store.put_customers(people)
        store.put_orders(orders)


def test_a_campaign_killed_ten_times_reaches_everybody_once(tiny_settings: Settings, tmp_path: Path) -> None:
    chance = random.Random(20110909)
    fill(tiny_settings)
    assistant = Assistant.open(tiny_settings)
    try:
        campaign = plan_campaign(assistant, limit=PEOPLE, holdout=0.05)
    finally:
        assistant.close()
    assert len(campaign.audience) == PEOPLE
    shop, out = tiny_settings.shop, tmp_path / "out.csv"
    with Store(tiny_settings.database_url) as store:

        def drafted() -> int:
            return len(store.drafts(campaign.id))

        reached = []
        for _ in range(KILLS_DRAFTING):
            before = drafted()
            process = start(shop, "draft", campaign.id)
            while process.poll() is None and drafted() == before:
                time.sleep(0.2)
            time.sleep(chance.uniform(0, 2))
            kill(process)
            reached.append(drafted())
        assert reached == sorted(reached) and 0 < reached[0]
        assert reached[-1] < len(campaign.recipients), "it was done before it could be killed"
        run(shop, "draft", campaign.id)
        assert drafted() == len(campaign.recipients)
        run(shop, "approve", campaign.id, "--by", "Ada")

        began = time.monotonic()
        run(shop, "export", campaign.id, str(tmp_path / "timed.csv"))
        takes_s = time.monotonic() - began
        for _ in range(KILLS_EXPORTING):
            process = start(shop, "export", campaign.id, str(out))
            time.sleep(chance.uniform(0.3, 1) * takes_s)
            kill(process)
            assert not out.exists() or rows_of(out) == rows_of(tmp_path / "timed.csv")
        run(shop, "export", campaign.id, str(out))
        counts = Counter(row["customer_id"] for row in rows_of(out) if row["holdout"] == "0")
        assert counts == Counter({member.customer_id: 1 for member in campaign.recipients})
        held = {row["customer_id"] for row in rows_of(out) if row["holdout"] == "1"}
        assert held == {member.customer_id for member in campaign.held_out}
        assert {message.customer_id for message in store.messages(campaign.id)} == set(counts)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

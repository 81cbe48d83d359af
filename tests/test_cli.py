"""The command line: what it prints, and that bad input ends in one sentence and exit code 2."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from assistant.cli.frame import run_app
from shop.store import Store
from ui.cli import program


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def regulars(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str | Path) -> Ran:
        code = run_app(program, [str(part) for part in argv])
        return Ran(code, *capsys.readouterr())

    return run


def assert_one_sentence(ran: Ran, *words: str) -> None:
    """Exit 2, nothing on standard output, one line on standard error that names `words`."""
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err.strip().splitlines()) == 1
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


def test_help_lists_the_commands_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, ui.cli\n"
        "try: ui.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print([n for n in ('torch', 'numpy', 'sqlalchemy', 'chromadb', 'gradio') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    for command in ("demo", "import", "index", "ask", "chat", "customer", "campaign", "serve", "doctor"):
        assert f"\n  {command} " in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "argv",
    [
        ("ask", "a red mug"),
        ("search", "a red mug"),
        ("chat",),
        ("index",),
        ("recommend", "1"),
        ("customer", "1"),
        ("serve",),
        ("forget", "1", "--yes"),
        ("campaign", "plan"),
    ],
)
def test_without_a_shop_the_way_to_one_is_named(regulars: Run, argv: tuple[str, ...], tmp_path: Path) -> None:
    assert_one_sentence(regulars(*argv), "shop-data", "`regulars demo`", "`regulars import products FILE`")
    assert list(tmp_path.iterdir()) == []


def test_a_shop_folder_that_cannot_be_written(regulars: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for argv in (("demo", "--prepare-only"), ("import", "products", "some.csv")):
        assert_one_sentence(regulars(*argv, "--shop", file / "shop"), "cannot be written", "--shop")


def test_an_unknown_sample(regulars: Run, tmp_path: Path) -> None:
    assert_one_sentence(regulars("demo", "--sample", "bakery"), "bakery", "giftware", "marketplace")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_is_named(regulars: Run, shop_folder: Path) -> None:
    (shop_folder / "shop.toml").write_text("port = 'abc'\n", encoding="utf-8")
    assert_one_sentence(regulars("doctor", "--shop", shop_folder), "port", "shop.toml")
    (shop_folder / "shop.toml").write_text("port = = 1\n", encoding="utf-8")
    assert_one_sentence(regulars("doctor", "--shop", shop_folder), "TOML")


def test_a_port_in_use(regulars: Run, tiny_shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_sentence(regulars("serve", "--shop", tiny_shop, "--port", port), port, "--port")
        assert_one_sentence(regulars("demo", "--shop", tiny_shop, "--port", port), port, "--port")


def test_serving_to_others_needs_a_login(regulars: Run, tiny_shop: Path) -> None:
    ran = regulars("serve", "--shop", tiny_shop, "--host", "0.0.0.0", "--port", "8799")
    assert_one_sentence(ran, "staff")


@pytest.mark.parametrize("content", [b"text, no database" * 50, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_corrupt_database(regulars: Run, shop_folder: Path, content: bytes) -> None:
    (shop_folder / "shop.db").write_bytes(content)
    for argv in (("ask", "a red mug"), ("index",), ("forget", "1", "--yes"), ("customer", "1")):
        assert_one_sentence(regulars(*argv, "--shop", shop_folder), "shop.db")
    assert (shop_folder / "shop.db").read_bytes() == content


def test_an_unknown_customer(regulars: Run, tiny_shop: Path) -> None:
    assert_one_sentence(regulars("ask", "a mug", "--customer", "nobody", "--shop", tiny_shop), "nobody")
    assert_one_sentence(regulars("customer", "nobody", "--shop", tiny_shop), "nobody")
    assert_one_sentence(regulars("recommend", "nobody", "--shop", tiny_shop), "nobody")
    assert_one_sentence(regulars("forget", "nobody", "--yes", "--shop", tiny_shop), "nobody")


def test_an_empty_question(regulars: Run, tiny_shop: Path) -> None:
    assert_one_sentence(regulars("ask", "  ", "--shop", tiny_shop), "message")


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n"], ids=["missing", "empty", "wrong columns"])
def test_a_bad_file_leaves_nothing_behind(regulars: Run, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "products.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert_one_sentence(regulars("import", "products", file, "--shop", tmp_path / "new"), "products.csv")
    assert not (tmp_path / "new").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "shop.toml").write_text("currency = 'EUR'\n", encoding="utf-8")
    assert_one_sentence(regulars("import", "products", file, "--shop", tmp_path / "mine"), "products.csv")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["shop.toml"]


def test_a_shop_of_ones_own(regulars: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(
        "Handle,Title,Vendor,Type,Option1 Name,Option1 Value,Variant Price,Variant Inventory Qty,Status\n"
        "red-mug,Red Mug,Potter,Mugs,Size,Small,4.50,3,active\n"
        "red-mug,,,,,Large,6.50,0,\n"
        "blue-bowl,Blue Bowl,Potter,Bowls,Title,Default Title,9.00,1,active\n",
        encoding="utf-8",
    )
    mine = tmp_path / "mine"
    ran = regulars("import", "products", file, "--shop", mine)
    assert ran.code == 0, ran.err
    assert "2 products" in ran.out and "GBP" in ran.out and "regulars index" in ran.out
    with (mine / "shop.toml").open("a", encoding="utf-8") as toml:
        toml.write('embedder = "hash:"\nmodel = "none:"\ncurrency = "EUR"\n')
    ran = regulars("import", "products", file, "--shop", mine)
    assert ran.code == 0 and "GBP" not in ran.out
    assert regulars("index", "--shop", mine).code == 0
    reply = json.loads(regulars("ask", "a red mug", "--shop", mine, "--json").out)
    assert [card["title"] for card in reply["cards"]] == ["Red Mug"]
    assert reply["cards"][0]["price"] == {"amount": 4.5, "currency": "EUR"}


def test_a_bad_usage_is_exit_2(regulars: Run) -> None:
    assert regulars("nonsense").code == 2
    assert regulars("import", "bananas", "x.csv").code == 2
    assert regulars("search").code == 2


def test_an_unexpected_fault_is_one_sentence(regulars: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("shop.settings.load_settings", fail)
    ran = regulars("doctor")
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.err and "Traceback" not in ran.err


def test_interrupting_is_130(regulars: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shop.settings.load_settings", interrupt)
    assert regulars("doctor").code == 130


ASK_KEYS = "reply handled_by intent acts denies cards sources first_text_ms total_ms trace".split()
CARD_KEYS = "id title price category in_stock rating why".split()


def test_ask_prints_exactly_the_agreed_json(regulars: Run, tiny_shop: Path) -> None:
    ran = regulars("ask", "a lunch bag under £3", "--shop", tiny_shop, "--json")
    assert ran.code == 0, ran.err
    reply = json.loads(ran.out)
    assert list(reply) == ASK_KEYS
    assert reply["handled_by"] == "composer"
    assert reply["cards"]
    for card in reply["cards"]:
        assert list(card) == CARD_KEYS
        assert card["price"]["currency"] == "GBP"
        assert card["price"]["amount"] < 3
        assert "lunch" in card["title"].lower()


def test_ask_prints_what_the_shopper_sees(regulars: Run, tiny_shop: Path) -> None:
    ran = regulars("ask", "a lunch bag under £3", "--shop", tiny_shop)
    assert ran.code == 0, ran.err
    assert "Lunch Bag" in ran.out and "£" in ran.out
    assert "composer" not in ran.out


def test_search_and_recommend(regulars: Run, tiny_shop: Path) -> None:
    found = json.loads(regulars("search", "lunch bag", "-k", "3", "--shop", tiny_shop, "--json").out)
    assert found["outcome"] == "found"
    assert 0 < len(found["hits"]) <= 3
    assert "Lunch Bag" in regulars("search", "lunch bag", "--shop", tiny_shop).out
    with Store(f"sqlite:///{tiny_shop / 'shop.db'}") as store:
        customer = store.customers(1, 0)[0].id
    ran = regulars("recommend", customer, "-k", "3", "--shop", tiny_shop, "--json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)["recommendations"]
    assert rows and all(row["reasons"] for row in rows)


def test_customer_brief(regulars: Run, tiny_shop: Path) -> None:
    with Store(f"sqlite:///{tiny_shop / 'shop.db'}") as store:
        customer = store.customers(1, 0)[0].id
    ran = regulars("customer", customer, "--shop", tiny_shop)
    assert ran.code == 0, ran.err
    assert ran.out.strip()
    assert json.loads(regulars("customer", customer, "--shop", tiny_shop, "--json").out)["summary"]
    answer = regulars("customer", customer, "--ask", "how many orders?", "--shop", tiny_shop)
    assert answer.code == 0 and answer.out.strip()


def test_index_embeds_only_what_changed(regulars: Run, tiny_shop: Path) -> None:
    report = json.loads(regulars("index", "--shop", tiny_shop, "--json").out)
    assert report["embedded"] == 0
    assert report["kept"] > 0


def test_forget_needs_a_yes_and_forgets(regulars: Run, tiny_shop: Path) -> None:
    with Store(f"sqlite:///{tiny_shop / 'shop.db'}") as store:
        customer = store.customers(1, 0)[0].id
    assert_one_sentence(regulars("forget", customer, "--shop", tiny_shop), "--yes")
    ran = regulars("forget", customer, "--yes", "--shop", tiny_shop, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["customer"] == customer
    with Store(f"sqlite:///{tiny_shop / 'shop.db'}") as store:
        assert store.customer(customer) is None
        assert store.orders_of(customer) == []


def test_doctor_says_what_is_wrong(regulars: Run, tiny_shop: Path) -> None:
    ran = regulars("doctor", "--shop", tiny_shop, "--json")
    checks = {check["name"]: check for check in json.loads(ran.out)}
    assert checks["shop"]["ok"] and checks["index"]["ok"]
    (tiny_shop / "shop.toml").write_text('host = "0.0.0.0"\n', encoding="utf-8")
    ran = regulars("doctor", "--shop", tiny_shop)
    assert ran.code == 2
    assert "staff_user" in ran.out

"""`regulars evaluate support` and `regulars desk` as people run them, on tasks of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import app
from assistant.cli.frame import run_app


def task(number: str, words: str, *actions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    told = {"known_info": "You are Yusuf Rossi in zip code 19122.", "reason_for_call": words}
    return {
        "id": number,
        "user_scenario": {"instructions": told},
        "evaluation_criteria": {"actions": [{"name": name, "arguments": given} for name, given in actions]},
    }


RETURN = (
    "return_delivered_order_items",
    {"order_id": "#W2378156", "item_ids": ["4602305039"], "payment_method_id": "credit_card_9513926"},
)
EXCHANGE = (
    "exchange_delivered_order_items",
    {
        "order_id": "#W2378156",
        "item_ids": ["4983901480"],
        "new_item_ids": ["7747408585"],
        "payment_method_id": "credit_card_9513926",
    },
)


def run(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    code = run_app(app, ["evaluate", "support", "--tasks", str(path), "--json", *more])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else {}


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.json"
    swap = "You want to exchange the smart thermostat for one compatible with Google Home."
    path.write_text(
        json.dumps(
            [
                task("a", "You want to return the vacuum cleaner you received.", RETURN),
                task("b", swap, EXCHANGE),
                task("c", "You want to return the smart thermostat of order #W2378156.", RETURN),
            ]
        )
    )
    return path


def test_checks_pass_and_fail_by_the_actions_alone(tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run(tasks, capsys)
    assert code == 0 and found["tasks"] == 3
    by_kind = found["by_kind"]
    assert set(by_kind) == {
        "customer",
        "order",
        "items",
        "replacement",
        "difference",
        "refund",
        "verdict",
        "nothing_more",
    }
    assert by_kind["customer"] == {"checks": 3, "passed": 3, "pass_rate": 1.0}
    assert by_kind["replacement"]["passed"] == by_kind["difference"]["passed"] == 1
    # Task c asks for the thermostat while its actions return another item: what is read must not pass.
    failed = {(one["task"], one["kind"]) for one in found["failures"]}
    assert failed == {("c", "items"), ("c", "refund")}
    assert found["checks"] == sum(each["checks"] for each in by_kind.values())
    assert found["pass_rate"] == round(found["passed"] / found["checks"], 4)
    assert sum(half["checks"] for half in found["by_half"].values()) == found["checks"]
    assert run(tasks, capsys, "--pass-rate", "0.99")[0] == 1


@pytest.mark.slow
def test_the_messages_the_desk_was_taught_with_are_still_read(capsys: pytest.CaptureFixture[str]) -> None:
    taught = Path(__file__).parents[1] / "benchmarks" / "answers" / "desk_taught.json"
    code, found = run(taught, capsys, "--pass-rate", "0.99")
    assert code == 0, found["failures"]


@pytest.mark.parametrize(
    ("content", "said"), [("{}", "no list of tasks"), ("[{}]", "row 1"), ("nope", "is no JSON")]
)
def test_a_bad_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(content)
    assert run_app(app, ["evaluate", "support", "--tasks", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_the_desks_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop, file, out = tmp_path / "shop", tmp_path / "macros.csv", tmp_path / "out.jsonl"
    file.write_text("name,text\nHours,We are open from nine.\n")
    at = ["--shop", str(shop)]
    assert run_app(app, ["desk", "macros", str(file), *at]) == 0
    assert "1 macros read" in capsys.readouterr().out
    assert run_app(app, ["desk", "feedback", "--out", str(out), *at, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"examples": 0, "suggestions": 0}
    assert out.read_text() == ""
    assert run_app(app, ["desk", "views", "17850", *at]) == 0
    assert "Nobody has looked" in capsys.readouterr().out

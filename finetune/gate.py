"""May an adapter be used: it is measured beside what it would replace, and refused where it is worse.

Opens models by their spec and keeps the figures in the adapter's card; what is measured is
evaluate.py's business, what an adapter is adapters.py's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from math import sqrt
from pathlib import Path
from typing import Any

from assistant.models.base import open_model, prepare_model
from assistant.writers.composer import Composer
from assistant.writers.model import ModelWriter
from finetune.adapters import SHELF
from finetune.evaluate import Result, try_writer
from finetune.plans import make_trials
from finetune.shelf import Taught, write_card
from shop.errors import StoreError
from shop.settings import Settings

FLOORS = {"valid_codes": 0.995, "all_said": 0.98, "right_act": 0.99}
CEILINGS = {"typed_facts": 0.005, "silence_as_no": 0}
"""What every adapter must reach, whatever it replaces."""
BETTER_HIGH = ("valid_codes", "all_said", "right_act", "passes_audit", "cases_passed")
"""Figures in which a candidate may not fall behind by more than chance (two standard errors)."""


def measure(
    name: str,
    settings: Settings,
    *,
    trials: int,
    seed: int,
    beside: bool,
    cases: Path | None,
    work: Path,
    out: Path | None,
    progress: Callable[[int, int], None],
) -> dict[str, dict[str, float]]:
    """The figures of the adapter called `name` (and of base model and templates, `beside`)."""
    adapter = _find(name, settings.shop)
    made = make_trials(trials, seed)
    base = f"local:{adapter.card.base_model}"
    specs = {"adapter": f"{base}?adapter={adapter.folder}"}
    if beside:
        specs |= {"base": f"{base}?adapter=none", "templates": ""}
    reports: dict[str, dict[str, float]] = {}
    results: dict[str, list[Result]] = {}
    for label, spec in specs.items():
        model = open_model(spec)
        if model is not None:
            prepare_model(model)
        try:
            writer = ModelWriter(model, settings, repeatable=True) if model is not None else Composer()
            report, results[label] = try_writer(writer, made, progress)
            reports[label] = report.as_json()
        finally:
            if model is not None:
                model.close()
    if cases is not None:
        reports["adapter"] |= _answer_cases(cases, specs["adapter"], work)
    if out is not None:
        _write_results(results, out)
    figures = reports["adapter"] | {"seed": seed}
    write_card(adapter.folder, replace(adapter.card, metrics=figures))
    return reports


def refusals(candidate: Mapping[str, Any], used: Mapping[str, Any] | None) -> list[str]:
    """Why the candidate may not replace the one in use; empty where it may."""
    if "trials" not in candidate:
        return ["it has not been measured; run regulars finetune evaluate on it first"]
    reasons = [
        f"{name} is {candidate[name]:.4g}, must be at least {floor}"
        for name, floor in FLOORS.items()
        if candidate[name] < floor
    ]
    reasons += [
        f"{name} is {candidate[name]:.4g}, must be at most {ceiling}"
        for name, ceiling in CEILINGS.items()
        if candidate[name] > ceiling
    ]
    for name in BETTER_HIGH:
        if used and name in used and name in candidate:
            # Two standard errors of a difference of shares, at least one trial.
            share = min(max(float(used[name]), 0.0), 1.0)
            count = min(int(used.get("trials", 1)), int(candidate["trials"]))
            slack = max(2 * sqrt(2 * share * (1 - share) / count), 1 / count)
            if candidate[name] < share - slack:
                reasons.append(f"{name} is {candidate[name]:.4g}, the one in use has {share:.4g}")
    return reasons


def _find(name: str, shop: Path) -> Taught:
    return SHELF.read(Path(name)) if Path(name).is_dir() else SHELF.find(name, shop)


def _answer_cases(cases: Path, spec: str, work: Path) -> dict[str, float]:
    from assistant.evaluation import evaluate_answers

    figures = evaluate_answers(cases, {"model": spec}, work=work)
    own = figures["own_words_rate"]
    return {"cases_passed": figures["pass_rate"]} | ({} if own is None else {"own_words": own})


def _write_results(results: Mapping[str, list[Result]], out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8") as file:
            for label, found in results.items():
                for result in found:
                    file.write(json.dumps({"by": label} | asdict(result), ensure_ascii=False) + "\n")
    except OSError as error:
        raise StoreError(f"the wordings cannot be written to {out} ({error}); name another file") from error

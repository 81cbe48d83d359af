"""A shop's trained models on disk: versions of each, which is in use, and what to do where none serves.

`<shop>/models/buys-90/20110909-1a2b3c.json` holds the model of buying within 90 days as trained to that
date. In use is the newest that has seen no day after today, so that a past day is predicted by what was
known then. The version's second half is a digest of what is in it: the same data and seed give the same
version. JSON is read, never executed. Trains nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from insight.feature_table import feature_names
from insight.history import cut_of, from_days
from insight.learners import read_model
from insight.profile import ReliabilityBin
from insight.training import Trained
from insight.value import BgNbd, GammaGamma, ValueModel
from shop.versions import write_file

MODELS = "models"
VERSION = re.compile(r"\d{8}-[0-9a-f]{6}")
FRESH_DAYS = 60
"""A model trained to an earlier day than this many before today is stale."""
RUN = "run `regulars predict churn` to train one"


@dataclass(frozen=True)
class Kept:
    """A trained model with its version."""

    version: str
    trained: Trained


def save_model(trained: Trained, shop: Path) -> Kept:
    """Keep a model as a new version. Raises StoreError where the disk refuses."""
    document = asdict(replace(trained, model=None)) | {"model": trained.model.as_json()}  # type: ignore[arg-type]
    return Kept(_save(document, from_days(trained.end - 1), _home(shop, trained.horizon_days)), trained)


def load_model(shop: Path, horizon_days: int, today: date) -> tuple[Kept | None, str]:
    """The model in use and '', or None and the sentence that says why the rules must do."""
    raw, version = _load(_home(shop, horizon_days), today)
    if raw is None:
        if version:
            return None, f"the model {version} cannot be read, so this is a rule over recency; {RUN}"
        return None, f"no model is trained yet, so this is a rule over recency; {RUN}"
    try:
        trained = _trained(raw)
    except (KeyError, TypeError, ValueError):
        return None, f"the model {version} cannot be read, so this is a rule over recency; {RUN}"
    if trained.features != feature_names():
        return None, f"the model {version} is of another release, so this is a rule over recency; {RUN}"
    last = from_days(trained.end - 1)
    if cut_of(today) - cut_of(last) > FRESH_DAYS:
        days = (today - last).days
        return None, f"the model {version} is {days} days old, so this is a rule over recency; {RUN}"
    return Kept(version, trained), ""


def save_value(model: ValueModel, end: float, shop: Path) -> str:
    """Keep the model of worth; its version."""
    return _save(asdict(model), from_days(end - 1), shop / MODELS / "value")


def load_value(shop: Path, today: date) -> ValueModel | None:
    """The model of worth in use, None where there is none that can be read."""
    raw, _ = _load(shop / MODELS / "value", today)
    try:
        return None if raw is None else ValueModel(BgNbd(**raw["buying"]), GammaGamma(**raw["worth"]))
    except (KeyError, TypeError):
        return None


def versions(shop: Path, horizon_days: int) -> list[str]:
    """The versions kept, oldest first."""
    return _versions(_home(shop, horizon_days))


def _versions(home: Path) -> list[str]:
    """By the day they are trained to, those of one day as they were made."""
    found = [file for file in home.glob("*.json") if VERSION.fullmatch(file.stem)]
    return [file.stem for file in sorted(found, key=lambda file: (file.stem[:8], file.stat().st_mtime_ns))]


def _home(shop: Path, horizon_days: int) -> Path:
    return shop / MODELS / f"buys-{horizon_days}"


def _save(document: dict[str, Any], last: date, home: Path) -> str:
    text = json.dumps(document, sort_keys=True) + "\n"
    version = f"{last:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
    write_file(home / f"{version}.json", text)
    return version


def _load(home: Path, today: date) -> tuple[dict[str, Any] | None, str]:
    """The document in use and its version; (None, '') where there is none of today or before."""
    known = [version for version in _versions(home) if version[:8] <= f"{today:%Y%m%d}"]
    if not known:
        return None, ""
    try:
        raw = json.loads((home / f"{known[-1]}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, known[-1]
    return (raw, known[-1]) if isinstance(raw, dict) else (None, known[-1])


def _trained(raw: dict[str, Any]) -> Trained:
    known = {spot.name for spot in fields(Trained)}
    own = {key: value for key, value in raw.items() if key in known}
    return Trained(
        **(
            own
            | {
                "model": read_model(raw["model"]),
                "features": tuple(raw["features"]),
                "reliability": tuple(ReliabilityBin(**one) for one in raw["reliability"]),
            }
        )
    )


def trained_to(trained: Trained) -> date:
    """The last day that the model has seen."""
    return from_days(trained.end) - timedelta(days=1)

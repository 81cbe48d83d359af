"""Fitted scorers in files: one folder a fit, arrays as .npy that are mapped from disk, the rest as JSON.

A folder is written under another name and moved into place, so that half a fit is never opened. Knows the
shape of the scorers' dataclasses; knows nothing of what they mean.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.models.blending import Blend
from retrieval.recommend.models.content import Content
from retrieval.recommend.models.factors import Factors
from retrieval.recommend.models.pairs import PairScorer
from retrieval.recommend.models.popularity import Popularity
from retrieval.recommend.models.repurchase import Due, Repurchase
from retrieval.recommend.models.sequential import Sequential
from retrieval.recommend.models.user_knn import UserKNN

KINDS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (Content, Due, Factors, PairScorer, Popularity, Repurchase, Sequential, UserKNN)
}
SPARSE = ("data", "indices", "indptr")


def save_blend(blend: Blend, folder: Path, key: str) -> None:
    """Write to `folder`/`key` and remove older fits; a folder that cannot be written costs only time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="fitting-", dir=folder))
        scorers = [
            {"kind": type(scorer).__name__, "fields": _write_fields(scorer, fresh, str(place))}
            for place, scorer in enumerate(blend.scorers)
        ]
        manifest = {
            "scorers": scorers,
            "weights": [float(weight) for weight in blend.weights],
            "again": blend.again,
            "trust": blend.trust,
            "trees": blend.booster.model_to_string() if blend.booster else None,
        }
        (fresh / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        old = [path for path in folder.iterdir() if path.is_dir() and path != fresh]
        for path in old:
            if path.name == key or not path.name.startswith("fitting-"):
                shutil.rmtree(path, ignore_errors=True)
        fresh.rename(folder / key)
    except OSError:
        pass


def load_blend(folder: Path, key: str) -> Blend | None:
    """What `save_blend` wrote under `key`; None where there is none or it is damaged."""
    place = folder / key
    try:
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        scorers = [
            KINDS[entry["kind"]](**_read_fields(entry["fields"], place)) for entry in manifest["scorers"]
        ]
        trees = manifest["trees"]
        return Blend(
            scorers,
            np.array(manifest["weights"], dtype=np.float32),
            lightgbm.Booster(model_str=trees) if trees else None,
            bool(manifest["again"]),
            float(manifest["trust"]),
        )
    except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError):
        return None


def _write_fields(scorer: Any, folder: Path, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(scorer):
        value, name = getattr(scorer, field.name), f"{prefix}-{field.name}"
        if isinstance(value, np.ndarray):
            np.save(folder / f"{name}.npy", value)
            found[field.name] = {"array": name}
        elif sparse.issparse(value):
            for part in SPARSE:
                np.save(folder / f"{name}-{part}.npy", getattr(value, part))
            found[field.name] = {"sparse": name, "shape": list(value.shape)}
        elif isinstance(value, Mapping):
            for key, array in value.items():
                np.save(folder / f"{name}-{key}.npy", array)
            found[field.name] = {"arrays": name, "keys": list(value)}
        else:
            found[field.name] = {"value": value}
    return found


def _read_fields(fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    def array(name: str) -> np.ndarray:
        return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))

    found: dict[str, Any] = {}
    for name, entry in fields.items():
        if "array" in entry:
            found[name] = array(entry["array"])
        elif "sparse" in entry:
            parts = tuple(array(f"{entry['sparse']}-{part}") for part in SPARSE)
            found[name] = sparse.csr_matrix(parts, shape=entry["shape"], copy=False)
        elif "arrays" in entry:
            found[name] = {key: array(f"{entry['arrays']}-{key}") for key in entry["keys"]}
        else:
            found[name] = entry["value"]
    return found

"""What the signals of `signals.py` are worth: two rows of weights, kept in a small readable file.

`fused` orders all candidates so that whatever answers is among the first hundred; `ranked` reorders
those hundred so that the best come first. Both are linear. `ranker.json` beside this file is used
unless a shop has its own (`regulars evaluate search --train-judgements … --save-ranker`); its card
says on what it was fitted. Knows nothing of products; fitting is `fitting.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.signals import NAMES
from retrieval.words import normalise
from shop.errors import ConfigError

Floats = NDArray[np.float32]

DEPTH = 100
"""So many candidates are reordered."""
SHIPPED = Path(__file__).with_name("ranker.json")


@dataclass(frozen=True, slots=True)
class Ranker:
    """One weight a signal and stage; a signal that a file does not name weighs nothing."""

    fused: tuple[float, ...]
    ranked: tuple[float, ...]
    card: Mapping[str, Any] = field(default_factory=dict)
    """On what it was fitted; `queries_seen` holds digests of the queries."""

    def fuse(self, table: Floats) -> Floats:
        """One score a row of `table` (columns as in NAMES), for all of the candidates."""
        return np.asarray(table @ np.array(self.fused, dtype=np.float32), dtype=np.float32)

    def order(self, table: Floats) -> NDArray[np.int64]:
        """Rows of `table`, best first."""
        order = np.argsort(-self.fuse(table), kind="stable")
        first = order[:DEPTH]
        best = table[first] @ np.array(self.ranked, dtype=np.float32)
        return np.asarray(np.concatenate([first[np.argsort(-best, kind="stable")], order[DEPTH:]]))

    def has_seen(self, query: str) -> bool:
        """Whether it was fitted on this query."""
        return digest(query) in self.card.get("queries_seen", ())

    def as_json(self) -> dict[str, Any]:
        """What `read_ranker` reads."""
        return {
            "card": dict(self.card),
            "fused": {name: round(w, 4) for name, w in zip(NAMES, self.fused, strict=True) if w},
            "ranked": {name: round(w, 4) for name, w in zip(NAMES, self.ranked, strict=True) if w},
        }


def digest(query: str) -> str:
    """A query in eight letters, however it is spaced and capitalised."""
    plain = " ".join(normalise(query).split())
    return hashlib.blake2b(plain.encode(), digest_size=4).hexdigest()


@lru_cache(maxsize=8)
def read_ranker(file: Path = SHIPPED) -> Ranker:
    """The weights in `file`; ConfigError names what is wrong with it."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        stages = []
        for stage in ("fused", "ranked"):
            given = {str(name): float(weight) for name, weight in content[stage].items()}
            if unknown := sorted(given.keys() - set(NAMES)):
                raise ConfigError(
                    f"{file}, {stage!r}: the signal {unknown[0]!r} is not known; "
                    "remove it or fit the file again with `regulars evaluate search --save-ranker`"
                )
            stages.append(tuple(given.get(name, 0.0) for name in NAMES))
        return Ranker(stages[0], stages[1], content.get("card", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{file} is no ranker ({type(error).__name__}: {error}); remove it, "
            "or fit it again with `regulars evaluate search --save-ranker`"
        ) from error

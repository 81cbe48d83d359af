"""One shelf: products made ready for search as arrays, in memory or in the files of a folder.

Holds no product itself, only what it takes to find one: its words, its columns, its vector. Built in
one pass over any number of products; never changed afterwards. Knows nothing of queries.
"""

from __future__ import annotations

import json
import shutil
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.columns import Columns
from retrieval.columns_builder import ColumnsBuilder
from retrieval.filters import stated_texts
from retrieval.nearest import EXACT_ROWS, Matrix, Vectors, lay_in_cells
from retrieval.stated import Stated, StatedBuilder
from retrieval.tally import Tally
from retrieval.vocabulary import read_text
from retrieval.wordtable import WordTable, WordTableBuilder
from shop.errors import SearchError
from shop.types import Product

VectorsOf = Callable[[Sequence[str]], Mapping[str, Vectors]]
Key = Callable[[Product], int]
FACTS = "facts.json"
SCRATCH = "scratch"
FETCHED = 5_000
"""Products whose vectors are read at a time."""


class Shelf:
    """Immutable; safe to share between threads. Row numbers are places in `ids`."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        self.arrays, self.facts = dict(arrays), dict(facts)
        self.ids: list[str] = facts["ids"]
        self.size = len(self.ids)
        self.words = WordTable(arrays, facts["stems"])
        self.columns = Columns(
            arrays, facts, self.words.title_mask, Stated(arrays, facts["spelled"], facts["spelled_stems"])
        )
        self.matrix = Matrix(arrays) if "vectors" in arrays else None
        self.keys: NDArray[np.uint64] = arrays["keys"]
        self.without_vector: int = facts["without_vector"]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row by product id."""
        return {id_: row for row, id_ in enumerate(self.ids)}

    @classmethod
    def load(cls, folder: Path) -> Shelf:
        """The shelf saved in `folder`, its arrays mapped. SearchError where it is not whole."""
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            found = {path.name: path.stat().st_size for path in folder.glob("*.npy")}
            if any(found.get(name) != size for name, size in facts["sizes"].items()):
                raise ValueError("a file is missing or cut off")
            arrays = {name[:-4]: _load_array(folder / name) for name in facts["sizes"]}
            return cls(arrays, facts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SearchError(
                f"the prepared search in {folder} is damaged ({error}); run `regulars index` to make it anew"
            ) from error


MAPPED_BYTES = 1 << 20
"""Smaller files are read at once: a map costs more than they hold."""


def _load_array(path: Path) -> NDArray[Any]:
    mapped = path.stat().st_size > MAPPED_BYTES
    # As plain arrays over the map: NumPy's memmap class makes every slice slower.
    return np.asarray(np.load(path, mmap_mode="r")) if mapped else np.load(path)


def no_key(product: Product) -> int:
    """For shelves whose vectors nobody will reuse."""
    return 0


def build_shelf(
    products: Iterable[Product],
    vectors_of: VectorsOf | None,
    dimensions: int,
    *,
    key: Key = no_key,
    tally: Tally | None = None,
) -> Shelf:
    """A shelf in memory. `key` tells what a vector was made from; `tally` counts along."""
    return Shelf(*_build(products, vectors_of, dimensions, key, tally, None, None))


def write_shelf(
    products: Iterable[Product],
    vectors_of: VectorsOf,
    dimensions: int,
    folder: Path,
    key: Key,
    tally: Tally,
    progress: Callable[[int], None] | None = None,
) -> None:
    """A shelf in the files of `folder`; what is large is built there, so that a million products fit in
    memory.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / SCRATCH).mkdir(parents=True)
    arrays, facts = _build(products, vectors_of, dimensions, key, tally, folder, progress)
    for name, values in arrays.items():
        if not (folder / f"{name}.npy").exists():
            np.save(folder / f"{name}.npy", np.asarray(values))
    arrays.clear()
    shutil.rmtree(folder / SCRATCH)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))}
    # The facts come last and are renamed into place: a folder with facts is whole.
    part = folder / f"{FACTS}.part"
    part.write_text(json.dumps({**facts, "sizes": sizes}), encoding="utf-8")
    part.replace(folder / FACTS)


def _build(
    products: Iterable[Product],
    vectors_of: VectorsOf | None,
    dimensions: int,
    key: Key,
    tally: Tally | None,
    folder: Path | None,
    progress: Callable[[int], None] | None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    scratch = folder / SCRATCH if folder else None
    words, columns, stated = WordTableBuilder(scratch), ColumnsBuilder(), StatedBuilder(scratch)
    rows = _VectorRows(vectors_of, dimensions, scratch)
    ids: list[str] = []
    keys = array("Q")
    for product in products:
        text = read_text(product)
        if tally is not None:
            tally.add(product, text)
        words.add(text)
        columns.add(product)
        stated.add(stated_texts(product))
        rows.add(product.id)
        ids.append(product.id)
        keys.append(key(product))
        if progress is not None and len(ids) % 1000 == 0:
            progress(len(ids))
    arrays, stems = words.finish(folder)
    more, facts = columns.finish()
    told, spelled, spelled_stems = stated.finish()
    arrays |= more | told | {"keys": np.array(keys, dtype=np.uint64)} | rows.finish(folder)
    facts |= {"ids": ids, "stems": stems, "spelled": spelled, "spelled_stems": spelled_stems}
    facts["without_vector"] = rows.missing
    return arrays, facts


class _VectorRows:
    """Vectors in row order, fetched in batches; rows without one are zero."""

    def __init__(self, vectors_of: VectorsOf | None, dimensions: int, scratch: Path | None) -> None:
        self._of, self._width = vectors_of, dimensions
        self._file = (scratch / "vectors.bin").open("wb") if scratch else None
        self._path = scratch / "vectors.bin" if scratch else None
        self._waiting: list[str] = []
        self._parts: list[Vectors] = []
        self._rows = 0
        self.missing = 0

    def add(self, id_: str) -> None:
        self._waiting.append(id_)
        if self._path is not None and len(self._waiting) == FETCHED:
            self._fetch()

    def _fetch(self) -> None:
        ids, self._waiting = self._waiting, []
        found = self._of(ids) if self._of and ids else {}
        part = np.zeros((len(ids), self._width), dtype=np.float32)
        for row, id_ in enumerate(ids):
            if id_ in found:
                part[row] = found[id_]
        self.missing += len(ids) - len(found)
        self._rows += len(ids)
        if self._file:
            self._file.write(part.tobytes())
        else:
            self._parts.append(part)

    def finish(self, folder: Path | None) -> dict[str, NDArray[Any]]:
        """The arrays of a Matrix; none where nothing has a vector."""
        self._fetch()
        if self._file:
            self._file.close()
        if self.missing == self._rows:
            return {}
        shape = (self._rows, self._width)
        if self._path is None:
            return {"vectors": np.concatenate(self._parts).reshape(shape)}
        vectors = np.memmap(self._path, dtype=np.float32, mode="r", shape=shape)
        if folder is not None and self._rows > EXACT_ROWS:
            return lay_in_cells(vectors, folder)
        return {"vectors": np.asarray(vectors)}

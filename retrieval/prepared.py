"""The prepared search of a shop: its shelves in files, made by `regulars index`, named by a manifest.

    index/manifest.json     which folders hold the shelves, and what they were made from
    index/<name>/           one shelf and the counts of the vocabulary

Shelves are written beside the old ones and the manifest is renamed into place last, so that whoever
reads sees the old state or the new one. Knows the store's revisions; knows nothing of queries.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.embedding import Embedder, Vectors
from retrieval.library import content_hash, policy_text, vector_key
from retrieval.lock import drop_lock, take_lock
from retrieval.shelf import Shelf, VectorsOf, write_shelf
from retrieval.tally import Tally
from shop.errors import SearchError
from shop.store import Store
from shop.types import PolicyPassage

FORMAT = 3
"""Raised whenever the arrays of a shelf or the stems in them change their meaning."""
MANIFEST = "manifest.json"
TALLY = "tally.json"
WHOLE_BELOW = 20_000
"""A smaller catalogue is prepared anew each time: it takes seconds."""
SECOND_SHELF = 0.05
"""Changed since the first shelf was made, up to this share goes on a second one; more makes it anew."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`revision` and `mark` are the store's when reading began, `base` those of the first shelf. `gone`
    are ids on shelves that the shop no longer has; `policies` the content hash of each passage.
    """

    embedder: str
    revision: int
    mark: str
    base: tuple[int, str]
    shelves: tuple[str, ...]
    gone: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    format: int = FORMAT


def index_folder(shop: Path) -> Path:
    """Where a shop's prepared search lies."""
    return shop / "index"


@contextmanager
def writing_index(shop: Path) -> Iterator[Path]:
    """The right to write a shop's prepared search; SearchError where another process has it."""
    folder = index_folder(shop)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(folder, "the prepared search", "wait for it to end, then try again")
    except OSError as error:
        raise SearchError(
            f"the folder {folder} cannot be written ({error.strerror}); "
            "mend its rights or choose another --shop"
        ) from error
    try:
        yield folder
    finally:
        drop_lock(lock)


def read_manifest(folder: Path, embedder: Embedder) -> Manifest | None:
    """What is prepared; None where nothing is, or nothing that this program and embedder can use."""
    try:
        saved = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if saved["format"] != FORMAT or saved["embedder"] != embedder.name:
            return None
        saved["base"] = tuple(saved["base"])
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in saved.items()}
        return Manifest(**values)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_shelves(folder: Path, manifest: Manifest) -> tuple[list[Shelf], Tally]:
    """The shelves and the vocabulary's counts. SearchError where a file is damaged."""
    shelves = [Shelf.load(folder / name) for name in manifest.shelves]
    try:
        saved = json.loads((folder / manifest.shelves[-1] / TALLY).read_text(encoding="utf-8"))
        return shelves, Tally.of_json(saved)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchError(
            f"the prepared search in {folder} is damaged ({error}); run `regulars index` to make it anew"
        ) from error


def load_policies(
    folder: Path, manifest: Manifest, passages: Sequence[PolicyPassage], embedder: Embedder
) -> dict[str, Vectors] | None:
    """The vectors of passages by id; None where some are not prepared as they are now."""
    try:
        matrix = np.load(folder / manifest.shelves[0] / "policies.vectors")
    except (OSError, ValueError):
        return None
    by_hash = dict(zip(manifest.policies, matrix, strict=False))
    hashes = {p.id: content_hash(embedder, policy_text(p)) for p in passages}
    if not by_hash.keys() >= set(hashes.values()):
        return None
    return {id_: by_hash[found] for id_, found in hashes.items()}


def prepare(
    store: Store,
    folder: Path,
    embedder: Embedder,
    vectors_of: VectorsOf,
    policy_vectors: Mapping[str, Vectors],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Bring the prepared search in `folder` to what the store holds; call it inside `writing_index`."""
    revision, mark = store.product_revision()
    passages = [p for p in store.policies() if p.id in policy_vectors]
    policies = tuple(content_hash(embedder, policy_text(p)) for p in passages)
    known = read_manifest(folder, embedder)
    name = f"{revision}-{secrets.token_hex(4)}"
    changed = store.products_changed_since(*known.base) if known else None
    if known is not None and changed is not None:
        if (revision, mark, policies) == (known.revision, known.mark, known.policies) and _is_whole(
            folder, known
        ):
            return
        total = store.count("products")
        if total >= WHOLE_BELOW and len(changed) <= SECOND_SHELF * total and policies == known.policies:
            try:
                base = Manifest(**{**asdict(known), "shelves": known.shelves[:1]})
                _, tally = load_shelves(folder, base)
            except SearchError:
                pass  # damaged: made anew below
            else:
                gone = _add_second(store, folder / name, changed, embedder, vectors_of, tally)
                shelves = (known.shelves[0], name)
                made = Manifest(embedder.name, revision, mark, known.base, shelves, gone, policies)
                _publish(folder, made)
                return
    tally, total = Tally(), store.count("products")

    def tell(done: int) -> None:
        if progress is not None:
            progress(min(done, total), total)

    key = vector_key(embedder)
    write_shelf(
        store.each_product(), vectors_of, embedder.dimensions, folder / name, key, tally, progress=tell
    )
    _save_tally(folder / name, tally)
    if passages:
        with (folder / name / "policies.vectors").open("wb") as file:
            np.save(file, np.stack([policy_vectors[p.id] for p in passages]))
    _publish(folder, Manifest(embedder.name, revision, mark, (revision, mark), (name,), (), policies))


def _add_second(
    store: Store,
    folder: Path,
    changed: Sequence[str],
    embedder: Embedder,
    vectors_of: VectorsOf,
    tally: Tally,
) -> tuple[str, ...]:
    """A shelf of what changed since the first was made; gives back the ids that are gone."""
    products = store.products_by_id(changed)
    key = vector_key(embedder)
    write_shelf(products.values(), vectors_of, embedder.dimensions, folder, key, tally)
    _save_tally(folder, tally)
    return tuple(id_ for id_ in changed if id_ not in products)


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    try:
        load_shelves(folder, manifest)
    except SearchError:
        return False
    return True


def _save_tally(folder: Path, tally: Tally) -> None:
    (folder / TALLY).write_text(json.dumps(tally.as_json()), encoding="utf-8")


def _publish(folder: Path, manifest: Manifest) -> None:
    part = folder / f"{MANIFEST}.part"
    part.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    part.replace(folder / MANIFEST)
    # Whoever still has an old shelf mapped keeps it: the kernel lets go of the files with the last map.
    for old in folder.iterdir():
        if old.is_dir() and old.name not in manifest.shelves:
            shutil.rmtree(old, ignore_errors=True)

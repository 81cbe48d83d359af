"""Which rows are called what was asked: by their names, not by a word in passing or a category alone.

Knows row numbers, titles and the vocabulary; knows nothing of scores or filters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval import english
from retrieval.catalogue import Catalogue
from retrieval.heads import head_term, split_topic
from retrieval.ranking import Mask
from retrieval.vocabulary import Term

Rows = NDArray[np.int64]
READ = 2_000
"""Products whose titles are read for one question."""


def asked_thing(catalogue: Catalogue, topic: str) -> Term | None:
    """The term that names the thing itself; None where none does."""
    terms = catalogue.vocabulary.terms(*split_topic(topic, english.LINKS))
    place = head_term(topic, terms)
    return None if place is None else terms[place]


def called(catalogue: Catalogue, thing: Term | None, rows: Rows, relevant: Mask) -> Mask | None:
    """Which `relevant` ones of `rows` are called the `thing` asked for, not only hold the word: of laptops
    and a backpack for one, the backpack is no laptop under £1,000, nor the cheapest of them.
    """
    if thing is None:
        return None
    found = np.zeros(catalogue.rows, dtype=np.bool_)
    for stems, _ in thing.alternatives:
        found[catalogue.lexical.named(stems)] = True
    return np.asarray(found[rows] & relevant)


def titled_so(catalogue: Catalogue, thing: Term, rows: Rows) -> Mask:
    """Which of `rows` are so by more than their category: a "Putting Cup" among putting mats, whose title
    ends in another thing, is neither counted nor the cheapest of them. All, where none is; of a category
    with more than READ products of other names, all of those.
    """
    everything = np.ones(len(rows), dtype=np.bool_)
    kept = np.zeros(len(rows), dtype=np.bool_)
    for stems, _ in thing.alternatives:
        kept |= catalogue.lexical.titled(stems)[rows]
    others = np.flatnonzero(~kept)
    if len(others) > READ:
        return everything
    ids = [catalogue.id_of(int(row)) for row in rows[others]]
    products = catalogue.products.several(ids)
    for place, id_ in zip(others, ids, strict=True):
        kept[place] = id_ not in products or not catalogue.vocabulary.ends_in_thing(products[id_].title)
    return kept if kept.any() else everything

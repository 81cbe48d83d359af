"""Every embedder keeps the same promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import Embedder, load_embedder, minilm_folder
from retrieval.minilm import MAX_TOKENS
from shop.errors import ConfigError, SearchError


@pytest.fixture(params=["hash:", pytest.param("minilm", marks=pytest.mark.slow)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return load_embedder(request.param)


def test_rows_of_length_one_in_order(embedder: Embedder) -> None:
    texts = ["red lunch bag", "", "🎁", "a lunch bag in red", "quantum physics", "x " * 1000]
    rows = embedder.embed(texts)
    assert rows.shape == (len(texts), embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    assert rows[0] @ rows[3] > rows[0] @ rows[4]


def test_the_same_alone_and_in_company(embedder: Embedder) -> None:
    texts = [f"lunch bag number {number} for the café" for number in range(7)]
    together = embedder.embed(texts)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-4)


@pytest.mark.slow
def test_minilm_makes_the_vectors_that_sentence_transformers_makes() -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["red lunch bag", "£5 gift for my mum", "a " * 90, *(f"lamp number {at}" for at in range(20))]
    theirs = SentenceTransformer(str(minilm_folder()), device="cpu")
    theirs.max_seq_length = MAX_TOKENS
    wanted = theirs.encode(texts, normalize_embeddings=True)
    exact, quick = (load_embedder(spec).embed(texts) for spec in ("minilm:#float32", "minilm"))
    assert (exact * wanted).sum(axis=1).min() > 0.9999
    assert (quick * wanted).sum(axis=1).min() > 0.99
    assert load_embedder("minilm").name != load_embedder("minilm:#float32").name, "not to be mixed"


def test_an_encoder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SearchError, match=r"config.json cannot be read .* name a sentence-transformers folder"
    ):
        load_embedder(f"minilm:{tmp_path}")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    (tmp_path / "config.json").write_text('{"model_type": "bert", "hidden_size": 8}')
    with pytest.raises(SearchError, match="not BERT with mean pooling"):
        load_embedder(f"minilm:{tmp_path}")
    with pytest.raises(ConfigError, match="use #int8 or #float32"):
        load_embedder("minilm:#int4")


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


@pytest.mark.parametrize("spec", ["", "nonsense", "no.such.module:Class", "retrieval.embedding:Missing"])
def test_unknown_spec_is_one_sentence(spec: str) -> None:
    with pytest.raises(ConfigError, match=r"embedder .*(use|correct)"):
        load_embedder(spec)


def test_own_class_by_name() -> None:
    assert load_embedder("retrieval.embedding:HashEmbedder").name == "hash-384"


def test_importing_loads_no_torch() -> None:
    code = "import sys, retrieval.search; sys.exit('torch' in sys.modules or 'chromadb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

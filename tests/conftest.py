"""What all tests share: a clean environment, no network, and a tiny real shop to open.

The tiny shop is the first products of the giftware sample with all orders that hold only them.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from shop.settings import Settings

# Before anything of ours is imported: libraries read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["ANONYMIZED_TELEMETRY"] = "False"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Fits are small here: on a busy machine their threads would mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent.parent
LOOPBACK = ("127.", "::1", "localhost")


class NetworkBlocked(RuntimeError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine in no test."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise NetworkBlocked(f"a test tried to connect to {address[0]}:{address[1]}")

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return real_connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No REGULARS_* setting of the person who runs the tests reaches them (the model cache may)."""
    for name in list(os.environ):
        if name.startswith("REGULARS_") and name != "REGULARS_CACHE":
            monkeypatch.delenv(name)


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    """An empty folder for a shop."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


SHOP_TOML = """\
name = "Retro Gifts"
locale = "en_GB"
currency = "GBP"
today = 2011-09-09
embedder = "hash:"
model = "none:"
"""


@pytest.fixture(scope="session")
def tiny_shop_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny shop, made once; take `tiny_shop` for a copy of your own."""
    import gzip

    from retrieval.indexing import build_index
    from shop.settings import load_settings
    from shop.sources import import_file
    from shop.store import Store

    folder = tmp_path_factory.mktemp("tiny") / "shop"
    folder.mkdir()
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    whole = next((ROOT / "shop" / "samples" / "giftware").glob("*.csv.gz"))
    slice_file = folder.parent / "slice.csv"
    with gzip.open(whole, "rt", encoding="utf-8-sig", newline="") as lines:
        slice_file.write_text("".join(line for line, _ in zip(lines, range(6001), strict=False)), "utf-8")
    settings = load_settings(folder)
    with Store(settings.database_url) as store:
        for kind in ("products", "customers", "orders"):
            import_file(store, kind, slice_file, "auto", settings)
        build_index(store, settings, lambda done, total: None)
    return folder


@pytest.fixture
def tiny_shop(tiny_shop_master: Path, tmp_path: Path) -> Path:
    """The folder of a tiny real shop: some giftware products with orders, hash embedder, no model."""
    folder = tmp_path / "tiny-shop"
    shutil.copytree(tiny_shop_master, folder, ignore=shutil.ignore_patterns("*.lock"))
    return folder


@pytest.fixture
def tiny_settings(tiny_shop: Path) -> Iterator[Settings]:
    """Settings of a tiny real shop."""
    from shop.settings import load_settings

    yield load_settings(tiny_shop)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a language model of two thin layers with random weights and SmolLM2's tokenizer.

    It babbles, but likes brackets, figures and line breaks more than a real model does.
    """
    from tiny_model import write_tiny_model

    folder = tmp_path_factory.mktemp("tiny-model") / "tiny"
    folder.mkdir()
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model cache shared by the tests of a session, so that the tiny model is prepared once."""
    return tmp_path_factory.mktemp("model-cache")

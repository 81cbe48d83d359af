"""Every vector store keeps the same promises."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import HashEmbedder
from retrieval.vectors import VectorIndex, open_vectors
from shop.errors import ConfigError, SearchError


def _server(folder: Path) -> Iterator[str]:
    command = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the chroma command is not installed beside this Python")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [command, "run", "--path", str(folder), "--port", str(port)], stdout=log, stderr=log
        )
        try:
            for _ in range(60):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if server.poll() is not None:
                    pytest.skip("`chroma run` does not start here: " + (folder / "log").read_text()[-300:])
                time.sleep(1)
            else:
                pytest.skip("`chroma run` did not listen within a minute")
            yield f"chroma:http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(
    params=["memory:", "file:DIR", "chroma:DIR", pytest.param("chroma:http", marks=pytest.mark.slow)]
)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    specs = _server(tmp_path) if request.param == "chroma:http" else iter([request.param])
    spec = next(specs).replace("DIR", str(tmp_path / "vectors"))
    found = open_vectors(spec, "products")
    yield found
    found.close()
    next(specs, None)


def fill(index: VectorIndex, texts: dict[str, str]) -> None:
    index.upsert(
        list(texts), HashEmbedder().embed(list(texts.values())), [{"hash": t, "n": 1} for t in texts.values()]
    )


def test_store_find_replace_remove(index: VectorIndex) -> None:
    assert (index.count(), index.hashes(), index.get(["a"])) == (0, {}, {})
    assert index.query(HashEmbedder().embed(["mug"])[0], 3) == []
    fill(index, {"a": "red mug", "b": "blue candle", "c": "tea towel"})
    assert index.count() == 3
    found = index.query(HashEmbedder().embed(["red mug"])[0], 2)
    assert found[0][0] == "a"
    assert found[0][1] == pytest.approx(1, abs=1e-3)
    assert len(found) == 2
    fill(index, {"a": "green lamp"})
    assert index.count() == 3
    assert index.hashes() == {"a": "green lamp", "b": "blue candle", "c": "tea towel"}
    assert np.allclose(index.get(["a", "z"])["a"], HashEmbedder().embed(["green lamp"])[0], atol=1e-5)
    index.delete(["b", "never there"])
    assert set(index.hashes()) == {"a", "c"}


@pytest.mark.parametrize("kind", ["chroma", "file"])
def test_a_folder_survives_reopening_and_keeps_other_writers_out(tmp_path: Path, kind: str) -> None:
    first = open_vectors(f"{kind}:{tmp_path}", "products")
    fill(first, {"a": "red mug"})
    script = (
        "import sys\nfrom retrieval.vectors import open_vectors\n"
        "from retrieval.embedding import HashEmbedder\n"
        "from shop.errors import SearchError\nindex = open_vectors(sys.argv[1], 'products')\n"
        "print(index.count())\n"
        "try:\n    index.upsert(['b'], HashEmbedder().embed(['x']), [{'hash': 'x'}])\n"
        "except SearchError as error:\n    print(error)"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, f"{kind}:{tmp_path}"], capture_output=True, text=True, check=True
    ).stdout
    assert other.startswith("1\n")
    assert "being written by another process" in other
    first.close()
    again = open_vectors(f"{kind}:{tmp_path}", "products")
    assert again.hashes() == {"a": "red mug"}
    again.close()


@pytest.mark.parametrize("spec", ["", "chroma:", "file:", "qdrant", "no.such:Class"])
def test_unknown_spec(spec: str) -> None:
    with pytest.raises(ConfigError, match=r"vectors .*(use|correct)"):
        open_vectors(spec, "products")


def test_no_server_is_one_sentence() -> None:
    with pytest.raises(SearchError, match="start it with `chroma run`"):
        open_vectors("chroma:http://127.0.0.1:9", "products")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SearchError, match="choose another"):
        open_vectors(f"chroma:{tmp_path / 'file' / 'vectors'}", "products")

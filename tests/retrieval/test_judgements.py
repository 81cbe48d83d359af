from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.judgements import read_judgements
from shop.errors import SourceError

HEAD = "query_id,query,product_id,gain\n"


def test_further_columns_and_any_order(tmp_path: Path) -> None:
    file = tmp_path / "j.csv"
    file.write_text('gain,esci_label,product_id,query,query_id\n1.0,E,a,"mug, red",7\n0,I,b,"mug, red",7\n')
    (one,) = read_judgements(file)
    assert (one.id, one.query, one.gains) == ("7", "mug, red", {"a": 1.0, "b": 0.0})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("query_id,query,product_id\n1,mug,a\n", "row 1, column 'gain'"),
        (HEAD, "holds no judgements"),
        (HEAD + "1,mug,a,good\n", "row 2, column 'gain': 'good' is no gain"),
        (HEAD + "1,mug,a,nan\n", "row 2, column 'gain'"),
        (HEAD + "1,mug,a,-1\n", "row 2, column 'gain'"),
        (HEAD + "1,,a,1\n", "row 2, column 'query': is empty"),
        (HEAD + "1,mug,a,1\n1,cup,b,1\n", "row 3, column 'query'"),
        (HEAD + "1,mug,a,1\n1,mug,a,0\n", "row 3, column 'gain': product a has two gains"),
        (HEAD + "1,mug\n", "row 2, column 'product_id': is empty"),
    ],
)
def test_bad_files_are_named_with_row_and_column(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "j.csv"
    file.write_text(content)
    with pytest.raises(SourceError) as caught:
        read_judgements(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_judgements(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + b"1,caf\xe9,a,1\n")
    with pytest.raises(SourceError, match="UTF-8"):
        read_judgements(tmp_path / "latin.csv")

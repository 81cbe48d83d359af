"""The shape of the code, held by reading it: who may import whom, what stays where, how long a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "shop": set(),
    "prompts": set(),
    "retrieval": {"shop"},
    "insight": {"shop"},
    "assistant": {"shop", "retrieval", "insight", "prompts"},
    "finetune": {"shop", "prompts", "retrieval", "assistant"},
    "ui": {"assistant", "shop"},
}
# The composition root of the command line.
EXCEPTIONS = {"ui/cli.py": set(MAY_IMPORT)}
LOADS_MODELS = ("assistant/models/reference", "assistant/models/converting")
HEAVY = {
    "torch": (*LOADS_MODELS, "finetune/", "retrieval/recommend/models/sequential_training"),
    "transformers": (*LOADS_MODELS, "finetune/"),
    "peft": (*LOADS_MODELS, "finetune/"),
    "lightgbm": ("insight/", "retrieval/recommend/keeping", "retrieval/recommend/models/blending"),
    "gguf": ("assistant/models/unpacking",),
    "ctranslate2": ("assistant/models/engine", "assistant/models/converting", "retrieval/minilm"),
    "sentence_transformers": ("finetune/",),
    "datasets": ("finetune/",),
    "chromadb": ("retrieval/vectors",),
    "gradio": ("ui/",),
    "sqlalchemy": ("shop/store/",),
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "core"}
LINES_AT_MOST = 400

FILES = sorted(path.relative_to(ROOT) for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def imports_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Top-level names that a file imports, and whether only for type checking."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing_only.update(inner for part in node.body for inner in ast.walk(part))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], node in typing_only
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports in full"
            yield (node.module or "").split(".")[0], node in typing_only


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 20
    assert {file.parts[0] for file in FILES} == set(MAY_IMPORT)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_one_way(file: Path) -> None:
    package = file.parts[0]
    allowed = EXCEPTIONS.get(file.as_posix(), MAY_IMPORT[package]) | {package}
    ours = {name for name, _ in imports_of(file) if name in MAY_IMPORT}
    assert ours <= allowed, f"{file} may not import {', '.join(sorted(ours - allowed))}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_heavy_libraries_stay_where_they_belong(file: Path) -> None:
    for name, typing_only in imports_of(file):
        if name in HEAVY and not typing_only:
            assert file.as_posix().startswith(HEAVY[name]), f"{file} may not import {name}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_modules_are_short_and_named_for_what_they_are(file: Path) -> None:
    assert not FORBIDDEN_NAMES & set(file.with_suffix("").parts)
    lines = (ROOT / file).read_text(encoding="utf-8").count("\n")
    assert lines <= LINES_AT_MOST, f"{file} has {lines} lines; split it"


@pytest.mark.parametrize("modules", ["assistant, assistant.cli, assistant.plan", "shop, retrieval, ui.cli"])
def test_importing_loads_nothing_heavy(modules: str) -> None:
    heavy = "torch transformers chromadb gradio sqlalchemy sentence_transformers".split()
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_assistant_chat_loads_nothing_heavy() -> None:
    code = (
        "import sys, assistant.chat; "
        "print([n for n in 'torch transformers chromadb gradio'.split() if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_folder_of_code_is_a_package() -> None:
    """setuptools takes only folders with an __init__.py; one forgotten is missing once installed."""
    assert {file.parent for file in FILES} == {file.parent for file in FILES if file.name == "__init__.py"}

"""What the documents promise: commands that exist, links that lead somewhere, settings that are real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from shop.settings import Settings
from ui.cli import program

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")


def console_commands() -> list[str]:
    """What README shows after a prompt, in order."""
    blocks = "".join(CONSOLE.findall(README))
    return [line.removeprefix("$ ") for line in blocks.splitlines() if line.startswith("$ ")]


def written_commands() -> list[tuple[str, str]]:
    """Every whole `regulars ...` command line in any document's code."""
    found = []
    for document in DOCUMENTS:
        for line in document.read_text(encoding="utf-8").splitlines():
            code = re.findall(r"`(regulars [^`]+)`", line)
            code += re.findall(r"^(?:\$ |    )(regulars .+)$", line)
            found += [(document.name, part.split("   ")[0]) for part in code]
    return found


@pytest.mark.parametrize(("document", "line"), written_commands())
def test_every_command_in_the_documents_exists(document: str, line: str) -> None:
    words = [word for word in shlex.split(line)[1:] if word != "..."]
    command = typer.main.get_command(program)
    context = command.make_context("regulars", [], resilient_parsing=True)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{document}: {line}"
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("-")} <= options, f"{document}: {line}"
    assert context is not None


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in LINK.findall(document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`{name}`" in text, f"docs/operating.md does not explain {name}"


def test_the_two_promised_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z-]+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert {"run", "test"} <= set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))


@pytest.mark.slow
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """In the README's order, in an empty folder beside the files it names; each must succeed and print."""
    (tmp_path / "shop").symlink_to(ROOT / "shop")
    # What is installed beside this Python comes first, as after `source .venv/bin/activate`.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    commands = console_commands()
    assert len(commands) >= 8
    for line in commands:
        done = subprocess.run(
            shlex.split(line), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout.strip(), line

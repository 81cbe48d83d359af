"""Runs the parts of the benchmark one after another and writes RESULTS.md beside this file.

python -m benchmarks.run [PART ...] [--work DIR]     without PART: all of them
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
KEPT = HERE / "results.json"
PARTS = {
    "speed_data": "Getting data in",
    "speed_search": "Search",
    "speed_scale": "From ten thousand to a million products",
    "speed_start": "Starting",
    "speed_turn": "A turn, worded by the templates",
    "speed_turn_model": "A turn, worded by the local language model",
    "engines": "The language model's engine",
    "quality_search": "Search quality",
    "quality_answers": "Answers",
    "quality_campaign": "Campaign e-mails",
    "quality_predict": "Who will come back",
    "scale_predict": "Learning from 100,000 customers",
    "quality_mood": "The mood of a text",
    "quality_uplift": "Who is moved by a message; tables",
}
LIMIT_S = 3600


def machine() -> str:
    """The processor, cores, memory and system this runs on."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), name)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} cores, {memory_gb:.0f} GB, {system}"


def commit() -> str:
    """The commit the numbers belong to, marked where files differ from it."""
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(describe, cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not a git checkout"


def run_part(part: str, work: Path) -> Mapping[str, object]:
    """One part in its own process: its rows, or the error it ended with."""
    argv = [sys.executable, "-m", f"benchmarks.{part}", "--work", str(work)]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            argv, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"rows": [], "error": f"stopped after {LIMIT_S} s"}
    if done.returncode != 0:
        return {"rows": [], "error": f"ended with code {done.returncode}"}
    return {
        "rows": json.loads(done.stdout.strip().splitlines()[-1]),
        "seconds": round(time.perf_counter() - start),
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "machine": machine(),
    }


def written(kept: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """RESULTS.md, line by line."""
    yield "# Results"
    yield ""
    yield "Written by `make bench`; what each part measures stands in benchmarks/README.md. Where other"
    yield "work ran on the machine at the same time, durations are upper bounds."
    for part, title in PARTS.items():
        found = kept.get(part)
        if not found:
            continue
        yield ""
        yield f"## {title}"
        yield ""
        yield f"`python -m benchmarks.run {part}`" + (
            f", {found['at']}, commit {found['commit']}, {found['seconds']} s on {found['machine']}"
            if "at" in found
            else ""
        )
        yield ""
        if "error" in found:
            yield f"Not measured: {found['error']}."
            continue
        yield "| what | value | over |"
        yield "|---|---|---|"
        rows = found["rows"]
        assert isinstance(rows, list)
        for row in rows:
            yield f"| {row['name']} | {row['value']} | {row['over']} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts asked for, keep the others' last numbers, write RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--work", type=Path, help="folder for sample shops (default: a temporary one)")
    chosen = parser.parse_args(argv)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        for part in chosen.parts or PARTS:
            print(f"{part} ...", file=sys.stderr, flush=True)
            kept[part] = run_part(part, chosen.work or Path(scratch))
            failed |= "error" in kept[part]
            KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            RESULTS.write_text("\n".join(written(kept)) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

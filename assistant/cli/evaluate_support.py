"""`regulars evaluate support`: how well the support desk reads customers' messages, by kind of check."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, opened_store, print_json


def evaluate_support_file(
    tasks: Annotated[Path, typer.Option(help="A tau2-bench retail tasks file (JSON).")],
    pass_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Exit with 1 where a smaller share of the checks passes.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Read each task's words on the support_desk sample; say whom, what and whether it may be done."""
    from assistant.evaluation.desk import run_desk
    from shop.samples import load_sample

    with tempfile.TemporaryDirectory(prefix="regulars-support-") as folder:
        settings = load_sample("support_desk", Path(folder))
        with opened_store(settings) as store:
            report = run_desk(tasks, store, settings.current_date).as_json()
    if as_json:
        print_json(report)
    else:
        for failure in report["failures"]:
            typer.echo(f"FAIL  task {failure['task']}  {failure['kind']}: {failure['why']}")
        typer.echo(f"{'kind':14}{'checks':>8}{'passed':>8}")
        for kind, sums in report["by_kind"].items():
            typer.echo(f"{kind:14}{sums['checks']:>8}{sums['passed']:>8}")
        typer.echo(
            f"{report['passed']} of {report['checks']} checks passed ({report['pass_rate']:.1%}), "
            f"over {report['tasks']} tasks; {sum(report['left_out'].values())} actions left out because "
            "the words do not point at their order."
        )
    if report["pass_rate"] < pass_rate:
        raise typer.Exit(1)

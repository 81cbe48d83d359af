"""The command line: which commands there are. What each does stands in the files beside this one.

Holds everything that needs no page; `ui/cli.py` adds `demo`, `serve` and `finetune` and is the
program `regulars`, because the assistant must not know its faces.
"""

from __future__ import annotations

import typer

from assistant.cli.campaign import campaign
from assistant.cli.doctor import doctor
from assistant.cli.evaluate import evaluate_search_file
from assistant.cli.evaluate_mood import evaluate_mood_file
from assistant.cli.evaluate_uplift import evaluate_uplift_file
from assistant.cli.predict import evaluate_predictions_file, predict
from assistant.cli.shop import forget, import_data, index, search
from assistant.cli.talk import ask, chat, customer, evaluate_answers_file, recommend

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
evaluate = typer.Typer(help="Measure, on your data or on the samples.", no_args_is_help=True)
evaluate.command("search")(evaluate_search_file)
evaluate.command("answers")(evaluate_answers_file)
evaluate.command("mood")(evaluate_mood_file)
evaluate.command("uplift")(evaluate_uplift_file)
evaluate.command("predict")(evaluate_predictions_file)

app.command("import")(import_data)
app.command()(index)
app.command()(search)
app.command()(ask)
app.command()(chat)
app.command()(recommend)
app.command()(customer)
app.command()(predict)
app.command()(doctor)
app.command()(forget)
app.add_typer(campaign, name="campaign")
app.add_typer(evaluate, name="evaluate")

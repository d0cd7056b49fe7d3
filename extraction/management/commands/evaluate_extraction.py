"""How right the reading is, measured on labelled messages."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from extraction.evaluation import Evaluation, Scored, evaluate
from extraction.evaluation_page import evaluation_page
from extraction.learning_curve import learning_curve


class Command(BaseCommand):
    help = "Read the labelled messages of a JSON-lines file and report how right that was."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="one labelled message a line")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument(
            "--learning", action="store_true", help="how senders are read after confirmations"
        )
        parser.add_argument(
            "--html", type=Path, help="write the figures and every miss, with evidence, here"
        )
        parser.add_argument(
            "--errors", type=int, default=0, metavar="N", help="show the N worst misreadings"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            evaluation = evaluate(options["file"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        report = evaluation.report()
        if options["learning"]:
            report["learning"] = learning_curve(item.row for item in evaluation.scored)
        if options["html"] is not None:
            self._page(evaluation, report, options["file"], options["html"])
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self._table(report)
        for item in evaluation.errors()[: options["errors"]]:
            self._error(item)

    def _page(self, evaluation: Evaluation, report: dict[str, Any], file: Path, html: Path) -> None:
        try:
            html.write_text(evaluation_page(evaluation, report, file.name), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Cannot write {html}: {error.strerror}.") from error

    def _table(self, report: dict[str, Any]) -> None:
        rows = {
            "overall": report["overall"],
            **report["by_kind"],
            **{f"route {name}": group for name, group in report["by_route"].items()},
            **{f"language {name}": group for name, group in report["by_language"].items()},
            "macro by bank": report["macro_by_bank"],
            "ambiguous": report["ambiguous"],
        }
        for name, group in rows.items():
            found, booked = group["detection"], group["autobook"]
            self.stdout.write(
                f"{name}: {group['n']} messages, precision {found['precision']:.1%},"
                f" recall {found['recall']:.1%}; would book {booked['share']:.1%},"
                f" of those right {booked['right']:.1%}"
            )
            for field, state in group["fields"].items():
                if state["n"]:
                    self.stdout.write(
                        f"  {field:14} {state['n']:5}  exact {state['exact']:.1%}"
                        f"  missing {state['missing']:.1%}"
                    )

        for point in report.get("learning", ()):
            self.stdout.write(
                f"after {point['confirmed']} confirmed: {point['n']} messages,"
                f" all fields right {point['all_right']:.1%}, would book {point['booked']:.1%},"
                f" of those right {point['booked_right']:.1%}"
            )
        for point in report["risk_coverage"]:
            self.stdout.write(
                f"confidence from {point['confidence']:.2f}: {point['coverage']:.1%} of movements,"
                f" wrong {point['risk']:.2%}"
            )

    def _error(self, item: Scored) -> None:
        row, reading = item.row, item.reading
        self.stdout.write(f"\n--- {row.get('id')}: {row.get('subject') or ''}")
        self.stdout.write((row.get("text") or "")[:600])
        self.stdout.write(f"expected {json.dumps(row['expected'], ensure_ascii=False)}")
        self.stdout.write(f"read as {reading.verdict.value}, {reading.event.value}")
        for candidate in reading.candidates:
            for name, field in candidate.fields().items():
                self.stdout.write(f"  {name} = {field.value}")
        for name, state in item.fields.items():
            if state != "right":
                self.stdout.write(f"  {state}: {name}")

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROW: dict[str, Any] = {
    "id": "1", "kind": "sms", "bank": "A", "from": None, "subject": None, "received_at": None,
    "html": None, "country": "GB",
    "text": "You spent £12.00 at SHOP on 5 May 2026 with your card ending 1234",
    "expected": {"is_transaction": True, "amount": "12.00", "currency": "GBP",
                 "direction": "debit", "merchant": "shop", "account_last4": "1234"},
}  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path) -> Any:
    def write(*rows: dict[str, Any]) -> str:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    return write


def run(*args: str) -> str:
    out = StringIO()
    call_command("evaluate_extraction", *args, stdout=out)
    return out.getvalue()


def test_it_reports_the_agreed_figures(rows: Any) -> None:
    wrong = {**ROW, "id": "2", "bank": "B", "expected": {**ROW["expected"], "amount": "13.00"}}
    unclear = {**ROW, "ambiguous": True, "expected": {"is_transaction": False}}
    report = json.loads(run(rows(ROW, wrong, unclear), "--json"))
    overall = report["overall"]
    assert overall["n"] == 2
    assert overall["detection"] == {"precision": 1.0, "recall": 1.0}
    assert overall["fields"]["amount"] == {"n": 2, "exact": 0.5, "missing": 0.0}
    assert overall["fields"]["balance"]["n"] == 0
    assert overall["autobook"] == {"share": 1.0, "right": 0.5}
    assert report["macro_by_bank"]["fields"]["amount"]["exact"] == 0.5
    assert report["ambiguous"]["n"] == 1
    assert set(report["by_kind"]) == {"sms"}


def test_it_shows_the_worst_errors(rows: Any) -> None:
    wrong = {**ROW, "expected": {**ROW["expected"], "amount": "13.00"}}
    assert "wrong: amount" in run(rows(wrong), "--errors", "1")


def test_a_line_that_is_no_message_is_named(rows: Any) -> None:
    with pytest.raises(CommandError, match="line 2"):
        run(rows(ROW, {"id": "x"}))


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("/nowhere/rows.jsonl")


def test_the_page_holds_the_figures_and_every_miss_with_its_evidence(
    rows: Any, tmp_path: Path
) -> None:
    wrong = {**ROW, "id": "<b>2</b>", "expected": {**ROW["expected"], "amount": "13.00"}}
    page = tmp_path / "report.html"
    run(rows(ROW, wrong), "--html", str(page))
    html = page.read_text(encoding="utf-8")
    assert "Misses: 1" in html
    assert "It would have booked itself" in html
    assert "<mark>£12.00<small>amount</small></mark>" in html
    assert "<b>2</b>" not in html
    assert "http" not in html.replace("https://schema.org", "")
    with pytest.raises(CommandError, match="Cannot write"):
        run(rows(ROW), "--html", str(tmp_path / "no" / "where.html"))

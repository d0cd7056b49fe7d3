"""The pages of import and export: files in with a preview, the ledger out."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from finance.errors import LedgerError
from finance.exports.entries import Period
from finance.exports.formats import FORMATS
from finance.exports.writing import export, file_name
from finance.forms import DateInput, TreeForm
from finance.models import FinancialAccount, LineOutcome, StatementImport, StatementLine
from finance.money import Money
from finance.querysets import home
from finance.statements import importing
from finance.statements.readers.table import PARTS
from finance.statements.serializers import with_counts
from jobs.models import LIVE_STATES, Job
from tenancy.pages import is_htmx, page, tell

SHOWN: Final = 100
OUTCOME_STYLES: Final = {"new": "good", "matched": "info", "refused": "bad"}
FORMAT_LABELS: Final = {
    "csv": gettext_lazy("CSV, for spreadsheets"),
    "jsonl": gettext_lazy("JSON lines, everything"),
    "archive": gettext_lazy("Archive, everything with its files"),
    "hledger": gettext_lazy("Journal for hledger"),
    "beancount": gettext_lazy("Ledger for beancount"),
    "ofx": gettext_lazy("OFX, for other programs"),
}
PART_LABELS: Final = {
    "date": gettext_lazy("Day"),
    "amount": gettext_lazy("Amount"),
    "debit": gettext_lazy("Money out"),
    "credit": gettext_lazy("Money in"),
    "sign": gettext_lazy("Out or in"),
    "payee": gettext_lazy("Merchant"),
    "description": gettext_lazy("Description"),
    "currency": gettext_lazy("Currency"),
    "id": gettext_lazy("The bank's number"),
    "balance": gettext_lazy("Balance"),
}


def _account_field(*, required: bool, empty: Any) -> Any:
    return forms.ModelChoiceField(
        FinancialAccount.objects.filter(is_archived=False), label=gettext_lazy("Account"),
        required=required, empty_label=empty,
    )  # fmt: skip


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("CSV, OFX, QIF, CAMT.053 or MT940.")
    )
    account = _account_field(required=False, empty=gettext_lazy("As the file says"))


class ExportForm(TreeForm):
    id_prefix = "id_export"

    type = forms.ChoiceField(label=gettext_lazy("Format"), choices=list(FORMAT_LABELS.items()))
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DateInput())
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=DateInput())
    account = _account_field(required=False, empty=gettext_lazy("All"))


class ChoiceForm(forms.Form):
    """The account, and of a table what each column is."""

    account = _account_field(required=True, empty=None)

    def __init__(self, statement: StatementImport, data: Any = None) -> None:
        super().__init__(data, initial={"account": statement.account_id})
        if statement.format != "csv" or not statement.headings:
            return
        choices = [("", "–"), *((heading, heading) for heading in statement.headings)]
        for part in PARTS:
            self.fields[f"part_{part}"] = forms.ChoiceField(
                label=PART_LABELS[part], choices=choices, required=False,
                initial=statement.mapping.get(part, ""),
            )  # fmt: skip

    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("part_")]

    def mapping(self) -> dict[str, str]:
        return {part: self.cleaned_data.get(f"part_{part}", "") for part in PARTS}


@require_safe
@page("transactions:read")
def statements(request: HttpRequest) -> HttpResponse:
    return _statements(request, UploadForm())


@require_POST
@page("transactions:write")
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = importing.upload(
                file.read(), file.name or "", account=form.cleaned_data["account"]
            )
        except LedgerError as error:
            tell(form, error)
        else:
            return redirect("statement", row.pk)
    return _statements(request, form, status=422)


@require_safe
@page("transactions:read")
def statement(request: HttpRequest, statement_id: uuid.UUID) -> HttpResponse:
    row = _row(statement_id)
    return _statement(request, row, ChoiceForm(row))


@require_POST
@page("transactions:write")
def choose(request: HttpRequest, statement_id: uuid.UUID) -> HttpResponse:
    row = _row(statement_id)
    form = ChoiceForm(row, request.POST)
    if form.is_valid():
        mapping = form.mapping() if row.headings else None
        try:
            importing.choose(row, account=form.cleaned_data["account"], mapping=mapping)
        except LedgerError as error:
            tell(form, error)
        else:
            return redirect("statement", row.pk)
    return _statement(request, row, form, status=422)


@require_POST
@page("transactions:write")
def decide(request: HttpRequest, statement_id: uuid.UUID) -> HttpResponse:
    """Apply, take back or forget it."""
    row = _row(statement_id)
    try:
        match request.POST.get("verb"):
            case "apply":
                importing.apply(row)
            case "revert":
                importing.revert(row)
            case "discard":
                importing.discard(row)
                messages.success(request, _("The file is forgotten."))
                return redirect("statements")
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("statement", row.pk)


@require_safe
@page("transactions:read")
def download(request: HttpRequest) -> HttpResponseBase:
    form = ExportForm(request.GET)
    if not form.is_valid():
        return _statements(request, UploadForm(), export_form=form, status=422)
    given = form.cleaned_data
    account = given["account"]
    period = Period(given["since"], given["until"], account.pk if account else None)
    try:
        pieces: Any = export(given["type"], period)
    except LedgerError as error:
        tell(form, error)
        return _statements(request, UploadForm(), export_form=form, status=422)
    name = file_name(given["type"], period, home())
    return StreamingHttpResponse(
        pieces,
        content_type=FORMATS[given["type"]].content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _row(statement_id: uuid.UUID) -> Any:
    rows = with_counts(StatementImport.objects.select_related("account"))
    return get_object_or_404(rows, pk=statement_id)


def _statements(
    request: HttpRequest,
    form: UploadForm,
    *,
    export_form: ExportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "export_form": export_form or ExportForm(),
        "imports": with_counts(StatementImport.objects.select_related("account"))[:20],
    }
    return render(request, "finance/statements.html", context, status=status)


def _statement(
    request: HttpRequest, row: Any, form: ChoiceForm, *, status: int = 200
) -> HttpResponse:
    job = Job.objects.filter(pk=row.job_id, state__in=LIVE_STATES).first() if row.job_id else None
    lines = row.lines.order_by("row")
    refused = list(lines.filter(outcome=LineOutcome.REFUSED)[:SHOWN])
    others = list(lines.exclude(outcome=LineOutcome.REFUSED)[:SHOWN])
    outcomes = [
        (LineOutcome(outcome).label, getattr(row, f"{outcome}_count"), OUTCOME_STYLES.get(outcome))
        for outcome in LineOutcome.values
    ]
    context = {
        "statement": row,
        "form": form,
        "job": job,
        "outcomes": [each for each in outcomes if each[1]],
        "refused": refused,
        "lines": [(line, _money(line), OUTCOME_STYLES.get(line.outcome, "")) for line in others],
        "more": sum(each[1] for each in outcomes) - len(refused) - len(others),
        "books": row.new_count + row.matched_count,
    }
    template = "finance/_statement.html" if is_htmx(request) else "finance/statement.html"
    return render(request, template, context, status=status)


def _money(line: StatementLine) -> Money:
    return Money(line.amount_minor, line.currency)

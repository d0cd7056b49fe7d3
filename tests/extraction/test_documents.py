from __future__ import annotations

import time

import pytest

from extraction.document import fold, normalize
from extraction.reading import Reason, would_book
from extraction.reading_path import read_document
from mail_ingest.html_text import html_to_text
from tests.extraction.reading_help import make_document, only_candidate


def test_a_row_stays_on_one_line_and_hidden_text_is_dropped() -> None:
    html = """<div style="display:none">You won $999</div><style>p{}</style>
      <table><tr><td>Total</td><td><b>$</b>12</td></tr><tr><td>Tip</td><td>$1</td></tr></table>"""
    assert html_to_text(html) == "Total\t$12\nTip\t$1"


@pytest.mark.parametrize(
    "html",
    [
        '<div style="font-size:0"><p style="font-size:13px">seen</p></div>',
        '<table bgcolor=#000><tr><td style="color:#fff">seen</td></tr></table>',
        '<body style="background:#123456"><p style="color:#FFF">seen</p></body>',
        '<div style="background:url(x.png)"><b style="color:white">seen</b></div>',
        "<style>td.a b { color: red } .dark { background: navy }</style>"
        '<p class="dark" style="color:white">seen</p>',
        "<style>@media (max-width: 9px) { .m { display: none } }</style><p class=m>seen</p>",
        '<p style="display:none;display:block">seen</p>',
        '<p style="text-indent:-20px;margin-left:20px;opacity:.9;line-height:0">seen</p>',
        '<p style="height:0">seen</p>',
        "<div>" * 400 + "seen" + "</div>" * 400,
    ],
)
def test_what_a_person_sees_is_read(html: str) -> None:
    assert html_to_text(html) == "seen"


def test_another_amount_in_the_html_than_in_the_plain_part_is_a_question() -> None:
    text = "You spent EUR 12.50 at Cafe Lumo with your card ending 1234 on 5 May 2026."
    honest = only_candidate(text, html=f"<p>{text.replace('12.50', '12,50')}</p>")
    assert would_book(honest)
    forged = only_candidate(text, html=f"<p>{text.replace('12.50', '125.00')}</p>")
    assert Reason.SHOWN_OTHERWISE in forged.reasons
    assert not would_book(forged)


def test_an_amount_split_over_cells_is_one_amount() -> None:
    row = "<table><tr><td>$</td><td>12</td><td>.</td><td>34</td></tr></table>"
    assert html_to_text(row) == "$12.34"


def test_normalised_text_maps_back_to_what_a_person_sees() -> None:
    document = make_document("a\u200b١٢\u00a0b")
    assert document.normalized == "a12 b"
    assert document.evidence(1, 3).quote == "١٢"


@pytest.mark.parametrize("text", ["İSTANBUL ŞIĞ", "Größe Ñandú", "يلإ", "ﬃ"])
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(normalize(text)[0])) == len(normalize(text)[0])


def test_html_is_read_where_the_plain_part_tells_less() -> None:
    document = make_document("View in browser", html="<p>You paid $12.00 on 5 May 2026</p>")
    assert "12.00" in document.text


def test_the_sender_of_a_forwarded_message_is_the_one_inside() -> None:
    text = (
        "FYI\n---------- Forwarded message ---------\nFrom: My Bank <alerts@mybank.example>\n"
        "Date: Tue\nSubject: Alert\nTo: me\n\nYou spent $5.00"
    )
    document = make_document(text, sender="friend@mail.example")
    assert document.sender == "alerts@mybank.example"
    assert document.text == "Alert\n\nYou spent $5.00"
    assert document.is_forwarded


@pytest.mark.parametrize(
    "text",
    [
        "1" * 20_000, "1." * 10_000, "x" * 20_000, "* " * 10_000, "Rs " * 6_000, "to " * 6_000,
        "debited " * 2_500, "a/c " * 5_000, "$1 " * 6_000, "\n" * 20_000, "<div>" * 3_000,
        "12/" * 6_000, "(" * 20_000, "payment of " * 1_800,
    ],
)  # fmt: skip
def test_hostile_text_is_read_in_time(text: str) -> None:
    started = time.process_time()
    read_document(make_document(text, html=text))
    assert time.process_time() - started < 10

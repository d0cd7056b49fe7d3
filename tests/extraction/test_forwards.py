"""Whose message a forward holds: by program, by language, nested, attached, and never believed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import NamedTuple

import pytest

from extraction.document import Document
from extraction.forwards import KINDS, forward_in, words
from extraction.message_document import document_from_message, document_of_parsed
from extraction.reading import Reason, would_book
from extraction.reading_path import read_document
from mail_ingest.parsing import parse_message
from mail_ingest.trust import Trust, judge_sender

RECEIVED = datetime(2026, 5, 7, 9, 0, tzinfo=UTC)
BANK, NAME = "alerts@nordbank.example", "Nordbank"
BODY = "You spent USD 5.00 at Corner Cafe with card ending 1234 on 5 May 2026."


class Words(NamedTuple):
    """What programs set in one language write: Thunderbird's and Apple Mail's line above, then
    Outlook's names of lines and its way to write a date, and its prefix."""

    dashed: str
    sentence: str
    origin: str
    sent: str
    to: str
    subject: str
    day: str
    prefix: str


LANGUAGES = {
    "en": Words("Forwarded Message", "Begin forwarded message:", "From:", "Sent:", "To:",
                "Subject:", "Tuesday, May 5, 2026 10:12 AM", "FW: "),
    "de": Words("Weitergeleitete Nachricht", "Anfang der weitergeleiteten Nachricht:", "Von:",
                "Gesendet:", "An:", "Betreff:", "Dienstag, 5. Mai 2026 10:12", "WG: "),
    "fr": Words("Message transféré", "Début du message transféré :", "De :", "Envoyé :", "À :",
                "Objet :", "mardi 5 mai 2026 10:12", "TR : "),
    "es": Words("Mensaje reenviado", "Inicio del mensaje reenviado:", "De:", "Enviado el:", "Para:",
                "Asunto:", "martes, 5 de mayo de 2026 10:12", "RV: "),
    "pt": Words("Mensagem encaminhada", "Início da mensagem encaminhada:", "De:", "Enviada em:",
                "Para:", "Assunto:", "terça-feira, 5 de maio de 2026 10:12", "ENC: "),
    "it": Words("Messaggio Inoltrato", "Inizio messaggio inoltrato:", "Da:", "Inviato:", "A:",
                "Oggetto:", "martedì 5 maggio 2026 10:12", "I: "),
    "nl": Words("Doorgestuurd bericht", "Begin doorgestuurd bericht:", "Van:", "Verzonden:", "Aan:",
                "Onderwerp:", "dinsdag 5 mei 2026 10:12", "FW: "),
    "pl": Words("Przekazana wiadomość", "Początek przekazywanej wiadomości:", "Od:", "Wysłano:",
                "Do:", "Temat:", "wtorek, 5 maja 2026 10:12", "PD: "),
    "ru": Words("Пересылаемое сообщение", "Начало переадресованного сообщения:", "От:",
                "Отправлено:", "Кому:", "Тема:", "5 мая 2026 г. 10:12", "FW: "),
    "uk": Words("Переслане повідомлення", "Початок переадресованого повідомлення:", "Від:",
                "Надіслано:", "Кому:", "Тема:", "5 травня 2026 р. 10:12", "FW: "),
    "tr": Words("İletilmiş Mesaj", "İletilen ileti başlangıcı:", "Kimden:", "Gönderildi:", "Kime:",
                "Konu:", "5 Mayıs 2026 Salı 10:12", "İLT: "),
    "sv": Words("Vidarebefordrat meddelande", "Vidarebefordrat brev:", "Från:", "Skickat:",
                "Till:", "Ämne:", "den 5 maj 2026 10:12", "VB: "),
    "da": Words("Videresendt besked", "Start på videresendt besked:", "Fra:", "Sendt:", "Til:",
                "Emne:", "5. maj 2026 10:12", "VS: "),
    "fi": Words("Välitetty viesti", "Välitetty viesti alkaa:", "Lähettäjä:", "Lähetetty:",
                "Vastaanottaja:", "Aihe:", "tiistai 5. toukokuuta 2026 10:12", "VL: "),
    "cs": Words("Přeposlaná zpráva", "Začátek přeposlané zprávy:", "Od:", "Odesláno:", "Komu:",
                "Předmět:", "úterý 5. května 2026 10:12", "FW: "),
    "hu": Words("Továbbított üzenet", "Továbbított levél kezdete:", "Feladó:", "Elküldve:",
                "Címzett:", "Tárgy:", "2026. május 5. 10:12", "TOVÁBBÍTÁS: "),
    "el": Words("Προωθημένο μήνυμα", "Αρχή προωθημένου μηνύματος:", "Από:", "Στάλθηκε:", "Προς:",
                "Θέμα:", "Τρίτη, 5 Μαΐου 2026 10:12", "ΠΡΘ: "),
    "ja": Words("転送されたメッセージ", "転送されたメッセージ：", "差出人:", "送信日時:", "宛先:",
                "件名:", "2026年5月5日 10:12", "転送: "),
    "zh": Words("转发的邮件", "开始转发的邮件：", "发件人:", "发送时间:", "收件人:", "主题:",
                "2026年5月5日 10:12", "转发: "),
    "zh-TW": Words("轉寄的郵件", "開始轉寄郵件：", "寄件者:", "寄件日期:", "收件者:", "主旨:",
                   "2026年5月5日 上午 10:12", "轉寄: "),
    "ko": Words("전달된 메시지", "전달된 메시지 시작:", "보낸 사람:", "보낸 날짜:", "받는 사람:",
                "제목:", "2026년 5월 5일 화요일 오전 10:12", "FW: "),
    "ar": Words("الرسالة المعاد توجيهها", "بداية الرسالة المعاد توجيهها:", "\u200fمن:",
                "\u200fتم الإرسال:", "\u200fإلى:", "\u200fالموضوع:", "5 مايو 2026 10:12", "FW: "),
    "he": Words("הודעה שהועברה", "תחילת ההודעה שהועברה:", "מאת:", "נשלח:", "אל:", "נושא:",
                "5 במאי 2026 10:12", "FW: "),
    "nb": Words("Videresendt melding", "Start på videresendt melding:", "Fra:", "Sendt:", "Til:",
                "Emne:", "tirsdag 5. mai 2026 10:12", "VS: "),
    "ro": Words("Mesaj redirecționat", "Începutul mesajului redirecționat:", "De la:", "Trimis:",
                "Către:", "Subiect:", "marți, 5 mai 2026 10:12", "FW: "),
    "id": Words("Pesan Terusan", "Pesan yang diteruskan:", "Dari:", "Dikirim:", "Kepada:",
                "Subjek:", "Selasa, 5 Mei 2026 10:12", "FW: "),
    "vi": Words("Thư đã chuyển tiếp", "Tin nhắn được chuyển tiếp:", "Từ:", "Đã gửi:", "Đến:",
                "Chủ đề:", "Thứ Ba, 5 tháng 5, 2026 10:12", "FW: "),
}  # fmt: skip


def lines_of(its: Words) -> list[str]:
    return [
        f"{its.origin} {NAME} <{BANK}>", f"{its.sent} {its.day}",
        f"{its.to} Ada Lane <ada@friends.example>", f"{its.subject} Card purchase",
    ]  # fmt: skip


def dashed(its: Words) -> str:
    return "\n".join([f"-------- {its.dashed} --------", *lines_of(its), "", BODY])


def quoted(its: Words) -> str:
    return "\n".join([its.sentence, "", *(f"> {line}" for line in [*lines_of(its), "", BODY])])


def plain(its: Words) -> str:
    return "\n".join(["_" * 32, *lines_of(its), "", BODY])


PROGRAMS = {"Thunderbird": dashed, "Apple Mail": quoted, "Outlook": plain}


def document(text: str, *, subject: str = "Fwd: Card purchase", html: str = "") -> Document:
    return document_from_message(
        sender="friend@friends.example", sender_name="Friend", subject=subject,
        received_at=RECEIVED, text=text, html=html,
    )  # fmt: skip


def assert_opened(opened: Document) -> None:
    assert (opened.sender, opened.sender_name, opened.is_forwarded) == (BANK, NAME, True)
    assert opened.text == f"Card purchase\n\n{BODY}"
    assert opened.received_at is not None
    assert f"{opened.received_at:%Y-%m-%d %H:%M}" == "2026-05-05 10:12"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_inside_is_read_in_every_language(language: str, program: str) -> None:
    its = LANGUAGES[language]
    text = f"FYI, see below!\n\n{PROGRAMS[program](its)}"
    assert_opened(document(text, subject=f"{its.prefix}Card purchase"))


def test_what_gmail_writes_as_html_is_read() -> None:
    html = (
        '<div dir="ltr">For you<div class="gmail_quote"><div dir="ltr">---------- Forwarded message'
        f' ---------<br>From: <strong>{NAME}</strong> <span>&lt;<a href="mailto:{BANK}">{BANK}</a>'
        "&gt;</span><br>Date: Tue, May 5, 2026 at 10:12 AM<br>Subject: Card purchase<br>To: "
        f"&lt;ada@friends.example&gt;<br></div><br><br>{BODY}</div></div>"
    )
    assert_opened(document("", html=html))


def test_what_thunderbird_writes_as_a_table_is_read() -> None:
    rows = [("Subject", "Card purchase"), ("Date", "Tue, 5 May 2026 10:12:00 +0000"),
            ("From", f"{NAME} &lt;{BANK}&gt;"), ("To", "ada@friends.example")]  # fmt: skip
    cells = "".join(f"<tr><th>{label}: </th><td>{value}</td></tr>" for label, value in rows)
    html = f"<p>-------- Forwarded Message --------</p><table>{cells}</table><p>{BODY}</p>"
    assert_opened(document("", html=html))


def test_bold_labels_and_broken_lines_are_read() -> None:
    text = (
        f"*From:* {NAME}\n<{BANK}>\n*Sent:* Tuesday, May 5, 2026 10:12 AM\n"
        "*To:* Ada Lane <ada@friends.example>,\nBen Lane <ben@friends.example>\n"
        f"*Subject:* Card purchase\n\n{BODY}"
    )
    assert_opened(document(text, subject="FW: Card purchase"))


def test_of_nested_forwards_the_innermost_is_read() -> None:
    inner = dashed(LANGUAGES["de"])
    text = (
        "---------- Forwarded message ---------\nFrom: Ben <ben@friends.example>\n"
        f"Date: Wed, May 6, 2026\nSubject: Fwd: Card purchase\nTo: me\n\nLook!\n\n{inner}"
    )
    assert_opened(document(text, subject="Fwd: Fwd: Card purchase"))


def with_attached(message: EmailMessage, note: str = "See attached.") -> EmailMessage:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Friend <friend@friends.example>", "Card purchase"
    outer["Date"] = "Thu, 7 May 2026 09:00:00 +0000"
    outer["Authentication-Results"] = "mx.example; dmarc=pass header.from=friends.example"
    outer.set_content(note)
    outer.add_attachment(message)
    return outer


def original() -> EmailMessage:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = f"{NAME} <{BANK}>", "Card purchase"
    inner["Date"] = "Tue, 5 May 2026 10:12:00 +0000"
    inner["Authentication-Results"] = "mx.example; dmarc=pass header.from=nordbank.example"
    inner.set_content(BODY)
    return inner


def test_an_attached_message_is_read_also_two_deep() -> None:
    once = with_attached(original())
    for message in (once, with_attached(once)):
        parsed = parse_message(message.as_bytes())
        assert_opened(document_of_parsed(parsed, RECEIVED))


def test_an_attached_message_lends_its_sender_no_trust() -> None:
    message = with_attached(original())
    del message["Authentication-Results"]
    parsed = parse_message(message.as_bytes())
    assert judge_sender(parsed, authserv_id="mx.example").trust == Trust.UNVERIFIED
    assert parsed.from_address == "friend@friends.example"


def test_a_message_that_came_back_forwards_nothing() -> None:
    raw = with_attached(original()).as_bytes().replace(b"multipart/mixed", b"multipart/report")
    assert parse_message(raw).attached_message is None


def test_a_long_message_that_attaches_another_is_read_itself() -> None:
    parsed = parse_message(with_attached(original(), note="A letter of ours. " * 100).as_bytes())
    opened = document_of_parsed(parsed, RECEIVED)
    assert (opened.sender, opened.is_forwarded) == ("friend@friends.example", False)


def test_what_is_forwarded_never_books_itself() -> None:
    direct = read_document(document(BODY, subject="Card purchase"))
    assert [would_book(candidate) for candidate in direct.candidates] == [True]
    passed_on = read_document(document(dashed(LANGUAGES["en"])))
    (candidate,) = passed_on.candidates
    assert candidate.amount is not None
    assert Reason.FORWARDED in candidate.reasons
    assert not would_book(candidate)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Card purchase", f"Thanks!\n\n{plain(LANGUAGES['en'])}"),
        ("Fwd: Card purchase", f"From: us to you\n\n{BODY}"),
        ("Fwd: Card purchase", f"-------- Forwarded Message --------\nSubject: x\n\n{BODY}"),
        ("Card purchase", f"{BODY}\nFrom: {BANK}\nDate: 5 May 2026\nSubject: none\nTo: you"),
        ("Card purchase", "x\n" * 2_000 + dashed(LANGUAGES["en"])),
    ],
)
def test_what_only_looks_like_a_forward_is_left_alone(subject: str, text: str) -> None:
    assert forward_in(subject, text) is None


def test_a_name_that_looks_like_an_address_is_not_the_sender() -> None:
    text = f'Begin forwarded message:\n\nFrom: "{BANK}" <a@evil.test>\nSubject: x\n\n{BODY}'
    found = forward_in("Fwd", text)
    assert found is not None
    assert found.sender == "a@evil.test"


def test_a_date_after_the_forward_is_not_believed() -> None:
    text = dashed(LANGUAGES["en"]).replace("2026", "2031", 1)
    assert document(text).received_at == RECEIVED


def test_text_below_the_header_is_not_taken_for_header() -> None:
    html = (
        "<p>-------- Forwarded Message --------<br>From: Nordbank &lt;alerts@nordbank.example&gt;"
        "<br>Sent: 5 May 2026 10:12<br>Subject: Card purchase<br>To: me<br>Date: 4 May 2026</p>"
    )
    assert document("", html=html).text == "Card purchase\n\nDate: 4 May 2026"


def test_no_word_stands_for_two_lines_of_a_header() -> None:
    assert set(words().labels.values()) == set(KINDS)
    assert words().labels["от кого"] == "from"
    assert len(words().prefixes) > 20


@pytest.mark.parametrize(
    "text",
    ["From: " * 4_000, "-" * 20_000, "> " * 10_000, "From: a@b.cc\n" * 2_000, "*" * 20_000,
     "Begin forwarded message:\n" * 900, "From:" + " " * 20_000, "<" * 20_000],
)  # fmt: skip
def test_hostile_text_is_looked_through_in_time(text: str) -> None:
    started = time.perf_counter()
    forward_in("Fwd: x", text)
    assert time.perf_counter() - started < 1

"""Is a message possibly about money? Pure, cheap, explained, and made to miss nothing.

A false "possible" costs a millisecond of reading; a false "unlikely" loses a transaction. So
anything that looks like an amount, or any word of money in the languages listed, is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from babel.numbers import list_currencies

from mail_ingest.html_text import html_to_text
from mail_ingest.parsing import ParsedEmail
from tenancy.wording import Wording, worded

READ_CHARACTERS: Final = 50_000
SNIPPET_CHARACTERS: Final = 240

# Three capitals are asked for first: the list is long.
CURRENCY_CODES: Final = f"(?=[A-Z]{{3}})(?:{'|'.join(sorted(list_currencies()))})"
LOCAL_SIGNS: Final = (
    r"Rs\.?|R\$|S/\.?|RM|Rp\.?|kr\.?|zł|Kč|Ft|lei|лв|руб|грн|тг|тенге|сум|сом|драм|ден|дин|KM|TL"
    r"|K[sS]h|T[sS]h|USh|F?CFA|Fr\.?|SFr\.?|Bs\.?|Gs\.?|L\.?E\.?|Dhs?|so[ʻ‘’']?m|ብር|Br\.?"
    "|₸|円|元|圆|圓|원|บาท|đ|د\\.?إ|ر\\.?س|ريال|دينار|درهم|جنيه|ლარი|դրամ|টাকা|रु"
)
SYMBOL: Final = "[$¢-¥฿₠-⃀﷼]"
AMOUNT: Final = re.compile(
    rf"{SYMBOL}\s?[-+.,]?\d|\d\s?{SYMBOL}"
    rf"|\b(?:{CURRENCY_CODES})\s?[-+.,]?\d|\d\s?(?:{CURRENCY_CODES})\b"
    rf"|(?<!\w)(?:{LOCAL_SIGNS})\s?\d|\d\s?(?:{LOCAL_SIGNS})(?!\w)"
    r"|(?<![\d.,])\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?![\d.,]\d|\d)"
    # Two decimals, but not the middle of a date or a version.
    r"|(?<![.,]\d)(?<![.,]\d\d)\d[.,٫]\d{2}(?![\d.,]\d|\d)"
)
NUMBER: Final = re.compile(r"[\d.,'’]{0,20}\Z")
# Stems: word endings differ. Each language in one line.
WORDS: Final = re.compile(
    r"\b(?:payment|paid|purchase|transaction|debit|credit|charge|invoice|receipt|refund|withdraw"
    r"|deposit|transfer|balance|statement|spent|billed|salary|payroll|subscription|bank|atm\b|upi\b"
    r"|zahlung|bezahl|überweisung|rechnung|quittung|abbuchung|gutschrift|lastschrift|kontostand|umsatz"
    r"|paiement|payé|achat|virement|facture|reçu|remboursement|prélèvement|retrait|solde|relevé|compte"
    r"|pago|compra|transferencia|factura|recibo|reembolso|cargo|abono|retiro|saldo|cuenta|tarjeta"
    r"|pagamento|transferência|fatura|reembolso|débito|crédito|saque|cartão|conta\b|boleto|pix\b"
    r"|pagament|acquisto|bonifico|fattura|ricevuta|rimborso|addebito|accredito|prelievo|carta\b"
    r"|betaling|betaald|aankoop|overboeking|factuur|terugbetaling|afschrijving|rekening"
    r"|betalning|köp\b|överföring|faktura|kvitto|insättning|uttag|konto|betaling|kjøp|overføring|køb\b"
    r"|maksu|osto\b|ostos|tilisiirto|lasku\b|kuitti|płatnoś|zakup|przelew|paragon|zwrot|obciążen|wpłat"
    r"|platba|nákup|převod|účet|fizetés|vásárlás|átutalás|számla|visszatérítés|plat[aă]|factur[aă]"
    r"|ödeme|alışveriş|havale|fatura|iade|hesab|bakiye|harcama|pembayaran|pembelian|transaksi|tagihan"
    r"|bayaran|pembelian|thanh toán|giao dịch|chuyển khoản|hóa đơn|số dư|tài khoản|bayad|malipo"
    r"|платеж|платёж|оплат|покупк|перевод|списан|зачислен|счет|счёт|баланс|карт|переказ|рахунок"
    r"|плащане|превод|сметка|πληρωμ|αγορ[άα]|μεταφορ|τιμολόγ|λογαριασμ|υπόλοιπ)"
    r"|支払|ご利用|お引き落とし|引落|振込|入金|出金|請求|明細|残高|決済|口座|領収|付款|支付|消费|消費|转账|轉帳"
    r"|交易|账单|帳單|余额|餘額|退款|到账|入账|결제|출금|입금|이체|승인|잔액|청구|카드|환불"
    r"|ชำระ|โอน|ถอน|ฝาก|ยอดเงิน|บัญชี|ใบเสร็จ|دفع|شراء|تحويل|رصيد|فاتورة|خصم|إيداع|سحب|بطاقة|حساب"
    r"|پرداخت|خرید|واریز|برداشت|موجودی|תשלום|רכישה|העברה|חשבון|חיוב|זיכוי"
    r"|भुगतान|खाते|जमा|डेबिट|क्रेडिट|लेनदेन|লেনদেন|টাকা|பணம்|செலுத்த|చెల్లింపు",
    re.IGNORECASE,
)


class Screening(StrEnum):
    """Whether a message is worth reading for transactions."""

    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """`snippet` is the beginning of what a person would read, for lists."""

    screening: Screening
    reason: Wording
    snippet: str


def screen(message: ParsedEmail) -> ScreeningResult:
    """Possible, with what was found; unlikely, when neither body nor subject has a hint."""
    plain = message.text if message.text.strip() else html_to_text(message.html)
    snippet = " ".join(plain[: 4 * SNIPPET_CHARACTERS].split())[:SNIPPET_CHARACTERS]
    reason = _hint(f"{message.subject}\n{plain[:READ_CHARACTERS]}")
    if reason is None and plain is message.text and message.html:
        # The plain part may say no more than "view this in your browser".
        reason = _hint(html_to_text(message.html)[:READ_CHARACTERS])
    if reason is not None:
        return ScreeningResult(Screening.POSSIBLE, reason, snippet)
    if message.attachments:
        return ScreeningResult(Screening.POSSIBLE, worded("It has attachments."), snippet)
    return ScreeningResult(
        Screening.UNLIKELY, worded("No amount and no word of money in subject or text."), snippet
    )


def _hint(text: str) -> Wording | None:
    amount = AMOUNT.search(text)
    if amount is not None:
        return worded("It names an amount: “%(amount)s”.", amount=_whole(text, amount))
    word = WORDS.search(text)
    return worded("It has a word of money: “%(word)s”.", word=word[0]) if word is not None else None


def _whole(text: str, amount: re.Match[str]) -> str:
    """The match with the digits around it that the pattern left out."""
    before = NUMBER.search(text[max(0, amount.start() - 20) : amount.start()])
    after = re.match(r"[\d.,'’]{0,20}", text[amount.end() : amount.end() + 20])
    whole = f"{before[0] if before else ''}{amount[0]}{after[0] if after else ''}"
    return " ".join(whole.split()).rstrip(".,")

"""What may be a name, and where one ends that no mark and no known word ends. Pure."""

from __future__ import annotations

import re

# The other side of a transfer between wallets, where it has no name.
TELEPHONE = re.compile(r"\+?\d{9,13}")
_NO_NAME = re.compile(r"[\d\s\W]*$")
_NAME_CASE = re.compile(r"[^\W\d_a-zß-öø-ÿа-я]|\d|@|[a-z0-9]+[.*@][a-z0-9]|[A-Z]")
# What follows a preposition in bank prose without being a name.
_NOT_NAMES = re.compile(
    r"(?:your|you|our|us|we|we've|you've|i|it|(?-i:the\b|The (?![A-Z])|THE (?![A-Z]))"
    r"|a/c|acct?|account|card|dear|https?:|www\.|any|this|this transaction"
    r"|su|tu|se|pix|sua|voc[eê]|votre|tw[oó]j\w?|twoj[aąeę]|ihr|ihre[mnr]?|ihnen|dir|dich|sie|du"
    r"|customer|bank account|debit card"
    r"|credit card|upi|neft|imps|rtgs|fps|eft|ach|me|them|it|date|time|online|app|mobile|atm"
    r"|\d+ (?:hours?|days?|minutes?|business days)|mobile number|registered mobile"
    r"|ありました|いたしました|חשבונ\w*|رقم|لرقم"
    r"|blik|blikiem|no|ref|reference|status|account no|card no|my account"
    r"|(?:transaction|txn|order|payment) (?:id|no|number|date|details|amount))\b(?!['’&*.@])",
    re.IGNORECASE,
)
# What was done is no name, nor are several such words: "Withdrawal alert".
_GENERIC = re.compile(
    r"(?:(?:payment|purchase|transaction|withdrawal|refund|charge|sale|debit|credit|trf|tfr|ft|authori[sz]ation|settlement|si"
    r"|zahlung|kauf|uberweisung|paiement|achat|virement|compra|pago|transferencia|retiro|pagamento"
    r"|acquisto|bonifico|betaling|aankoop|zakup|transakcja|покупка|оплата|перевод"
    r"|notification|notice|alert|notificacion|notificación|notificação|benachrichtigung"
    r"|hinweis|avviso|notifica|powiadomienie|bildirim|bildirimi|уведомление|сповіщення|оповещение"
    r"|of|to|at|for|from|by|and|success|successful|completed|confirmed|approved|failed|pending|status"
    r"|お知らせ|ご案内|ご利用|通知|알림|안내)s?(?: |$))+",
    re.IGNORECASE,
)
# The kind of a card is no name.
_CARD_KIND = re.compile(
    r"(?:(?:visa|master ?card|maestro|elo|amex|american express|rupay|mada|hipercard|unionpay|troy"
    r"|dankort|girocard|classic|gold|platinum|titanium|signature|infinite|electron|standard|world"
    r"|debit|credit|virtual|business|contactless)\b\W*)+",
    re.IGNORECASE,
)
# An account that is partly hidden: "X5678X", "xxx-1234".
_MASKED = re.compile(r"[xX*#•\d -]*\d[xX*#•\d -]*")
# "via the bank's app": how it was done.
_CHANNEL = re.compile(
    r"\b(?:net ?banking|(?:online|internet|mobile|phone|web)[ ]?banking|(?:mobile|banking) app)$"
    r"|\w (?-i:transfer)$",
    re.IGNORECASE,
)
# A name that is a card or account is none.
_ACCOUNT_INSIDE = re.compile(
    r"\b(?:card|a/c|acct?|account|bank account|cuenta|compte)\b|(?:konto|rekening)\b", re.IGNORECASE
)


# Letters of scripts that have no capitals and write no spaces.
_CAPLESS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def all_in_capitals(text: str) -> bool:
    """Whether capitals tell nothing, since the message has nothing else."""
    return text.isupper() and _CAPLESS.search(text) is None


def end_of_capitals(text: str, start: int, end: int) -> int:
    """The end of a name in capitals without the words in small letters behind it: "LUCA BIANCHI
    eseguito". Those between capitals belong to it: "CASA do PAO"."""
    words = text[start:end].rstrip().split(" ")
    kept = len(words)
    while kept > 1 and words[kept - 1].isalpha() and words[kept - 1].islower():
        kept -= 1
    name = " ".join(words[:kept])
    letters = sum(map(str.isalpha, name))
    return start + len(name) if letters > 1 and name.isupper() else end


def is_name(raw: str, *, strict: bool) -> bool:
    if _GENERIC.fullmatch(raw) or _CARD_KIND.fullmatch(raw):
        return False
    if re.match(r"\+?\d{6,}\b", raw) or _CHANNEL.search(raw):
        return False  # a telephone number or an account
    if len(raw) < 2 or _NO_NAME.fullmatch(raw) or _NOT_NAMES.match(raw) or _MASKED.fullmatch(raw):
        return False
    if not strict:
        return True
    return _NAME_CASE.match(raw) is not None and not _ACCOUNT_INSIDE.search(raw)

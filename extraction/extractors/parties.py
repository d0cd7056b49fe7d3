"""Merchant and counterparty: the name beside "at", "Comercio:", "to", "işyerinde" … Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from extraction.extractors.names import TELEPHONE, all_in_capitals, end_of_capitals, is_name
from extraction.extractors.phrases import SPACELESS, Hit
from extraction.extractors.rails import find_info_strings
from extraction.extractors.segments import cell_below
from extraction.reading import Direction

_LEAD = re.compile(r"[\s:\-–|>\"'“(\[【「】」\].#,]*(?:VPA\s|linked\s|M-?PESA\s(?=\d))?")
# "para 258840001122 - MARIA", "to A/C *7731 ANN": a telephone or account before the name.
_NUMBER_FIRST = re.compile(
    r"(?:\+?\d{6,14}|\d{2,6}\*{2,6}\d{2,4}|(?:(?:a/c|acct?|account) )?[*xX•]{1,12}\d{3,6})"
    r"(?: ?- ?| )(?=[^\W\d_]{2})",
    re.IGNORECASE,
)
_CASE_ENDING = re.compile(r"(?:['’](?i:[dt][ae]n?)|[dt][ae]n?)\s+")
LONGEST = 60
_BREAKS = r"\n\t~;|!?。！？،؛।()\[\]{}\"“”<>「」【】《》…→"
# A point after an initial or a title ends no name. Asked behind the point: see ENDING.
_NO_INITIAL = (
    r"(?<!\b[^\W\d_a-z]\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bmed\.)"
    r"(?<!\bdent\.)(?<!e\.V\.)"
)
# It begins with a class of characters, for the search to be for those, and asks then which it was.
ENDING = re.compile(
    rf"[{_BREAKS}\s.,:/_](?:(?<=[{_BREAKS}])"
    r"|(?<=\s)(?:[-–]\s|(?=https?://)|\*(?=\s)|(?:on|dt|at)[\s:]?(?=\d))"
    rf"|(?<=\.)(?:{_NO_INITIAL}(?:(?=\s|$)| ?(?=[A-Z][a-z]+ ))|\.+)"
    r"|(?<=,)(?=\s|\d|$)"
    r"|(?<=:)(?:\s|(?=https?://))"
    r"|(?<=/)-"
    r"|(?<=_)(?:on|dt|at)[\s:]?(?=\d))"
)
# A point that belongs to the name before it: "LIZA M.", "Kita e.V.", "VIS D.O.O."
OWN_POINT = re.compile(r"(?:[\s.][^\W\d_a-z]|\.[^\W\d_]|\b(?:Inc|Ltd|Jr|Sr|Co|Corp|Bros))$")
# A firm's legal form before its name, as Japanese banks print it: "カ)ヤマダ".
_KANA_FORM = re.compile(r"[ァ-ヺ]{1,2}\)")
# The rest of a firm's name: "ACME" + ", Inc.", "MEBLOTECH SP" + ". Z O.O."
_LEGAL_REST = re.compile(
    r"(?<=[Ss][Pp])\. ?[zZ] ?[oO]\. ?[oO]\.?|(?:[.,]{1,2} ?| )"
    r"(?:Inc|LLC|Ltd|Corp|Co|S\.A|S\.r\.l|S\.p\.A|GmbH|d\.o\.o|s\.r\.o|a\.s|de C\.V)\b\.?(?!\w)"
)
TRAIL = " \t-–·,.:;/&|*'\"(_@"
# "to SHOP UPI: 6123…": the rail belongs to the number behind it.
_RAIL_END = re.compile(r"[\s_]+(?:on|ON|dt|DT|at|AT|UPI|IMPS|NEFT|RTGS|Ref|REF|TID|UTR|RRN)\W*$")
_STORE_NUMBER = re.compile(r"(?:\s+#?\d{3,}|\s+[*#]\s?[A-Z0-9]{4,})+$")
_PROCESSOR = re.compile(
    r"^(?:(?i:PAYPAL|SUMUP|ZETTLE|MERCPAGO|MERCADOPAGO|EBANX|GOOGLE|APPLE\.COM)|[A-Z]{2,3})"
    r"\s?\*\s?(?=\S{3})",
)


# "ENOC STATION 1044,AE", "HYPERMARKET, DUBAI": where a shop is is no part of its name.
_PLACE = re.compile(r",[ ]?[A-Z][A-Z -]{1,24}$")
_PLACE_FOLLOWS = re.compile(r",[ ]?[A-Z][A-Z -]{1,24}(?=[.;\n)]|$|[ ](?:on|dt|at|using|with)\b)")
_PICTURES = re.compile(r"[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
# "Transfer to ANN", "POS purchase at SHOP": what was done, before the name.
_DOING = re.compile(
    r"^(?:(?:(?:fund|funds|bank|pos|card|online|bill)\s)?"
    r"(?:transfer|trf|tfr|nip|ibft|eft|payment|purchase|pos)\s(?:to|from|frm|at|by|for)"
    r"|CK|CT|FT\sto|QR\sde|TRF/[\w ]{1,20}/(?:FRM|FROM|TO)|n[oó]mina\sde)\s(?=\S{2})",
    re.IGNORECASE,
)
# "POS PURCHASE SHOP", "PRLV SEPA SHOP": the same without a preposition, as statements write it.
_DONE = re.compile(
    r"^(?:(?:(?:ach|eft|nach|ecs|bpay"
    r"|ceft|cefts|neft|imps|rtgs|ibft|pos|atm|web|(?:fonepay )?qr|cb|sepa|card|debit|prlv"
    r"|prelevement|virement|vir|lastschrift|purchase"
    r"|purch|pmt|pymt|payment|achat|paiement|compra|pago|pagamento|pagto|thanh toan|chuyen tien"
    r"|pembayaran|platba|zakup|оплата|покупка)\b[ :/-]{1,3}){1,3})(?=[^\W\d_]{3})",
    re.IGNORECASE,
)
# "ANN COLE/rent": what it is for, behind the name.
_MEMO = re.compile(r"(?<=[A-Z])/[a-z][a-z ]*$")
BANK_NAME = re.compile(r"\b(?:bank|banka|banco|banque|banca|bankasi)\W*(?:ltd|limited)?\W*$", re.I)
_OWN_ACCOUNT = re.compile(
    r"\W{0,3}(?:\w{1,12}\s){0,2}(?:card|cards|a/c|acct?|account|ac|cc|netbanking|online)\b", re.I
)
_GREETED = re.compile(
    r"\b(?:dear|hi|hello|hey|hola|ola|hallo|bonjour|ciao)\s+(?:(?:mr|mrs|ms|miss|dr)\.?\s+)?"
    r"([^\n,!.:]{2,40})",
    re.I,
)
_FROM_WORDS = ("from", "sender", "payer", "remitter")
_TO_WORDS = ("to", "paid to", "beneficiary", "recipient", "payee", "receiver")
# What the money was for, where nobody is named: "towards annual maintenance charges".
_PURPOSE = re.compile(r"[^\W\d_]{3,20}(?:[ ][^\W\d_]{2,20}){1,4}")
_VAGUE = re.compile(
    r"(?:your|you|our|us|the|this|any|an?|more|further|purchase|making|being|using|it|all|which"
    r"|account|card|details|assistance|help)\b",
    re.I,
)
# The other side of a transfer that is only known by its account.
_OTHER_ACCOUNT = {
    Direction.DEBIT: re.compile(
        r"\bto\s((?:a/c|account|acct)\s?(?:no\.?\s?)?[xX*•]{1,16}\d{3,})\b", re.I
    ),
    Direction.CREDIT: re.compile(
        r"\b(?:by|from)\s((?:a/c|account|acct)\s?(?:no\.?\s?)?[xX*•]{1,16}\d{3,})\b", re.I
    ),
}
# "shop@bank SHOP NAME": the name behind a handle says more.
_AFTER_HANDLE = re.compile(r"[\w.-]+@\w+ ([^\W\d].{2,})")
# "into your bank account at …" names the reader's own bank.
_INTO_ACCOUNT = re.compile(r"\baccount\s$", re.IGNORECASE)
_BANK_BEFORE = re.compile(r"\b(?:banco|banca|banque)\s$", re.IGNORECASE)
_NAMED = re.compile(r"\s?\((?P<name>[^()\d]{3,50})\)")


# A UPI handle or the like: the part before the provider is the payee.
_HANDLE = re.compile(r"([\w.-]{2,60})@\w+")


@dataclass(frozen=True, slots=True)
class FoundParty:
    """A name as written, its span and what introduced it."""

    raw: str
    start: int
    end: int
    kind: str
    score: float
    payee: str | None = None

    @property
    def clean(self) -> str:
        """The name without a payment processor's prefix and a store number."""
        if self.payee:
            return self.payee
        handle = _HANDLE.fullmatch(self.raw)
        name = handle[1] if handle else _PROCESSOR.sub("", _without_deed(self.raw))
        name = _MEMO.sub("", name) if self.kind == "memo" else name
        name = _PICTURES.sub("", _STORE_NUMBER.sub("", _PLACE.sub("", name))).rstrip(TRAIL)
        return " ".join(name.split()) or self.raw


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What ends a name: spans of amounts, dates, accounts and the like, and stop phrases. `firm`
    are the starts of those that are no mere stop words."""

    starts: list[int]
    spans: list[tuple[int, int]]
    sentence: tuple[int, int]
    direction: Direction | None
    firm: list[int]


_SCORES = {
    "label": 3.0, "at": 2.2, "on": 1.0, "to": 1.4, "from": 1.4, "before": 2.0, "by": 1.2,
    "memo": 1.6, "info": 1.9,
}  # fmt: skip


def find_parties(text: str, hits: list[Hit], around: Surroundings) -> list[FoundParty]:
    """Names, the likeliest merchant or counterparty first. `text` is normalised."""
    found = [
        FoundParty(text[item.start : item.end], item.start, item.end, "info", 2.4, item.payee)
        for item in find_info_strings(text)
    ]
    greeted = {match[1].strip().casefold() for match in _GREETED.finditer(text)}
    for hit in _introductions(text, hits):
        span = _left(text, hit, around) if hit.name == "before" else _right(text, hit, around)
        party = _party(text, hit, span, around) if span else None
        if party is None:
            continue
        if party.raw.casefold() in greeted:
            party = replace(party, score=party.score - 2.0)
        if not any(item.kind == "info" and item.start <= party.start < item.end for item in found):
            found.append(party)
    other = _OTHER_ACCOUNT.get(around.direction) if around.direction else None
    if other and (match := other.search(text)):
        named = _NAMED.match(text, match.end())
        span = named.span("name") if named else match.span(1)
        found.append(FoundParty(text[span[0] : span[1]], *span, "account", 0.3))
    found.sort(key=lambda party: (-party.score, party.start))
    return _whole_first(found)


def _introductions(text: str, hits: list[Hit]) -> Iterator[Hit]:
    """The words that a name may follow or stand before."""
    verbs = {hit.end for hit in hits if hit.kind in ("event", "weak", "refine")}
    labels = [hit for hit in hits if hit.kind == "reference" and hit.phrase.language in SPACELESS]
    for hit in hits:
        if hit.kind != "merchant" or text[hit.end : hit.end + 1] == "@":
            continue
        if any(label.start < hit.start and hit.end <= label.end for label in labels):
            continue  # "ที่" within "เลขที่", a number's label
        if hit.start - 1 not in verbs and _inside_capitals(text, hit):
            continue
        if hit.name == "from" and _BANK_BEFORE.search(text, max(0, hit.start - 8), hit.start):
            continue  # "Banco de Chile"
        if hit.name == "at" and _INTO_ACCOUNT.search(text, max(0, hit.start - 24), hit.start):
            continue
        yield hit


def _party(text: str, hit: Hit, span: tuple[int, int], around: Surroundings) -> FoundParty | None:
    """What stands at a span beside an introduction, if it may be a name."""
    raw = text[span[0] : span[1]]
    if TELEPHONE.fullmatch(raw) and _is_other_side(text, hit, around.direction):
        return FoundParty(raw, *span, "number", 0.3)
    if not is_name(_without_deed(raw), strict=hit.name not in ("label", "memo")):
        is_purpose = hit.name in ("at", "to") and hit.phrase.language == "en"
        if is_purpose and _PURPOSE.fullmatch(raw) and not _VAGUE.match(raw):
            return FoundParty(raw, *span, "purpose", 0.2)
        return None
    if named := _AFTER_HANDLE.match(raw):
        span, raw = (span[0] + named.start(1), span[1]), named[1]
    score = _score(text, hit, span, around)
    if BANK_NAME.search(raw):
        if _OWN_ACCOUNT.match(text, span[1]) or "greetings" in text[: span[0]][-16:].lower():
            return None
        score -= 1.5
    if _HANDLE.fullmatch(raw) and (named := _NAMED.match(text, span[1])):
        span, raw = named.span("name"), named["name"]
    return FoundParty(raw, *span, hit.name, score)


def _is_other_side(text: str, hit: Hit, direction: Direction | None) -> bool:
    """Whether whoever is at the other end of the money follows."""
    if hit.name == "label":
        words = {Direction.DEBIT: _TO_WORDS, Direction.CREDIT: _FROM_WORDS}
        label = text[hit.start : hit.end].lower()
        return direction in words and label.startswith(words[direction])
    return (hit.name, direction) in (("to", Direction.DEBIT), ("from", Direction.CREDIT))


def _without_deed(raw: str) -> str:
    """A name without what was done before it. In capitals only where it is all in capitals:
    "Payment Solutions" is a firm."""
    name = _DOING.sub("", raw)
    done = _DONE.match(name)
    return name[done.end() :] if done and name[done.end() :].isupper() else name


def _whole_first(found: list[FoundParty]) -> list[FoundParty]:
    """A longer form of the best name leads: "Brian" in the subject, "Brian Cole" below."""
    if not found:
        return found
    best = found[0]
    for party in found[1:]:
        longer = party.raw.startswith(best.raw + " ") and party.kind == best.kind
        if longer and party.score > best.score - 2:
            return [party, *(other for other in found if other is not party)]
    return found


def _inside_capitals(text: str, hit: Hit) -> bool:
    """Whether a preposition in capitals is a word of a name: "POTRAVINY U MOSTU",
    "Pret A Manger"."""
    before = text[max(0, hit.start - 4) : hit.start]
    capitals = hit.end - hit.start <= 3 and text[hit.start : hit.end].isupper()
    inside = before.endswith(" ") and before[:-1].isalpha() and before.isupper()
    titled = hit.end - hit.start == 1 and _TITLED.match(text, hit.end) is not None
    return capitals and (inside or titled) and not all_in_capitals(text)


# A word that begins with a capital, after a word "A" within a name.
_TITLED = re.compile(r" [^\W\d_a-z][^\W\d_A-Z]{2}")


def _score(text: str, hit: Hit, span: tuple[int, int], around: Surroundings) -> float:
    score = _SCORES[hit.name]
    if hit.name in ("to", "from") and _is_cell(text, hit):
        return _SCORES["label"] + 1.1 - span[0] / 5000
    if hit.name == "label":
        if text[hit.end : span[0]].strip(" "):
            score += 0.8  # a colon, a tab or a new line
        if not _before_on_line(text, hit):
            score += 0.3
        label = text[hit.start : hit.end].lower().rstrip(" :")
        if around.direction is Direction.DEBIT and label.startswith(_FROM_WORDS):
            score -= 2.5
        if around.direction is Direction.CREDIT and label.startswith(_TO_WORDS):
            score -= 2.0
    first, last = around.sentence
    if first <= hit.start < last:
        score += 1.5
    if hit.name == "from":
        score += 0.7 if around.direction is Direction.CREDIT else -1.3
    if hit.name in ("to", "at") and around.direction is Direction.CREDIT:
        score -= 0.8
    return score - span[0] / 5000


def _is_cell(text: str, hit: Hit) -> bool:
    """Whether a word is the whole first cell of a table's row: its label."""
    return text[hit.end : hit.end + 1] == "\t" and text[hit.start - 1 : hit.start] in ("", "\n")


def _before_on_line(text: str, hit: Hit) -> str:
    line = max(text.rfind("\n", 0, hit.start) + 1, hit.start - 40)
    return text[line : hit.start].strip(" -•*>")


def _right(text: str, hit: Hit, around: Surroundings) -> tuple[int, int] | None:
    if cell := cell_below(text, hit.start, hit.end):
        return cell
    lead = _LEAD.match(text, hit.end)
    start = lead.end() if lead else hit.end
    skipped = text[hit.end : start]
    numbered = _NUMBER_FIRST.match(text, start)
    start = numbered.end() if numbered else start
    label = text[hit.start : hit.end]
    if (
        hit.name in ("label", "memo")
        and label.isupper()
        and not skipped.strip(" ")
        and not text.isupper()
    ):
        return None  # "TIENDA LA ESQUINA" is a name, "TIENDA: LA ESQUINA" has a label
    if skipped.count("\n") > 2 or ("\n" in skipped and hit.name not in ("label", "memo")):
        return None
    limit = min(len(text), start + LONGEST)
    own_line = skipped.strip(" ") and not _before_on_line(text, hit)
    walls = around.firm if hit.name in ("label", "memo") and own_line else around.starts
    index = bisect_left(walls, start)
    if index < len(walls):
        limit = min(limit, walls[index])
    form = _KANA_FORM.match(text, start)
    ending = ENDING.search(text, form.end() if form else start, limit)
    end = ending.start() if ending else limit
    if not ending and limit == start + LONGEST and limit < len(text):
        cut = text.rfind(" ", start, limit)
        end = cut if cut > start else limit
    rail = _RAIL_END.search(text, start, end)
    end = end_of_capitals(text, start, rail.start() if rail else end)
    while end > start and text[end - 1] in TRAIL and not _owns_mark(text, start, end):
        end -= 1
    if end > start and (rest := _LEGAL_REST.match(text, end)):
        return start, rest.end()
    end = _with_rest(text, start, end, limit)
    return (start, end) if end > start else None


def _with_rest(text: str, start: int, end: int, limit: int) -> int:
    """The end of a name with the point of its last initial, or the place where the shop is."""
    if end < len(text) and text[end] == "." and OWN_POINT.search(text, start, end):
        end += 1
    place = _PLACE_FOLLOWS.match(text, end, limit) if text[start:end].isupper() else None
    return place.end() if place else end


def _owns_mark(text: str, start: int, end: int) -> bool:
    """ "Dunkin'", "WONG K** M**": an apostrophe that closes no quotation, and stars that hide
    letters, belong to the name."""
    if text[end - 2 : end] == "**":
        return True
    last = text[end - 1] == "'" and text[end - 2].islower()
    return last and "'" not in text[max(0, start - 1) : end - 1]


def _left(text: str, hit: Hit, around: Surroundings) -> tuple[int, int] | None:
    """The name that ends where a postposition begins ("… 에서", "… işyerinde")."""
    floor = max(0, hit.start - LONGEST)
    for start, end in around.spans:
        if start < hit.start:
            floor = max(floor, min(end, hit.start))
    breaks = [match.end() for match in ENDING.finditer(text, floor, hit.start)]
    start = max(breaks, default=floor)
    end = hit.start
    # "18:22'de MIGROS işyerinde": a case ending of what stands before.
    ending = _CASE_ENDING.match(text, start, end)
    start = ending.end() if ending else start
    if pictured := _PICTURES.match(text, start, end):
        start = pictured.end()
    while start < end and text[start] in TRAIL:
        start += 1
    while end > start and text[end - 1] in TRAIL + "'’":
        end -= 1
    if text[end : end + 1] == "." and OWN_POINT.search(text, start, end):
        end += 1
    return (start, end) if end > start else None

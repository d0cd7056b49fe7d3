"""Statements in the dialects of many banks, in our own words. Each: format, account's currency,
bytes, and what must come out as (day, amount, payee) – and how many rows are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Expected = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    form: str
    currency: str
    data: bytes
    expected: tuple[Expected, ...]
    refused: int = 0


def _s(
    name: str, form: str, currency: str, text: str, *expected: Expected, refused: int = 0,
    charset: str = "utf-8",
) -> Sample:  # fmt: skip
    return Sample(name, form, currency, text.encode(charset), expected, refused)


TABLES: Final = (
    _s("plain", "csv", "USD", "Date,Description,Amount\n2026-05-05,Corner shop,-12.50\n"
       "2026-05-06,ACME payroll,1204.10\n",
       ("2026-05-05", "-12.50", "Corner shop"), ("2026-05-06", "1204.10", "ACME payroll")),
    _s("German, Latin-1, preamble", "csv", "EUR",
       '"Kontonummer:";"DE00123"\n"Zeitraum:";"Mai 2026"\n\n"Buchungstag";"Wertstellung";'
       '"Begünstigter/Zahlungspflichtiger";"Verwendungszweck";"Betrag";"Währung"\n'
       '"05.05.2026";"05.05.2026";"Bäckerei Krume";"Brötchen";"-3,40";"EUR"\n'
       '"06.05.26";"06.05.26";"Haus & Grund";"Miete Mai";"-1.240,00";"EUR"\n',
       ("2026-05-05", "-3.40", "Bäckerei Krume"), refused=1, charset="latin-1"),
    _s("German, two-digit years", "csv", "EUR",
       "Buchungstag;Auftraggeber / Empfänger;Betrag (EUR)\n05.05.26;Kiosk;-1,00\n"
       "31.05.26;Lohn GmbH;+2.500,00\n",
       ("2026-05-05", "-1.00", "Kiosk"), ("2026-05-31", "2500.00", "Lohn GmbH")),
    _s("Soll and Haben", "csv", "EUR",
       "Datum;Text;Soll;Haben\n05.05.2026;Strom;85,60;\n06.05.2026;Erstattung;;10,00\n",
       ("2026-05-05", "-85.60", "Strom"), ("2026-05-06", "10.00", "Erstattung")),
    _s("American, month first", "csv", "USD",
       "Details,Posting Date,Description,Amount,Type,Balance\n"
       'DEBIT,05/13/2026,"SHOP, INC",-5.00,ACH_DEBIT,100.00\n'
       "CREDIT,05/02/2026,PAYROLL,10.00,ACH_CREDIT,105.00\n",
       ("2026-05-13", "-5.00", "SHOP, INC"), ("2026-05-02", "10.00", "PAYROLL")),
    _s("money out and in", "csv", "GBP",
       "Date,Narrative,Paid out,Paid in,Balance\n05 May 2026,TESCO,£12.40,,£210.00\n"
       "06 May 2026,RENT IN,,\"£1,200.00\",\"£1,410.00\"\n",
       ("2026-05-05", "-12.40", "TESCO"), ("2026-05-06", "1200.00", "RENT IN")),
    _s("brackets are negative", "csv", "USD", "Date,Payee,Amount\n2026-05-05,Shop,($12.50)\n",
       ("2026-05-05", "-12.50", "Shop")),
    _s("DR and CR", "csv", "INR",
       'Txn Date,Narration,Amount,Balance\n05-05-2026,UPI SHOP,"1,250.00 DR","10,000.00"\n'
       '06-05-2026,SALARY,"50,000.00 CR","60,000.00"\n',
       ("2026-05-05", "-1250.00", "UPI SHOP"), ("2026-05-06", "50000.00", "SALARY")),
    _s("a column says which way", "csv", "EUR",
       '"Datum","Naam / Omschrijving","Af Bij","Bedrag (EUR)","Mededelingen"\n'
       '"20260505","Albert Heijn","Af","23,45","Pas 1"\n"20260506","Werkgever","Bij","2000,00",""\n',
       ("2026-05-05", "-23.45", "Albert Heijn"), ("2026-05-06", "2000.00", "Werkgever")),
    _s("French", "csv", "EUR",
       "Date opération;Libellé;Débit;Crédit\n05/05/2026;CB CAFE SOL;-4,20;\n"
       "06/05/2026;VIREMENT;;1 500,00\n",
       ("2026-05-05", "-4.20", "CB CAFE SOL"), ("2026-05-06", "1500.00", "VIREMENT"),
       charset="cp1252"),
    _s("Spanish", "csv", "EUR",
       "Fecha;Concepto;Importe;Saldo\n05/05/2026;Mercado;-32,15;1.000,00\n",
       ("2026-05-05", "-32.15", "Mercado")),
    _s("Brazilian", "csv", "BRL",
       "Data,Lançamento,Valor\n05/05/2026,Padaria,\"-R$ 1.089,90\"\n13/05/2026,Pix,\"R$ 50,00\"\n",
       ("2026-05-05", "-1089.90", "Padaria"), ("2026-05-13", "50.00", "Pix")),
    _s("Polish, cp1250", "csv", "PLN",
       "Data operacji;Opis operacji;Kwota\n2026-05-05;Żabka;-54,90\n",
       ("2026-05-05", "-54.90", "Żabka"), charset="cp1250"),
    _s("Swedish", "csv", "SEK",
       "Bokföringsdag;Belopp;Text\n2026/05/05;-249,00;ICA Maxi\n",
       ("2026-05-05", "-249.00", "ICA Maxi")),
    _s("Swiss apostrophes", "csv", "CHF", "Datum;Buchungstext;Betrag\n05.05.2026;Coop;-1'250.50\n",
       ("2026-05-05", "-1250.50", "Coop")),
    _s("Japanese, Shift JIS", "csv", "JPY",
       "取引日,摘要,出金,入金,残高\n2026/05/05,コンビニ,\"1,280\",,\"100,000\"\n"
       "2026/05/06,給与,,\"250,000\",\"350,000\"\n",
       ("2026-05-05", "-1280", "コンビニ"), ("2026-05-06", "250000", "給与"), charset="shift_jis"),
    _s("Chinese, GB18030", "csv", "CNY", "交易日期,交易对方,交易金额\n2026-05-05,超市,-128.50\n",
       ("2026-05-05", "-128.50", "超市"), charset="gb18030"),
    _s("Russian, cp1251", "csv", "RUB", "Дата операции;Описание;Сумма операции\n05.05.2026;Магазин;-1 299,00\n",
       ("2026-05-05", "-1299.00", "Магазин"), charset="cp1251"),
    _s("tabs, UTF-16", "csv", "EUR", "Date\tPayee\tAmount\n2026-05-05\tShop\t-1.00\n",
       ("2026-05-05", "-1.00", "Shop"), charset="utf-16"),
    _s("Excel's sep line and a mark at the start", "csv", "EUR",
       "\ufeffsep=;\nDate;Payee;Amount\n2026-05-05;Shop;-1.00\n", ("2026-05-05", "-1.00", "Shop")),
    _s("no headings", "csv", "USD", "05/13/2026,-5.00,*,,SHOP\n05/14/2026,7.50,*,,REFUND\n",
       ("2026-05-13", "-5.00", "*"), ("2026-05-14", "7.50", "*")),
    _s("equal lines and a bad row", "csv", "EUR",
       "Date,Payee,Amount\n2026-05-05,Kiosk,-2.00\n2026-05-05,Kiosk,-2.00\n2026-05-xx,Kiosk,-2.00\n"
       "2026-05-06,,\n",
       ("2026-05-05", "-2.00", "Kiosk"), ("2026-05-05", "-2.00", "Kiosk"), refused=2),
    _s("three decimals", "csv", "KWD", "Date,Payee,Amount\n2026-05-05,Shop,\"-1,007.250\"\n",
       ("2026-05-05", "-1007.250", "Shop")),
    _s("trailing minus and total row", "csv", "EUR",
       "Datum;Text;Betrag\n05.05.2026;Kauf;12,50-\n;Summe;12,50-\n",
       ("2026-05-05", "-12.50", "Kauf"), refused=1),
)  # fmt: skip

_SGML = """OFXHEADER:100
DATA:OFXSGML
VERSION:102

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>00124417<ACCTTYPE>CHECKING
</BANKACCTFROM><BANKTRANLIST><DTSTART>20260501<DTEND>20260531
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260505120000[-5:EST]<TRNAMT>-12.50<FITID>A1<NAME>Corner &amp; shop
</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260506<TRNAMT>1000,00<FITID>A2<NAME>Payroll<MEMO>May</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>soon<TRNAMT>-1.00<FITID>A3<NAME>Broken</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>1987.50<DTASOF>20260531</LEDGERBAL></STMTRS></STMTTRNRS>
</BANKMSGSRSV1></OFX>"""
_CARD = """<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?><OFX><CREDITCARDMSGSRSV1>
<CCSTMTTRNRS><CCSTMTRS><CURDEF>USD</CURDEF><CCACCTFROM><ACCTID>4111-XXXX-9921</ACCTID></CCACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260505</DTPOSTED><TRNAMT>-41.02</TRNAMT>
<FITID>x1</FITID><NAME>TARGET</NAME></STMTTRN></BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS>
</CREDITCARDMSGSRSV1></OFX>"""
OFX: Final = (
    _s("SGML", "ofx", "EUR", _SGML.replace("1000,00", "1000.00"),
       ("2026-05-05", "-12.50", "Corner & shop"), ("2026-05-06", "1000.00", "Payroll"), refused=1),
    _s("XML card", "ofx", "USD", _CARD, ("2026-05-05", "-41.02", "TARGET")),
    _s("lower case, no name", "ofx", "EUR",
       _CARD.replace("<NAME>TARGET</NAME>", "<MEMO>By card</MEMO>").replace("USD", "eur"),
       ("2026-05-05", "-41.02", "By card")),
    _s("Latin-1, comma and point", "ofx", "EUR", _SGML.replace("Corner &amp; shop", "Café"),
       ("2026-05-05", "-12.50", "Café"), ("2026-05-06", "1000.00", "Payroll"), refused=1, charset="latin-1"),
)  # fmt: skip
QIF: Final = (
    _s("American", "qif", "USD", "!Type:Bank\nD5/13/26\nT-1,250.00\nPShop\nMBig\n^\nD5/14'26\nT7.50\nPRefund\n^\n",
       ("2026-05-13", "-1250.00", "Shop"), ("2026-05-14", "7.50", "Refund")),
    _s("European", "qif", "EUR", "!Type:CCard\nD13.05.2026\nT-12,50\nPCafé\n^\nDnever\nT-1,00\n^\n",
       ("2026-05-13", "-12.50", "Café"), refused=1, charset="cp1252"),
    _s("with accounts and categories", "qif", "USD",
       "!Account\nNGiro\nTBank\n^\n!Type:Bank \nD13/05/2026\nU-3.00\nT-3.00\nPKiosk\n^\n!Type:Cat\nNFood\n^\n",
       ("2026-05-13", "-3.00", "Kiosk")),
    _s("no last mark", "qif", "USD", "!Type:Cash\nD2026-05-13\nT-3.00\nPKiosk\n",
       ("2026-05-13", "-3.00", "Kiosk")),
)  # fmt: skip


def _camt(entries: str, version: str = "02", number: str = "DE02120300000000204417") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt'
        f'.053.001.{version}"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>{number}</IBAN></Id><Ccy>EUR</Ccy>'
        '</Acct><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">900.00</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-05-31</Dt></Dt></Bal>"
        f"{entries}</Stmt></BkToCstmrStmt></Document>"
    )


def _entry(amount: str, way: str, inside: str, status: str = "<Sts>BOOK</Sts>") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>2026-05-05</Dt></BookgDt><NtryDtls>{inside}</NtryDtls></Ntry>"
    )


_DETAIL = (
    '<TxDtls><Refs><AcctSvcrRef>{ref}</AcctSvcrRef></Refs><Amt Ccy="EUR">{amount}</Amt>'
    "<CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Nm>{name}</Nm></Cdtr></RltdPties>"
    "<RmtInf><Ustrd>Invoice 7</Ustrd></RmtInf></TxDtls>"
)
CAMT: Final = (
    _s("one entry", "camt", "EUR",
       _camt(_entry("12.50", "DBIT", _DETAIL.format(ref="1", amount="12.50", name="Haus & Co".replace("&", "&amp;")))),
       ("2026-05-05", "-12.50", "Haus & Co")),
    _s("a batch told apart", "camt", "EUR",
       _camt(_entry("30.00", "DBIT", _DETAIL.format(ref="1", amount="10.00", name="A")
                    + _DETAIL.format(ref="2", amount="20.00", name="B")), "08"),
       ("2026-05-05", "-10.00", "A"), ("2026-05-05", "-20.00", "B")),
    _s("a batch that does not add up", "camt", "EUR",
       _camt(_entry("30.00", "DBIT", _DETAIL.format(ref="1", amount="10.00", name="A")
                    + _DETAIL.format(ref="2", amount="25.00", name="B"))),
       ("2026-05-05", "-30.00", "A")),
    _s("pending is left out, credit, new status", "camt", "EUR",
       _camt(_entry("5.00", "DBIT", "", "<Sts><Cd>PDNG</Cd></Sts>")
             + _entry("7.00", "CRDT", "<TxDtls><RltdPties><Dbtr><Pty><Nm>Ann</Nm></Pty></Dbtr>"
                      "</RltdPties></TxDtls>", "<Sts><Cd>BOOK</Cd></Sts>"), "10"),
       ("2026-05-05", "7.00", "Ann")),
    _s("an entry without a day", "camt", "EUR",
       _camt(_entry("5.00", "DBIT", "").replace("<BookgDt><Dt>2026-05-05</Dt></BookgDt>", "")),
       refused=1),
)  # fmt: skip
_SWIFT = (
    ":20:STARTUMS\n:25:12030000/0000204417\n:28C:5/1\n:60F:C260430EUR1000,00\n"
    ":61:2605050505DR12,50NMSCNONREF//B1\n:86:105?00LASTSCHRIFT?20EREF+1?21SVWZ+Strom Mai"
    "?32STADTWERKE?33ALSTER\n"
    ":61:2605060506C1500,00NTRFNONREF\n:86:166?00GUTSCHRIFT?20SVWZ+Lohn?32ACME GMBH\n"
    ":62F:C260531EUR2487,50\n-"
)
SWIFT: Final = (
    _s("German structure", "mt940", "EUR", _SWIFT,
       ("2026-05-05", "-12.50", "STADTWERKEALSTER"), ("2026-05-06", "1500.00", "ACME GMBH")),
    _s("in an envelope", "mt940", "EUR", "{1:F01BANK}{2:I940}{4:\r\n" + _SWIFT.replace("\n", "\r\n") + "}",
       ("2026-05-05", "-12.50", "STADTWERKEALSTER"), ("2026-05-06", "1500.00", "ACME GMBH")),
    _s("plain text", "mt940", "EUR",
       ":20:1\n:25:NL91INGB0001234417\n:28C:1\n:60F:C260504EUR10,00\n:61:260505D2,45NMSCNONREF\n"
       ":86:Albert Heijn\n:62F:C260505EUR7,55\n",
       ("2026-05-05", "-2.45", "Albert Heijn")),
)  # fmt: skip
SAMPLES: Final = (*TABLES, *OFX, *QIF, *CAMT, *SWIFT)

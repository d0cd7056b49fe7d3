"""The European Central Bank's reference rates, as it publishes them: XML, CSV, or CSV in a zip.

Every file says how much of a currency one euro is on a day. Formats: the "Euro foreign exchange
reference rates" page of the ECB (eurofxref-daily, -hist-90d and -hist). Pure: no Django here.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree

LARGEST_FILE: Final = 64_000_000
_CODE: Final = re.compile(r"[A-Z]{3}")
_NOT_QUOTED: Final = frozenset({"", "N/A", "-"})


class UnreadableRates(ValueError):
    """The file is not one of the ECB's; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class ReferenceQuote:
    """One euro is `per_euro` of `currency` on a day."""

    currency: str
    valid_on: date
    per_euro: Decimal


def read_ecb(data: bytes) -> Iterator[ReferenceQuote]:
    """The quotes of a file, in its order. Raises UnreadableRates, at the latest while they are
    read: take all of them before any is stored."""
    if data.startswith(b"PK\x03\x04"):
        data = _unzipped(data)
    if len(data) > LARGEST_FILE:
        raise UnreadableRates(f"The file is larger than {LARGEST_FILE} bytes.")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _from_xml(data)
    else:
        yield from _from_csv(data)


def _unzipped(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [info for info in archive.infolist() if not info.is_dir()]
            if len(names) != 1:
                raise UnreadableRates(f"The zip holds {len(names)} files; the ECB's holds one.")
            if names[0].file_size > LARGEST_FILE:
                raise UnreadableRates(f"The file in the zip is larger than {LARGEST_FILE} bytes.")
            return archive.read(names[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UnreadableRates(f"The zip cannot be read: {error}.") from error


def _from_xml(data: bytes) -> Iterator[ReferenceQuote]:
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise UnreadableRates(f"The XML is broken, or not the ECB's: {error}.") from error
    found = False
    for day in root.iter():
        if not day.tag.endswith("}Cube") or "time" not in day.attrib:
            continue
        valid_on = _day(day.attrib["time"])
        for cube in day:
            found = True
            currency, rate = cube.attrib.get("currency", ""), cube.attrib.get("rate", "")
            yield _quote(currency, valid_on, rate)
    if not found:
        raise UnreadableRates("The XML holds no rates (no <Cube time=…> with currencies).")


def _from_csv(data: bytes) -> Iterator[ReferenceQuote]:
    try:
        rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        heading = [cell.strip() for cell in next(rows, [])]
        if not heading or heading[0] != "Date":
            raise UnreadableRates("The first line must be “Date, USD, JPY, …”.")
        found = False
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            valid_on = _day(row[0].strip())
            for currency, cell in zip(heading[1:], row[1:], strict=False):
                if currency and cell.strip() not in _NOT_QUOTED:
                    found = True
                    yield _quote(currency, valid_on, cell.strip())
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRates(f"The file is neither XML nor CSV nor zip: {error}.") from error
    if not found:
        raise UnreadableRates("The file holds no rates.")


def _day(text: str) -> date:
    """2026-11-25, or 25 November 2026 as in the daily CSV."""
    for shape in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - only the day is taken
        except ValueError:
            continue
    raise UnreadableRates(f"“{text}” is not a day.")


def _quote(currency: str, valid_on: date, text: str) -> ReferenceQuote:
    try:
        rate = Decimal(text)
    except InvalidOperation as error:
        raise UnreadableRates(f"“{text}” on {valid_on} is not a rate.") from error
    if not _CODE.fullmatch(currency) or not rate.is_finite() or rate <= 0:
        raise UnreadableRates(f"{currency or '(no currency)'} {text} on {valid_on} is not a rate.")
    return ReferenceQuote(currency, valid_on, rate)

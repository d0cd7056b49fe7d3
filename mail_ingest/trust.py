"""Is the sender who it says? Pure.

Only the topmost Authentication-Results header (RFC 8601) counts, and only where it was written by
the connector's own server: a sender can put such headers into a message, but below it. What
counts is DMARC (RFC 7489) for the domain of the From header. Everything else is unverified,
which is no accusation: it only means that a person has to look.

Microsoft's servers name no server in that header (decision 0010), so more is asked of it: see
`_of_microsoft`. What ARC says (RFC 8617) is another server's word and counts nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail_ingest.parsing import ParsedEmail
from tenancy.wording import Wording, worded

# How much of a stranger's word is repeated.
SAID: Final = 80
COMMENT: Final = re.compile(r"\([^()]*\)")
DMARC: Final = re.compile(r"\s*dmarc\s*(?:/\s*\d+\s*)?=\s*([a-z]+)\b")
QUOTED_SEMICOLON: Final = re.compile(r'"[^"]*;[^"]*"')
HEADER_FROM: Final = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)")
COMPAUTH: Final = re.compile(r"\s*compauth\s*=\s*([a-z]+)\b")
BY: Final = re.compile(r"from \S+ \([^()]*\) by (\S+) ")
# Microsoft's servers, by the name that they give themselves in Received-SPF, and the names that
# those have that take a message over the border and those that hand it on.
MICROSOFT: Final = "protection.outlook.com"
EDGE: Final = ".mail.protection.outlook.com"
INNER: Final = (".outlook.com", ".outlook.office365.com")
# The name under which well-known hosts write their results.
AUTHSERV_IDS: Final = {
    "imap.gmail.com": "mx.google.com",
    "imap.googlemail.com": "mx.google.com",
    "imap.fastmail.com": "mx.messagingengine.com",
    "imap.mail.me.com": "icloud.com",
    "outlook.office365.com": MICROSOFT,
    "imap-mail.outlook.com": MICROSOFT,
}


class Trust(StrEnum):
    """What is known of a message's sender."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class TrustResult:
    trust: Trust
    reason: Wording


def judge_sender(message: ParsedEmail, *, authserv_id: str) -> TrustResult:
    """What the receiving server found out about the sender. `authserv_id` is the name under which
    the connector's server writes its results; "" where there is no such server (files)."""
    domain = message.from_address.rpartition("@")[2]
    if message.from_count != 1 or not domain:
        return _unverified(worded("The message does not name exactly one sender."))
    result = _of_own_server(message, domain, authserv_id)
    if result.trust == Trust.UNVERIFIED and _is_accused(message, domain):
        return TrustResult(
            Trust.FAILING,
            worded("A mail server noted that DMARC failed for %(domain)s.", domain=domain),
        )
    return result


def _of_own_server(message: ParsedEmail, domain: str, authserv_id: str) -> TrustResult:
    if not authserv_id:
        return _unverified(
            worded(
                "Nobody has checked the sender: the message comes from a file or from a server that"
                " is not known to check."
            )
        )
    if not message.authentication_results:
        return _unverified(worded("The mail server has noted no check of the sender."))
    if authserv_id.lower() == MICROSOFT:
        return _of_microsoft(message, domain)
    server, dmarc = _read(message.authentication_results[0])
    if server != authserv_id.lower():
        return _unverified(
            worded("The topmost check was not noted by %(server)s.", server=authserv_id)
        )
    return _judged(domain, dmarc)


def _of_microsoft(message: ParsedEmail, domain: str) -> TrustResult:
    """What Microsoft noted at its border. Its header bears no name, so it counts only where it
    stands as it is written there: right above the Received header of a server at the border, with
    none but Microsoft's own above, in a message that came from outside (Exchange removes that mark
    from what strangers send). Both DMARC and Microsoft's own sum of all checks must pass."""
    if not _came_over_the_border(message):
        return _unverified(
            worded("The topmost check does not stand where Microsoft's servers note it.")
        )
    value = message.authentication_results[0]
    if not value.lower().startswith("spf="):
        return _unverified(
            worded("The topmost check was not noted by %(server)s.", server="Microsoft")
        )
    result = _judged(domain, _read(value)[1])
    verdicts = [m[1] for part in value.lower().split(";") if (m := COMPAUTH.match(part))]
    if result.trust == Trust.VERIFIED and verdicts != ["pass"]:
        said = ", ".join(verdicts)[:SAID] or "–"
        return _unverified(
            worded(
                "Microsoft does not vouch for %(domain)s as a whole (%(said)s).",
                domain=domain, said=said,
            )
        )  # fmt: skip
    return result


def _came_over_the_border(message: ParsedEmail) -> bool:
    marks = [v.lower() for name, v in message.trace if name == "x-ms-exchange-organization-authas"]
    steps = [(name, v) for name, v in message.trace if not name.startswith("x-ms-")]
    first = next((at for at, (name, _) in enumerate(steps) if name != "received"), len(steps))
    above, border = [_by(v) for _, v in steps[:first]], steps[first + 1 : first + 2]
    return (
        marks == ["anonymous"]
        and bool(above)
        and all(host.endswith(INNER) and not host.endswith(EDGE) for host in above)
        and [name for name, _ in border] == ["received"]
        and _by(border[0][1]).endswith(EDGE)
    )


def _by(received: str) -> str:
    """The server that wrote a Received header as Microsoft's do; "" for others."""
    match = BY.match(received)
    return match[1].lower() if match else ""


def _is_accused(message: ParsedEmail, domain: str) -> bool:
    """Whether any server noted a failure. A forger can write such a note, but only against
    himself, so it counts whoever wrote it: in an imported file it is all there is."""
    return any(
        statement == ("fail", domain)
        for value in message.authentication_results
        for statement in _read(value)[1]
    )


def _judged(domain: str, dmarc: list[tuple[str, str]]) -> TrustResult:
    if len(dmarc) != 1:
        return _unverified(worded("The mail server's note names no single DMARC result."))
    result, judged_domain = dmarc[0]
    if judged_domain != domain:
        return _unverified(
            worded("The mail server judged another domain than %(domain)s.", domain=domain)
        )
    if result == "pass":
        return TrustResult(Trust.VERIFIED, worded("DMARC passed for %(domain)s.", domain=domain))
    if result == "fail":
        return TrustResult(
            Trust.FAILING, worded("DMARC failed: not sent by %(domain)s.", domain=domain)
        )
    return _unverified(
        worded(
            "DMARC says nothing for %(domain)s (%(result)s).", domain=domain, result=result[:SAID]
        )
    )


def _read(value: str) -> tuple[str, list[tuple[str, str]]]:
    """The server's name, and result and domain of every DMARC statement, in lower case. A value
    with nested comments or quoted semicolons gives nothing: it is not taken apart by guess."""
    text = COMMENT.sub(" ", value)
    if "(" in text or ")" in text or QUOTED_SEMICOLON.search(text):
        return "", []
    statements = text.lower().split(";")
    found: list[tuple[str, str]] = []
    for statement in statements:
        match = DMARC.match(statement)
        if match:
            domains = HEADER_FROM.findall(statement)
            found.append((match[1], domains[0].rpartition("@")[2] if len(domains) == 1 else ""))
    return (statements[0].split() or [""])[0], found


def _unverified(reason: Wording) -> TrustResult:
    return TrustResult(Trust.UNVERIFIED, reason)

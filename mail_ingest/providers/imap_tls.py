"""A verified TLS connection to an address that has been checked before. Pure."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.tls import IMAP4_TLS

from mail_ingest.providers.base import (
    MAX_MESSAGE_BYTES,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from tenancy.wording import worded

# What a server may send in one piece: a message, should it have grown a little since it was sized.
MAX_LITERAL: Final = 2 * MAX_MESSAGE_BYTES


class _CheckedTLS(IMAP4_TLS):  # type: ignore[misc] # imapclient has no types
    """Connects to given addresses, while the certificate must name the host."""

    def __init__(
        self, host: str, addresses: Sequence[str], port: int, context: ssl.SSLContext,
        timeout: float,
    ) -> None:  # fmt: skip
        self.addresses = addresses
        super().__init__(host, port, context, timeout)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in self.addresses:
            try:
                plain = socket.create_connection((address, self.port), timeout=self._timeout)
            except OSError as error:
                failure = error
                continue
            try:
                secured: socket.socket = self.ssl_context.wrap_socket(
                    plain, server_hostname=self.host
                )
                return secured
            except BaseException:
                plain.close()
                raise
        raise failure

    def read(self, size: int) -> bytes:
        """Called for a literal. A server that sends more than it announced does not get it into
        our memory."""
        if size > MAX_LITERAL:
            raise self.abort(f"a literal of {size} bytes")
        content: bytes = super().read(size)
        return content


class CheckedClient(IMAPClient):  # type: ignore[misc]
    """An IMAPClient over such a connection."""

    def __init__(
        self, host: str, addresses: Sequence[str], port: int, context: ssl.SSLContext,
        timeout: SocketTimeout,
    ) -> None:  # fmt: skip
        self.addresses = addresses
        super().__init__(host, port, ssl=True, ssl_context=context, timeout=timeout)

    def _create_IMAP4(self) -> _CheckedTLS:
        return _CheckedTLS(
            self.host, self.addresses, self.port, self.ssl_context, self._timeout.connect
        )

    def list_with_roles(self) -> list[tuple[Sequence[bytes], bytes | None, str]]:
        """All folders: attributes, separator and name. What they are for is asked where the
        server can say it (RFC 6154, section 2); `list_folders` asks for names alone."""
        if not self.has_capability("SPECIAL-USE") or not self.has_capability("LIST-EXTENDED"):
            plain: list[tuple[Sequence[bytes], bytes | None, str]] = self.list_folders()
            return plain
        command = "LIST"
        typ, data = self._imap._simple_command(command, '""', '"*"', "RETURN (SPECIAL-USE)")
        self._checkok(command, typ, data)
        typ, data = self._imap._untagged_response(typ, data, command)
        rows: list[tuple[Sequence[bytes], bytes | None, str]] = self._proc_folder_list(data)
        return rows


def connect_checked(
    host: str, addresses: Sequence[str], port: int, ca_certificate: str, timeout: SocketTimeout
) -> CheckedClient:
    """A connection, not yet logged in. Raises ProviderRefused for what a person must change and
    ProviderUnavailable for what may pass."""
    try:
        context = ssl.create_default_context(cadata=ca_certificate or None)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ProviderRefused(worded("The authority's certificate is not valid PEM.")) from error
    try:
        return CheckedClient(host, addresses, port, context, timeout)
    except (OSError, imaplib.IMAP4.error) as error:
        raise _fault(host, port, error) from error


def _fault(host: str, port: int, error: Exception) -> ProviderError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProviderRefused(
            worded(
                "The certificate of %(host)s cannot be trusted: %(reason)s. If it is your own"
                " server, give the certificate of the authority that signed it.",
                host=host,
                reason=error.verify_message,
            )
        )
    if isinstance(error, ssl.SSLError):
        return ProviderRefused(
            worded(
                "%(host)s does not speak TLS on port %(port)s. IMAP over TLS is usually port 993.",
                host=host,
                port=port,
            )
        )
    if isinstance(error, TimeoutError):
        return ProviderUnavailable(
            worded("%(host)s did not answer on port %(port)s in time.", host=host, port=port)
        )
    if isinstance(error, ConnectionRefusedError):
        return ProviderRefused(
            worded(
                "Nothing answers on port %(port)s of %(host)s. IMAP over TLS is usually port 993.",
                port=port,
                host=host,
            )
        )
    return ProviderUnavailable(
        worded("The connection to %(host)s failed: %(reason)s.", host=host, reason=error)
    )

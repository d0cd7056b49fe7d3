"""A real Dovecot on loopback: its own folder, port, users and certificate authority."""

from __future__ import annotations

import datetime
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

USER = "ada@example.org"
PASSWORD = "app-password-1"
STARTS_WITHIN = 15.0

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
mail_location = maildir:~/Maildir
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
auth_failure_delay = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
{by_token}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Ablage {{
    special_use = \\Archive
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
}}
"""

# Access tokens, which another server is asked about.
BY_TOKEN = """
auth_mechanisms = plain {mechanisms}
passdb {{
  driver = oauth2
  mechanisms = {mechanisms}
  args = {folder}/oauth2.conf
}}
"""
TOKEN_INFO = """
tokeninfo_url = {address}
introspection_mode = auth
username_attribute = email
force_introspection = yes
"""


class Dovecot:
    """Start with `with Dovecot() as server`. Messages lie in Maildirs that tests may write."""

    def __init__(self, *, token_info: str = "", mechanisms: str = "xoauth2 oauthbearer") -> None:
        """`token_info` is the address that tells whose a token is, which is put behind it: then
        one can log in by token."""
        self.port = free_port()
        self._token_info, self._mechanisms = token_info, mechanisms
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.certificate = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Dovecot:
        self.folder.chmod(0o755)
        self.certificate = make_certificates(self.folder)
        self._owner = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._write_config()
        self.deliver([])
        self._process = subprocess.Popen(
            [shutil.which("dovecot") or "dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait_until_it_answers()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def maildir(self, folder: str = "INBOX", user: str = USER) -> Path:
        root = self.folder / "home" / user / "Maildir"
        return root if folder == "INBOX" else root / f".{folder}"

    def deliver(self, messages: Iterable[bytes], folder: str = "INBOX", user: str = USER) -> None:
        """Put messages into a folder, made when it is not there, in their order."""
        maildir = self.maildir(folder, user)
        for part in ("cur", "new", "tmp"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        stamp = time.time_ns()
        for number, message in enumerate(messages):
            (maildir / "new" / f"{stamp + number}.t.example").write_bytes(message)
        self._give_to_owner(self.folder / "home")

    @contextmanager
    def client(self, user: str = USER) -> Iterator[IMAPClient]:
        """Somebody else's connection to the same mailbox, which may write."""
        context = ssl.create_default_context(cadata=self.certificate)
        with IMAPClient("localhost", self.port, ssl_context=context) as client:
            client.login(user, PASSWORD)
            yield client

    def change_uidvalidity(self, folder: str = "INBOX", user: str = USER) -> None:
        """As when a folder is restored from a backup: same messages, UIDs that mean nothing."""
        maildir = self.maildir(folder, user)
        uids = maildir / "dovecot-uidlist"
        text = uids.read_text()
        uids.write_text(re.sub(r" V(\d+)", lambda old: f" V{int(old[1]) + 1}", text, count=1))
        for index in maildir.glob("dovecot.index*"):
            index.unlink()

    def _write_config(self) -> None:
        is_root = os.geteuid() == 0
        me, group = self._owner.pw_name, str(self._owner.pw_gid)
        text = CONFIG.format(
            folder=self.folder, port=self.port, password=PASSWORD,
            internal="dovecot" if is_root else me,
            internal_group="dovecot" if is_root else group,
            login="dovenull" if is_root else me,
            uid=self._owner.pw_uid, gid=self._owner.pw_gid, by_token=self._by_token(),
        )  # fmt: skip
        (self.folder / "dovecot.conf").write_text(text)

    def _by_token(self) -> str:
        if not self._token_info:
            return ""
        (self.folder / "oauth2.conf").write_text(TOKEN_INFO.format(address=self._token_info))
        return BY_TOKEN.format(folder=self.folder, mechanisms=self._mechanisms)

    def _give_to_owner(self, root: Path) -> None:
        if os.geteuid() == 0:
            for path in (root, *root.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _wait_until_it_answers(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN
        context = ssl.create_default_context(cadata=self.certificate)
        while time.monotonic() < ends:
            try:
                with (
                    socket.create_connection(("127.0.0.1", self.port), 1) as plain,
                    context.wrap_socket(plain, server_hostname="localhost") as secured,
                ):
                    if secured.recv(4) == b"* OK":
                        return
            except OSError:
                time.sleep(0.05)
        log = self.folder / "dovecot.log"
        raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_certificates(folder: Path) -> str:
    """A new authority and a certificate of it for localhost in `folder`. The authority's PEM."""
    authority_key, authority = _certificate("Test authority", None, None)
    key, certificate = _certificate("localhost", authority_key, authority)
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").touch(0o600)
    (folder / "server.key").write_bytes(private)
    return authority.public_bytes(serialization.Encoding.PEM).decode()


def _certificate(
    name: str, signer: ec.EllipticCurvePrivateKey | None, issuer: x509.Certificate | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(signer or key, hashes.SHA256())
    )
    return key, certificate

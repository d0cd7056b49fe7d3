"""manage.py serve: a whole installation on this machine, in one terminal."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from argparse import ArgumentParser
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config.demo import Demo, ensure_demo
from config.env import env_int, env_str
from config.supervisor import Child, Supervisor


class Command(BaseCommand):
    help = "Migrate, then run web, worker and mail watch until Ctrl-C. The data stays in DATA_DIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="Make the demo tenant and import its sample mail."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = env_str("HOST", "127.0.0.1"), env_int("PORT", 8000)
        refuse_taken_port(host, port)
        self.say(f"Preparing the database in {settings.DATA_DIR} …")
        call_command("migrate", verbosity=0, interactive=False)
        demo = ensure_demo() if options["demo"] else None
        connection.close()
        supervisor = Supervisor(
            children=[
                Child("web", web_command()),
                Child("worker", worker_command()),
                Child("watch", [sys.executable, "-m", "django", "watch_mail"]),
            ],
            environment=os.environ,
            say=lambda text: self.say(f"inledger: {text}"),
            ready=lambda: answers(host, port),
            announce=lambda: self.announce(port, demo),
        )
        if not supervisor.run():
            raise CommandError("A part of Inledger does not stay up; its messages are above.")
        self.say("inledger: All stopped. Your data is kept; start again any time.")

    def say(self, text: str) -> None:
        """At once, also where the output is a file."""
        self.stdout.write(text)
        self.stdout.flush()

    def announce(self, port: int, demo: Demo | None) -> None:
        lines = ["", f"  Inledger is ready:  http://localhost:{port}/"]
        if demo is not None:
            lines += [
                f"  E-mail:             {demo.email}",
                f"  Password:           {demo.password}",
            ]
        lines += ["  Stop with Ctrl-C.", ""]
        self.say("\n".join(lines))


def refuse_taken_port(host: str, port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop the program that"
                f" uses it, or choose another port: make run PORT={port + 1}"
            ) from error


def web_command() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]


def worker_command() -> list[str]:
    return [
        sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "-Q", "default,mail",
        "--loglevel", env_str("LOG_LEVEL", "INFO"), "--concurrency", "2",
    ]  # fmt: skip


def answers(host: str, port: int) -> bool:
    """Whether the web process is up and ready."""
    with closing(http.client.HTTPConnection(host, port, timeout=5)) as web:
        try:
            web.request("GET", "/readyz")
            return web.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

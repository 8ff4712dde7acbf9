"""The API as a process: ``granian --interface wsgi scripts.api:app`` serves it.

It changes no schema: ``coalition init`` or ``coalition up`` does, before any API process starts. One that finds a newer
schema than its own refuses to start; one that finds an older says at /health/ready what is missing.
"""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import structlog
from flask import Flask

from coalition.clock import SystemClock
from coalition.config import Settings
from coalition.errors import InvalidSetting, NewerSchema
from coalition.services import sessions, traits
from coalition.services.sms import InBackground, gateway_of
from coalition.store.database import connect, connection, is_postgresql
from coalition.store.schema import missing_migrations


def build(settings: Settings) -> Flask:
    """Connect the process to the database and give the API over it.

    :raises SystemExit: the database has a newer schema, or there is no such SMS gateway as is named.
    """
    _log_as_json()
    _share_metrics(settings.data_dir / "metrics")
    for secretive in (sessions, traits):
        secretive.keep_key_in(settings.data_dir / "keys")
    connect(settings.database_url)
    try:
        with connection():
            missing_migrations()
        sms = gateway_of(settings.sms)
    except (NewerSchema, InvalidSetting) as refusal:
        raise SystemExit(f"The API does not start. {refusal}") from refusal

    # Not before it is said where metrics are kept: prometheus-client looks when it is imported.
    from partner_api.app import create_app

    connecting = connection if is_postgresql() else nullcontext
    return create_app(SystemClock(), connecting, sms and InBackground(sms), settings.public_url)


def _log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )


def _share_metrics(directory: Path) -> None:
    """The processes of one server, which have one parent, count together; what an ended server left is removed."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    ours = directory / str(os.getppid())
    ours.mkdir(parents=True, exist_ok=True)
    for other in directory.iterdir():
        if not _runs(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(ours)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


app = build(Settings.from_environment())

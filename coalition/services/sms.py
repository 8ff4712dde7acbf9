"""Short messages to members. The gateway that carries them is the operator's: here is what it must do, and no more."""

from concurrent.futures import ThreadPoolExecutor
from pkgutil import resolve_name
from typing import Protocol

import structlog

from coalition.config import LOG_SMS, SMS
from coalition.errors import InvalidSetting

_log = structlog.get_logger(__name__)


class SmsGateway(Protocol):
    """Carries a text to a phone; the number is in E.164, the locale that of the text."""

    def send(self, phone: str, text: str, locale: str) -> None: ...


class SmsLog:
    """For development: messages, with the codes in them, go to the log and nowhere else."""

    def send(self, phone: str, text: str, locale: str) -> None:
        _log.info("sms.sent", phone=phone, text=text, locale=locale)


class InBackground:
    """Answers at once and lets another thread send, so that nobody learns by waiting whether anything is sent.

    What the gateway refuses is logged, without number and text. Whoever gets no message asks for another.
    """

    def __init__(self, gateway: SmsGateway) -> None:
        self._gateway = gateway
        self._threads = ThreadPoolExecutor(4, "sms")

    def send(self, phone: str, text: str, locale: str) -> None:
        self._threads.submit(self._send, phone, text, locale)

    def close(self) -> None:
        """Returns when all is sent."""
        self._threads.shutdown()

    def _send(self, phone: str, text: str, locale: str) -> None:
        try:
            self._gateway.send(phone, text, locale)
        except Exception as error:
            _log.error("sms.not_sent", error=type(error).__name__)


def gateway_of(setting: str | None) -> SmsGateway | None:
    """The gateway that ``Settings.sms`` names; None where none is.

    :raises InvalidSetting: there is no such module, or nothing in it that makes a gateway.
    """
    if setting is None:
        return None
    if setting == LOG_SMS:
        return SmsLog()
    try:
        gateway: SmsGateway = resolve_name(setting)()
        _ = gateway.send
    except (ImportError, AttributeError, TypeError) as error:
        wanted = f"what can be imported and makes a gateway ({error})"
        raise InvalidSetting(name=SMS, value=setting, wanted=wanted) from error
    return gateway

"""Short messages: nothing is sent unless something is configured to, and who asks does not wait for it."""

from threading import Event

import pytest
from structlog.testing import capture_logs

from coalition.errors import InvalidSetting
from coalition.services.sms import InBackground, SmsLog, gateway_of
from tests.integration.texting import Phones


def test_gateway__none_configured__is_none():
    assert gateway_of(None) is None


def test_gateway__log__writes_the_message_to_the_log():
    with capture_logs() as logs:
        gateway_of("log").send("+79161234567", "123456", "ru")
    (line,) = logs
    assert (line["event"], line["phone"], line["text"], line["locale"]) == ("sms.sent", "+79161234567", "123456", "ru")


def test_gateway__of_the_operators__is_what_the_name_makes():
    assert isinstance(gateway_of("coalition.services.sms:SmsLog"), SmsLog)
    assert isinstance(gateway_of("tests.integration.texting:Phones"), Phones)


@pytest.mark.parametrize(
    "name", ["nowhere:Gateway", "collections:Gateway", "collections:abc", "collections:OrderedDict"]
)
def test_gateway__that_is_not_there__refused(name):
    with pytest.raises(InvalidSetting, match="COALITION_SMS"):
        gateway_of(name)


def test_background__answers_before_the_gateway_has():
    may_send, sent = Event(), []

    class Slow:
        def send(self, *message):
            assert may_send.wait(30)
            sent.append(message)

    background = InBackground(Slow())
    background.send("+79161234567", "123456", "ru")
    assert sent == []
    may_send.set()
    background.close()
    assert sent == [("+79161234567", "123456", "ru")]


def test_background__the_gateway_fails__is_logged_without_number_and_code():
    class Failing:
        def send(self, phone, text, locale):
            raise ConnectionError(f"{phone} {text}")

    background = InBackground(Failing())
    with capture_logs() as logs:
        background.send("+79161234567", "123456", "ru")
        background.close()
    assert logs == [{"event": "sms.not_sent", "error": "ConnectionError", "log_level": "error"}]

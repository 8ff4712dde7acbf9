"""JSON-RPC over HTTP, with a server that may be slow, broken, or no node at all.

What comes back from here answers exactly what was asked, by a result or a refusal; all else is ``NodeUnavailable``.
"""

import time
from collections.abc import Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from coalition.ledger.errors import NodeUnavailable

SILENCE_S = 30
"""How long a server may say nothing; to say all of its answer it has four times as long."""
MOST_BYTES = 1 << 27
"""Of one answer: far above what a batch of the largest transactions comes to."""

_CHUNK = 1 << 16
_SHOWN = 120
_NO_URL = "an address that is no URL"

Answer = dict[str, Any]
Parameters = Sequence[Any]


class JsonRpc:
    """One server. Every method raises ``NodeUnavailable`` for what is no answer to the question.

    ``url`` is the server without the keys and passwords that its whole URL may hold.
    """

    def __init__(self, url: str, silence_s: float = SILENCE_S) -> None:
        self.url = _origin(url)
        self._whole_url = url
        self._silence_s = silence_s
        self._session = requests.Session()
        self._ids = count(1)

    def ask(self, method: str, parameters: Parameters) -> Answer:
        """The answer to one call: an object with either ``result`` or ``error``."""
        call = self._call(method, parameters)
        answer = self._understand(method, self._post(method, call))
        if not isinstance(answer, dict):
            raise self._unavailable(f"{method} was answered with a list")
        # A server that could not read the question refuses it without its id.
        given = answer.get("id")
        if given != call["id"] and not ("error" in answer and given is None):
            raise self._unavailable(f"{method} was answered with the answer to another call")
        return answer

    def ask_all(self, method: str, parameters: Sequence[Parameters]) -> list[Answer]:
        """The answers to many calls of one method, in the order of the calls, which servers need not keep to.

        A server that wants fewer calls at once refuses them all with one answer; it is asked again with half of them.
        """
        if len(parameters) <= 1:
            return [self.ask(method, each) for each in parameters]
        calls = [self._call(method, each) for each in parameters]
        answers = self._understand(method, self._post(method, calls))
        if isinstance(answers, dict):
            middle = len(parameters) // 2
            return self.ask_all(method, parameters[:middle]) + self.ask_all(method, parameters[middle:])
        by_id = {answer.get("id"): answer for answer in answers}
        ids = [call["id"] for call in calls]
        if len(answers) != len(ids) or by_id.keys() != set(ids):
            raise self._unavailable(
                f"{len(ids)} calls of {method} were answered with {len(answers)} answers, or others"
            )
        return [by_id[id_] for id_ in ids]

    def _call(self, method: str, parameters: Parameters) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(parameters)}

    def _understand(self, method: str, body: bytes) -> Answer | list[Answer]:
        try:
            answer = orjson.loads(body)
        except ValueError:
            raise self._unavailable(f"{method} was answered with {shown(body)}, which is not JSON") from None
        for each in answer if isinstance(answer, list) else [answer]:
            if not isinstance(each, dict) or not isinstance(each.get("id"), int | None):
                raise self._unavailable(f"{method} was answered with {shown(body)}, which is not JSON-RPC")
            # Some say that there is no error by a null.
            if each.get("error", 0) is None:
                del each["error"]
            if ("result" in each) == ("error" in each):
                raise self._unavailable(f"{method} was answered with {shown(body)}, which is not JSON-RPC")
        return answer

    def _post(self, method: str, content: Any) -> bytes:
        """The body of the answer. Some servers give a refusal in JSON-RPC the status of an error in HTTP."""
        try:
            with self._session.post(
                self._whole_url,
                data=orjson.dumps(content),
                headers={"Content-Type": "application/json"},
                timeout=self._silence_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._body(method, response)
        except (RequestException, HTTPError, OSError, ValueError) as error:
            # Not even as its cause: that would show the whole URL in a traceback.
            raise self._unavailable(f"{method}: {_without_url(error)}") from None
        refused = (
            400 <= response.status_code < 500 and response.status_code != 429 and body.lstrip()[:1] in (b"{", b"[")
        )
        if response.status_code != 200 and not refused:
            reason = f"{method} was answered with HTTP status {response.status_code} {response.reason}"
            raise self._unavailable(f"{reason}: {shown(body)}" if body else reason)
        return body

    def _body(self, method: str, response: requests.Response) -> bytes:
        body = bytearray()
        deadline = time.monotonic() + 4 * self._silence_s
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MOST_BYTES:
                raise self._unavailable(f"{method} was answered with more than {MOST_BYTES} bytes")
            if time.monotonic() > deadline:
                raise self._unavailable(f"{method} was answered too slowly")
        return bytes(body)

    def _unavailable(self, reason: str) -> NodeUnavailable:
        return NodeUnavailable(url=self.url, reason=reason)


def _origin(url: str) -> str:
    """``scheme://host:port`` of the URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NO_URL
    if not parts.scheme or not host:
        return _NO_URL
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _without_url(error: Exception) -> str:
    """What happened. The words of ``requests`` have the whole URL in them; those of the error within do not."""
    cause = next(iter(error.args), None) if isinstance(error, RequestException) else error
    if isinstance(cause, HTTPError | OSError) and not isinstance(cause, ValueError):
        return f"{type(error).__name__}: {getattr(cause, 'reason', cause)}"
    return type(error).__name__


def shown(content: Any) -> str:
    """The beginning of what came, for a message: one line, and nothing that a terminal would obey."""
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    line = "".join(sign if sign.isprintable() else " " for sign in text[:_SHOWN])
    return f"{line}…" if len(text) > _SHOWN else line or "nothing"

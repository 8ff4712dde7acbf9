"""Single purchases over HTTP: as many tills as connections, each waiting for its answer before the next receipt."""

import asyncio
import json
import socket
import time
from dataclasses import replace

from coalition.config import Settings
from coalition.services.keys import issue_key
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import register_partner
from coalition.store.database import disconnect
from scripts.composition import CLOCK, open_coalition
from scripts.up import Supervisor

CONNECTIONS = 32
PURCHASES = 6_000
_MEMBERS = 2_000


def measure_posts(settings: Settings) -> dict[str, float]:
    """Serve a new coalition, API and worker as always, and buy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings = replace(settings, port=probe.getsockname()[1])
    requests = _requests(settings)
    disconnect()
    times: list[float] = []
    elapsed = 0.0

    def load() -> None:
        nonlocal elapsed
        started = time.perf_counter()
        asyncio.run(_load(settings.port, requests, times))
        elapsed = time.perf_counter() - started
        supervisor.stopping.set()

    supervisor = Supervisor(settings)
    supervisor.run(load)
    times.sort()
    return {
        "post_purchases_per_s": len(times) / elapsed,
        "post_purchases_p50_ms": 1000 * times[len(times) // 2],
        "post_purchases_p99_ms": 1000 * times[len(times) * 99 // 100],
    }


def _requests(settings: Settings) -> list[bytes]:
    open_coalition(settings)
    now = CLOCK.now()
    cafe = register_partner("cafe", 500, now=now)
    key = issue_key("partner", cafe.id, now=now)
    phones = [EnrolMember(phone=f"+1555{number:07d}") for number in range(_MEMBERS)]
    members = list(enrol_members(phones, cafe.number, now=now).values())
    line = {"line_id": "1", "sku": "latte", "category": "COFFEE", "quantity": 1, "amount_minor": 450}
    requests = []
    for number in range(PURCHASES):
        body = json.dumps(
            {
                "member": members[number % _MEMBERS],
                "receipt_id": f"r-{number}",
                "occurred_at": now.isoformat(),
                "currency": "USD",
                "lines": [line, line | {"line_id": "2", "sku": "bun"}],
            }
        )
        head = (
            "POST /v1/purchases HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Authorization: Bearer {key}",
            f"Idempotency-Key: k-{number}",
            f"Content-Length: {len(body)}",
        )
        requests.append("\r\n".join((*head, "", body)).encode())
    return requests


async def _load(port: int, requests: list[bytes], times: list[float]) -> None:
    waiting = iter(requests)

    async def till() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            status = await _answer(reader)
            times.append(time.perf_counter() - started)
            if status != 201:
                raise RuntimeError(f"a purchase was answered with {status}")
        writer.close()

    await asyncio.gather(*(till() for _ in range(CONNECTIONS)))


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])

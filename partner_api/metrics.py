"""What the API counts of itself, for Prometheus.

With several processes each scrape reaches one of them, so their counts must be added up somewhere: where
``PROMETHEUS_MULTIPROC_DIR`` names a directory, prometheus-client keeps them in files there and every process answers
for all. Without it the counts are those of this process alone, and true when there is one.
"""

import os
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_REGISTRY = CollectorRegistry()
_REQUESTS = Counter(
    "coalition_http_requests_total", "Requests answered", ("method", "route", "status"), registry=_REGISTRY
)
_SECONDS = Histogram(
    "coalition_http_request_seconds",
    "Time from a request to its answer",
    ("method", "route"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    registry=_REGISTRY,
)


def register_metrics(app: Flask) -> None:
    """From now on every request is counted, under its route rather than its address, and /metrics tells."""
    app.before_request(_begin)
    app.after_request(_count)
    app.add_url_rule("/metrics", "metrics", _expose)


def _begin() -> None:
    g.begun = perf_counter()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "unknown"
    _REQUESTS.labels(request.method, route, response.status_code).inc()
    _SECONDS.labels(request.method, route).observe(perf_counter() - g.begun)
    return response


def _expose() -> Response:
    registry = _REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

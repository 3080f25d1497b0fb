"""Numbers for Prometheus: how the API answers, and how orders, steps and messages stand. Nothing is personal."""

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from backend.domain.vitals import Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestTimes:
    """How long the API's answers took, since this process began."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "holdfast_http_request_seconds",
            "Time until the answer of the HTTP API was complete",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in ("GET", "POST") else "other"
        self._seconds.labels(known, route, str(status)).observe(seconds)


def exposition(times: RequestTimes, vitals: Vitals | None) -> bytes:
    """Everything in Prometheus' text format; `vitals` is None while the database does not answer."""
    return generate_latest(times.registry) + generate_latest(_gauges(vitals))


def _gauges(vitals: Vitals | None) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("holdfast_database_up", "1 while the database answers", registry=registry)
    up.set(0 if vitals is None else 1)
    if vitals is None:
        return registry
    for name, text, value in (
        ("holdfast_due_steps", "Steps that are due and not done", vitals.due_steps),
        ("holdfast_in_doubt_steps", "Steps that may or may not have taken effect outside", vitals.in_doubt_steps),
        ("holdfast_oldest_due_step_seconds", "How long the longest-waiting step is due", vitals.oldest_due_seconds),
        ("holdfast_inbox_unhandled_messages", "Messages kept but not handled yet", vitals.unhandled_messages),
        ("holdfast_inbox_parked_messages", "Messages that wait for their order", vitals.parked_messages),
        ("holdfast_sending_paused", "1 while nothing is sent, after a restored backup", vitals.sending_paused),
        ("holdfast_inbox_quarantined_messages", "Messages that wait for a person", vitals.quarantined_messages),
    ):
        Gauge(name, text, registry=registry).set(value)
    if vitals.sweep_age_seconds is not None:
        Gauge(
            "holdfast_last_sweep_age_seconds", "Time since a worker last looked for due steps", registry=registry
        ).set(vitals.sweep_age_seconds)
    held = Gauge("holdfast_held_orders", "Orders with an open hold of this kind", ("kind",), registry=registry)
    for kind, count in vitals.held_by_kind.items():
        held.labels(kind).set(count)
    refused = Gauge(
        "holdfast_inbox_refused_messages", "Messages turned away at the door", ("provider", "reason"), registry=registry
    )
    for (provider, reason), count in vitals.refused_messages.items():
        refused.labels(provider, reason).set(count)
    breakers = Gauge(
        "holdfast_breaker_open", "1 while a provider is down and its steps wait", ("provider",), registry=registry
    )
    for provider, down in vitals.breakers.items():
        breakers.labels(provider).set(down)
    attempts = Gauge(
        "holdfast_recent_attempts", "The newest thousand attempts by outcome", ("outcome",), registry=registry
    )
    for outcome, count in vitals.recent_attempts.items():
        attempts.labels(outcome).set(count)
    return registry

"""Counters and histograms of a worker process, served as Prometheus text on 127.0.0.1:PARLEY_METRICS_PORT (0: not)."""

from prometheus_client import Counter, Histogram, start_http_server

from app.errors import SetupError
from app.settings import Settings

CLAIMED = Counter("parley_claims_total", "Jobs claimed.", ["worker"])
HANDLED = Counter("parley_jobs_total", "Jobs ended, by outcome.", ["worker", "outcome"])
LOST = Counter("parley_leases_lost_total", "Jobs whose lease went to somebody else.", ["worker"])
DATABASE_ERRORS = Counter("parley_database_errors_total", "Times the database did not answer.", ["worker"])
SECONDS = Histogram(
    "parley_job_seconds", "From claim to recorded.", ["worker"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
DECISIONS = Counter("parley_decisions_total", "Decisions recorded, by action and intent.", ["action", "intent"])
DECIDE_SECONDS = Histogram(
    "parley_decide_seconds", "Time a decider took.", ["decider"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10),
)  # fmt: skip
WAITED = Histogram(
    "parley_wait_seconds", "From due to claimed, by this machine's clock.", ["worker"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)  # fmt: skip
VERDICTS = Counter(
    "parley_verdicts_total", "Messages judged by the moderator, by lane, decision and decider.",
    ["lane", "decision", "decider"],
)  # fmt: skip
OPINIONS = Counter("parley_second_opinions_total", "Models asked about a message, by outcome.", ["outcome"])
DISPATCHES = Counter("parley_dispatches_total", "Dispatch attempts, by channel and outcome.", ["channel", "outcome"])
POLLED = Counter("parley_polled_total", "Messages read by polling receivers, by result.", ["provider", "result"])
WEBHOOKS = Counter("parley_webhooks_total", "Calls of providers read, by outcome.", ["provider", "outcome"])
RECEIVED = Counter("parley_mails_total", "Mails taken or refused by the receiver, by result.", ["result"])


def serve(settings: Settings) -> None:
    """Start the metrics server when a port is set. Raises SetupError when the port is not to be had."""
    if not settings.metrics_port:
        return
    try:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    except OSError as error:
        raise SetupError(
            f"port {settings.metrics_port} for metrics cannot be had ({error.strerror})",
            remedy="set PARLEY_METRICS_PORT",
        ) from error

"""What the documentation shows of metrics and logs, run with the libraries that it names."""

import io
import json
import logging
import logging.config
import re
import sys
import threading
from types import ModuleType

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GenAuthError
from django_genauth.signals import login_failed, login_succeeded, provider_asked
from tests.support.grantees import a_grant
from tests.support.pages import taken, values_of

pytestmark = pytest.mark.django_db

(PROMETHEUS,) = taken("python", "howto/metrics", "prometheus_client")
(OPENTELEMETRY,) = taken("python", "howto/metrics", "opentelemetry")
(STATE,) = taken("python", "howto/metrics", "state.bulkhead")
(FORMATTER,) = taken("python", "howto/logs", "class JsonFormatter")
(LOGGING,) = taken("python", "howto/logs", "LOGGING =")
(HEALTH,) = taken("python", "howto/health")
(HEALTH_ANSWER,) = taken("json", "howto/health")
(HEADER,) = taken("python", "howto/logs", "VISITOR_IP_HEADER")
(BAN,) = taken("ini", "howto/logs")
(LINES,) = taken("literal", "howto/logs")


@pytest.fixture
def listen(monkeypatch):
    """Lend a way to have the receivers of an example, until the test is over."""
    for signal in (login_failed, login_succeeded, provider_asked):
        monkeypatch.setattr(signal, "receivers", [*signal.receivers])
        signal.sender_receivers_cache.clear()
    # A signal holds no receiver by itself.
    held = []
    yield lambda block: held.append(values_of(block))
    for names in held:
        for name in ("LOGINS", "ASKED"):
            if name in names:
                REGISTRY.unregister(names[name])


def sign_in_and_fail(visitor):
    """Sign in, and be refused once."""
    visitor.sign_in()
    visitor.sign_in(error="access_denied", code=None)


def test_prometheus_counts_logins_and_times_requests(visitor, listen):
    listen(PROMETHEUS)

    sign_in_and_fail(visitor)

    text = generate_latest(REGISTRY).decode()
    assert 'genauth_logins_total{app="default",outcome="succeeded"} 1.0' in text
    assert 'genauth_logins_total{app="default",outcome="access_denied"} 1.0' in text
    assert (
        'genauth_provider_seconds_count{app="default",endpoint="token_endpoint",outcome="200"} 1.0'
        in text
    )


@pytest.fixture
def telemetry(monkeypatch):
    """Collect what OpenTelemetry is told, in memory."""
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    meters, tracers = MeterProvider([reader]), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(metrics, "get_meter", meters.get_meter)
    monkeypatch.setattr(trace, "get_tracer", tracers.get_tracer)
    yield reader, spans
    meters.shutdown()
    tracers.shutdown()


def points(reader):
    """Return name, attributes and count of each point."""
    return [
        (metric.name, dict(point.attributes), getattr(point, "value", None) or point.count)
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]


def test_opentelemetry_counts_logins_and_times_requests(visitor, telemetry, listen):
    listen(OPENTELEMETRY)

    sign_in_and_fail(visitor)

    told = points(telemetry[0])
    assert ("genauth.logins", {"app": "default", "outcome": "succeeded"}, 1) in told
    assert ("genauth.logins", {"app": "default", "outcome": "access_denied"}, 1) in told
    token = {"app": "default", "endpoint": "token_endpoint", "outcome": "200"}
    assert ("genauth.provider.duration", token, 1) in told


def test_a_request_to_the_provider_is_a_span_inside_that_of_the_page(visitor, telemetry, listen):
    listen(OPENTELEMETRY)
    tracer = trace.get_tracer("the site")

    with tracer.start_as_current_span("the page") as page:
        visitor.sign_in()

    spans = {span.name: span for span in telemetry[1].get_finished_spans()}
    token = spans["genauth token_endpoint"]
    assert token.parent.span_id == page.get_span_context().span_id
    assert 0 < token.end_time - token.start_time < 5_000_000_000


def test_the_state_can_be_asked_for_at_any_moment(visitor):
    visitor.sign_in()

    names = values_of(STATE)

    assert names["state"].last_request.endpoint == "jwks_uri"
    assert names["state"].bulkhead.under_way == 0


@pytest.fixture
def log(monkeypatch):
    """Log as the page shows, and return what was written."""
    stream = io.StringIO()
    module = ModuleType("logs")
    vars(module).update(values_of(FORMATTER))
    monkeypatch.setitem(sys.modules, "logs", module)
    monkeypatch.setattr(sys, "stderr", stream)
    logging.config.dictConfig(values_of(LOGGING)["LOGGING"])
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger = logging.getLogger("django_genauth")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def test_each_line_is_an_object_with_the_fields(visitor, log):
    sign_in_and_fail(visitor)

    signed_in, refused = log()
    assert (signed_in["event"], signed_in["level"]) == ("login_succeeded", "INFO")
    assert (refused["event"], refused["code"]) == ("login_refused", "access_denied")
    assert (refused["app"], refused["ip"], refused["user"]) == ("default", "127.0.0.1", None)
    assert re.fullmatch(r"\w{8}", refused["reference"])


def test_the_address_is_what_the_proxy_says(visitor, app, settings, caplog):
    values_of(HEADER, GENAUTH=settings.GENAUTH)

    visitor.client.get("/genauth/callback/", headers={"X-Forwarded-For": "9.9.9.9, 203.0.113.9"})

    assert caplog.records[0].ip == "203.0.113.9"


def failregex():
    """Return the expression of the filter; fail2ban puts one for addresses in."""
    (line,) = [line for line in BAN.text.splitlines() if line.startswith("failregex")]
    return line.partition(" = ")[2].replace("<ADDR>", r"(?P<ip>[0-9a-f.:]+)")


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
def test_a_made_up_callback_is_banned(visitor, app, caplog, address):
    app["VISITOR_IP_HEADER"] = "X-Real-IP"

    visitor.client.get("/genauth/callback/?state=x&code=y", headers={"X-Real-IP": address})

    assert re.search(failregex(), caplog.messages[0])["ip"] == address


def test_a_provider_that_is_out_of_order_bans_nobody(visitor, caplog):
    visitor.provider.lie("token", status=503)

    visitor.sign_in()

    assert caplog.messages[0].startswith("Sign-in refused: ")
    assert not re.search(failregex(), caplog.messages[0])


def shape(line):
    """Return a line without its values, nor the detail behind them."""
    words = re.match(r"([^:]+:(?: \w+=\S+)+)", line).group(1).rstrip(":")
    return re.sub(r"=\S+", "=", words)


def refresh_in_vain(grant, provider, **lie):
    """Refresh a grant while the provider says something else."""
    provider.lie("token", **lie)
    Grant.objects.update(retry_at=None)
    with pytest.raises(GenAuthError):
        grants.refresh(grant)


def test_lines_look_as_they_are_shown(visitor, caplog):
    caplog.set_level(logging.INFO, logger="django_genauth")
    grant = a_grant(visitor.provider)

    sign_in_and_fail(visitor)
    refresh_in_vain(grant, visitor.provider, status=503)
    refresh_in_vain(grant, visitor.provider, status=400, body=b'{"error": "invalid_grant"}')

    shown = [shape(line) for line in LINES.text.strip().splitlines()]
    assert [shape(line) for line in caplog.messages] == shown[:-2]


def test_a_session_without_a_grant_ends_with_the_line_that_is_shown(
    visitor, app, session_middleware, caplog
):
    app["SESSION_POLICY"] = "refresh"
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    Grant.objects.update(state="ended", token_set=None)

    visitor.client.get("/members/")

    assert caplog.messages == [LINES.text.strip().splitlines()[-2]]


def kinds(value):
    """Return an answer with the kinds of its values in place of them."""
    if isinstance(value, dict):
        return {name: kinds(each) for name, each in value.items()}
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else "other"


def test_the_health_page_answers_as_it_is_shown(visitor, app, settings):
    app["TIMEOUT"] = 0.2
    values_of(HEALTH, GENAUTH=settings.GENAUTH)
    visitor.sign_in()
    visitor.provider.lie("discovery", until=threading.Event())

    response = visitor.client.get("/genauth/health/")

    shown = json.loads(HEALTH_ANSWER.text)
    assert kinds(response.json()) == kinds(shown)
    assert response.json()["provider"]["code"] == shown["provider"]["code"]

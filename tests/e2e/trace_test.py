# SPDX-License-Identifier: Apache-2.0
"""A job's trace across all services: as files of other programs' formats, and in the logs."""

import json
import re

import numpy as np
import pytest

from corpus_case import load_case
from waiting import wait_until

HEX = re.compile(r"^[0-9a-f]+$")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture(scope="module")
def traced(make_shared_cluster):
    """A cluster that has run one job, which belongs to a trace from outside."""
    cluster = make_shared_cluster().start()
    cluster.make_device()
    case = load_case("dot_matmul")
    owner = cluster.client("hospital-a")
    both = cluster.policy("both", recipients=["hospital-a", "hospital-b"])
    names = cluster.push_case(case, "traced", ["hospital-a"], {"hospital-a": both})
    owner.spud(*owner.job(case.program, names, ["hospital-b"], "traced"), "--wait", "--traceparent", TRACEPARENT)
    cluster.names = names
    return cluster


def trace_of(cluster, job, form, party="hospital-a"):
    return cluster.client(party).spud("job", "trace", job, "--format", form).json


# ---- OpenTelemetry: opentelemetry-proto's TracesData in its JSON encoding

OTLP_SPAN = {
    "traceId", "spanId", "traceState", "parentSpanId", "flags", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
    "attributes", "droppedAttributesCount", "events", "droppedEventsCount", "links", "droppedLinksCount", "status",
}  # fmt: skip
VALUES = {"stringValue": str, "intValue": str, "doubleValue": float, "boolValue": bool}


def check_attributes(attributes):
    keys = [attribute["key"] for attribute in attributes]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    for attribute in attributes:
        assert set(attribute) == {"key", "value"}
        ((kind, value),) = attribute["value"].items()
        assert isinstance(value, VALUES[kind]), attribute
        if kind == "intValue":
            assert -(2**63) <= int(value) < 2**63


def otlp_spans(data):
    """All spans, with the service.name that they are under; whatever the format forbids is an error."""
    assert set(data) == {"resourceSpans"}
    found = []
    for resource in data["resourceSpans"]:
        assert set(resource) <= {"resource", "scopeSpans", "schemaUrl"}
        check_attributes(resource["resource"]["attributes"])
        of = {a["key"]: a["value"].get("stringValue") for a in resource["resource"]["attributes"]}
        for scope in resource["scopeSpans"]:
            assert set(scope) <= {"scope", "spans", "schemaUrl"}
            assert set(scope["scope"]) <= {"name", "version", "attributes", "droppedAttributesCount"}
            for span in scope["spans"]:
                assert set(span) <= OTLP_SPAN, set(span) - OTLP_SPAN
                assert len(span["traceId"]) == 32 and HEX.match(span["traceId"])
                assert len(span["spanId"]) == 16 and HEX.match(span["spanId"])
                assert span["name"] and span["kind"] in range(6)
                assert isinstance(span["startTimeUnixNano"], str) and isinstance(span["endTimeUnixNano"], str)
                assert 10**18 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) < 2**64
                assert set(span["status"]) <= {"code", "message"} and span["status"].get("code", 0) in (0, 1, 2)
                check_attributes(span["attributes"])
                found.append((of, span))
    return found


def test_otlp_is_as_its_specification_has_it(traced):
    spans = otlp_spans(trace_of(traced, "traced", "otlp"))
    assert {span["traceId"] for _, span in spans} == {TRACE}, "one trace across all parties"
    ids = [span["spanId"] for _, span in spans]
    assert len(ids) == len(set(ids))
    roots = [span for _, span in spans if span.get("parentSpanId") not in ids]
    assert [root["name"] for root in roots] == ["job traced"]
    assert roots[0]["parentSpanId"] == SPAN, "under the span from outside"
    services = {(of["service.name"], of["spud.party"]) for of, _ in spans}
    assert services == {
        ("spud-scheduler", "operator"),
        ("spud-node", "alice"),
        ("spud-node", "bob"),
        ("spud-dealer", "carol"),
    }


def test_children_lie_within_their_parents(traced):
    """All services are on one machine, so nothing but roundings moves a span."""
    spans = {span["spanId"]: span for _, span in otlp_spans(trace_of(traced, "traced", "otlp"))}
    slack = 5_000_000  # the job itself is known by the millisecond
    for span in spans.values():
        parent = spans.get(span.get("parentSpanId"))
        # A dealer goes on while the step in which it was asked is over.
        if parent is None or parent["name"] == "tape":
            continue
        assert int(span["startTimeUnixNano"]) >= int(parent["startTimeUnixNano"]) - slack, (span, parent)
        assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"]) + slack, (span, parent)


def test_instructions_stand_under_the_run(traced):
    spans = [span for of, span in otlp_spans(trace_of(traced, "traced", "otlp")) if of["spud.party"] == "alice"]
    (run,) = [span for span in spans if span["name"] == "running"]
    dots = [span for span in spans if span["name"] == "dot"]
    assert dots and all(span["parentSpanId"] == run["spanId"] for span in dots)
    figures = {a["key"]: a["value"] for a in dots[0]["attributes"]}
    assert int(figures["spud.rounds"]["intValue"]) > 0
    assert int(figures["spud.computing_nanos"]["intValue"]) > 0


# ---- Chrome's trace event format


def test_chrome_events_are_as_their_specification_has_them(traced):
    data = trace_of(traced, "traced", "chrome")
    assert data["displayTimeUnit"] in ("ms", "ns")
    assert data["otherData"]["trace_id"] == TRACE and data["otherData"]["missing"] == []
    processes, complete = {}, []
    for event in data["traceEvents"]:
        assert {"name", "ph", "pid", "tid"} <= set(event)
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "process_sort_index", "thread_name", "thread_sort_index")
            if event["name"] == "process_name":
                processes[event["pid"]] = event["args"]["name"]
        else:
            assert event["ph"] == "X" and event["cat"] in ("step", "instruction")
            assert isinstance(event["ts"], int) and isinstance(event["dur"], int) and event["dur"] >= 0
            assert event["args"]["trace_id"] == TRACE
            complete.append(event)
    assert sorted(processes.values()) == [
        "dealer carol (carol)",
        "node alice (alice)",
        "node bob (bob)",
        "scheduler scheduler (operator)",
    ]
    ids = {event["args"]["span_id"] for event in complete}
    parents = {event["args"]["parent_span_id"] for event in complete if "parent_span_id" in event["args"]}
    assert parents - ids == {SPAN}
    assert_nested(complete)


def assert_nested(events):
    """Two events of one thread are apart, or one holds the other: what viewers draw."""
    lanes = {}
    for event in events:
        lanes.setdefault((event["pid"], event["tid"]), []).append((event["ts"], event["ts"] + event["dur"]))
    for lane, spans in lanes.items():
        open_ends = []
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            while open_ends and open_ends[-1] <= start:
                open_ends.pop()
            assert not open_ends or end <= open_ends[-1], f"{lane}: {start} to {end} overlaps"
            open_ends.append(end)


def test_the_recipient_may_look_and_others_may_not(traced):
    assert trace_of(traced, "traced", "chrome", "hospital-b")["otherData"]["job"] == "traced"
    refused = traced.client("hospital-c").spud("job", "trace", "traced", expect=1)
    assert "there is no job 'traced' that hospital-c may see" in refused.problem


# ---- ids


def test_a_repetition_with_another_trace_is_the_same_job(traced):
    owner = traced.client("hospital-a")
    case = load_case("dot_matmul")
    other = TRACEPARENT.replace("4bf9", "ffff")
    owner.spud(*owner.job(case.program, traced.names, ["hospital-b"], "traced"), "--traceparent", other)
    assert owner.show("traced")["trace"] == TRACE


def test_the_environment_names_a_trace_and_what_makes_no_sense_there_does_not_matter(traced, monkeypatch):
    owner = traced.client("hospital-a")
    case = load_case("dot_matmul")
    outside = TRACEPARENT.replace("4bf9", "abcd")
    monkeypatch.setenv("TRACEPARENT", outside)
    owner.submit(case.program, traced.names, ["hospital-b"], "from-outside")
    assert owner.show("from-outside")["trace"] == outside.split("-")[1]
    monkeypatch.setenv("TRACEPARENT", "00-nonsense")
    owner.submit(case.program, traced.names, ["hospital-b"], "of-its-own")
    own = owner.show("of-its-own")["trace"]
    assert len(own) == 32 and own not in (TRACE, outside.split("-")[1])
    job = owner.job(case.program, traced.names, ["hospital-b"], "refused")
    refused = owner.spud(*job, "--traceparent", "00-nonsense", expect=2)
    assert "--traceparent" in refused.problem


# ---- logs


def test_logs_of_all_services_follow_a_job_by_its_trace(traced):
    def lines(service):
        return [line for line in traced[service].log_lines() if line.get("trace") == TRACE]

    said = {service: lines(service) for service in ("scheduler", "alice", "bob", "carol")}
    for service, found in said.items():
        assert found, f"nothing of the trace at {service}"
        for line in found:
            assert line["job"] == "traced" and line["name"] == service, line
            assert line["own_party"] == ("operator" if service == "scheduler" else service)
            # The submission comes before any attempt.
            assert line.get("attempt", 1) == 1 and ("attempt" in line or line["message"] == "job submitted")
    messages = {service: {line["message"] for line in found} for service, found in said.items()}
    assert {"job submitted", "attempt begins", "correlations", "attempt done"} <= messages["scheduler"]
    assert {"preparing", "attempt done"} <= messages["alice"] & messages["bob"]
    assert "dealing" in messages["carol"]


def test_no_line_about_a_job_is_without_its_trace(traced):
    for service in ("scheduler", "alice", "bob", "carol"):
        bare = [
            line
            for line in traced[service].log_lines()
            if "job" in line and "trace" not in line
            # Names the job that somebody asks about, of which the door knows no more.
            and line["message"] != "request"
        ]
        assert not bare, f"{service}: {bare}"


def test_a_failed_job_names_in_its_trace_what_its_log_lines_name(cluster):
    case = load_case("dot_matmul")
    owner = cluster.client("hospital-a")
    names = cluster.push_case(case, "failing", ["hospital-a"])
    owner.spud("program", "push", case.program, "--device", "demo")
    cluster["bob"].kill()
    job = owner.job(case.digest, names, ["hospital-a"], "failing")
    owner.spud(*job, "--retries", "0", "--deadline", "5s", "--wait", expect=1)
    trace = owner.show("failing")["trace"]
    spans = otlp_spans(trace_of(cluster, "failing", "otlp"))
    assert {span["traceId"] for _, span in spans} == {trace}
    (root,) = [span for _, span in spans if span["name"] == "job failing"]
    assert root["status"]["code"] == 2 and root["status"]["message"]
    said = wait_until(
        lambda: [line for line in cluster["scheduler"].log_lines() if line.get("trace") == trace], "log lines"
    )
    assert all(line["job"] == "failing" for line in said)

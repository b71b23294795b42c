#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard of the chart, helm/spud/dashboards/spud.json, from the list of panels below.

    scripts/dashboard.py [--check]     writes it, or says whether it is what it would write

Nothing in it belongs to one installation: data source, job, role and instance are variables. Needs no package.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "helm/spud/dashboards/spud.json"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
# Of what a panel shows: only services that were chosen.
CHOSEN = 'job=~"$job",instance=~"$instance"'
# A service that has been down for longer than the time shown is not among $instance, which what services publish is asked for.
UP = 'up{job=~"$job"}'


@dataclass
class Panel:
    """A title, what it means, the unit of Grafana, and queries with their legends. In a query {@} stands for the chosen services."""

    title: str
    description: str
    unit: str
    queries: dict  # legend -> expression
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    thresholds: tuple = ()  # (value, colour) beyond which a single value has that colour


def stat(title, description, unit, expression, *, good=(), bad=()):
    """A single value; `good`: green from there, red below; `bad`: red from there."""
    thresholds = ((None, "red"), (good, "green")) if good != () else ((None, "green"), (bad, "red")) if bad != () else ((None, "text"),)
    return Panel(title, description, unit, {"": expression}, kind="stat", width=4, thresholds=thresholds)


def of_most(expression, ranked):
    """Of an expression's series the ten for which `ranked` is largest over the time shown; topk alone takes others at each point."""
    return f"{expression} and topk(10, {ranked})"


def quantiles(series):
    which = {"median": 0.5, "95 %": 0.95, "99 %": 0.99}
    return {name: f"histogram_quantile({q}, sum by (le) (rate({series}[$__rate_interval])))" for name, q in which.items()}


OVERVIEW = [
    stat("Services up", "Services of the chosen jobs that answered the last scrape, of whatever role. Fewer than usual: SpudServiceDown in the runbook.", "none", f"sum({UP})", good=1),
    stat("Services down", "Services of the chosen jobs that Prometheus knows and that did not answer, however long ago they last did.", "none", f"sum(1 - {UP})", bad=1),
    stat("Alerts", "Alerts of spud that fire now, of all services.", "none", 'count(ALERTS{alertname=~"Spud.+",alertstate="firing"}) or vector(0)', bad=1),
    stat("Nodes absent", "Nodes and dealers from which the scheduler has not heard for longer than registration_timeout.", "none", 'sum(spud_nodes{@,state="absent"})', bad=1),
    stat("Jobs that succeeded", "Of the jobs that ended in the time shown and that nobody cancelled.", "percentunit",
         'sum(increase(spud_jobs_total{@,outcome="done"}[$__range])) / sum(increase(spud_jobs_total{@,outcome!="cancelled"}[$__range]))', good=0.9),
    stat("Next certificate ends", "Time until the first of all certificates in use ends, authorities included. Row Security says when they are to be renewed.", "s",
         "min(spud_certificate_expiry_timestamp_seconds{@}) - time()"),
    Panel("Jobs by outcome", "Jobs that ended a second: done, or the code of the error with which their last attempt failed.", "ops",
          {"{{outcome}}": "sum by (outcome) (rate(spud_jobs_total{@}[$__rate_interval])) > 0"}, width=12, stacked=True),
    Panel("Jobs running and waiting", "Jobs with an attempt under way, and jobs that wait for their first or next one.", "none",
          {"running": "sum(spud_jobs_running{@})", "waiting": "sum(spud_jobs_waiting{@})"}, width=12),
]  # fmt: skip

JOBS = [
    Panel("Wait for the first attempt", "From submission to the first attempt: slots, memory, tapes or nodes that were short. Longest: of those that wait now, since they were submitted or their last attempt failed.", "s",
          quantiles("spud_job_wait_seconds_bucket{@}") | {"longest": "max(spud_longest_wait_seconds{@})"}),
    Panel("Duration of jobs", "From submission to the end of jobs that are done, waiting and retries included.", "s", quantiles('spud_job_duration_seconds_bucket{@,outcome="done"}')),
    Panel("Attempts by phase", "Seconds that attempts spent in each phase, a second. A phase's time is added when it ends: a long one is a peak there. Compiling is within preparing.", "none",
          {"{{phase}}": 'sum by (phase) (rate(spud_attempt_phase_seconds_sum{@,phase!="compiling"}[$__rate_interval]))'}, stacked=True),
    Panel("Attempts that ended", "A second, at all nodes: an attempt of a device with two nodes counts twice. Refused: by policy, or for want of a slot or data, before it began.", "ops",
          {"{{outcome}}": "sum by (outcome) (rate(spud_attempts_total{@}[$__rate_interval]))", "refused": "sum(rate(spud_attempts_refused_total{@}[$__rate_interval]))"}, stacked=True),
    Panel("Attempts running", "By node; a node takes as many as it has slots.", "none", {"{{instance}}": "spud_attempts_running{@}"}),
    Panel("Retries", "Attempts a second that failed and were followed by another of the same job.", "ops", {"retries": "sum(rate(spud_job_retries_total{@}[$__rate_interval]))"}),
]  # fmt: skip

LINKS = [
    Panel("Rounds", "Rounds of messages between the nodes of a device, a second and node.", "ops", {"{{instance}}": "rate(spud_rounds_total{@}[$__rate_interval])"}),
    Panel("Bytes sent by kind", "Sessions are the links of attempts, tapes go to and from dealers, requests are all else.", "Bps",
          {"{{kind}}": "sum by (kind) (rate(spud_sent_bytes_total{@}[$__rate_interval]))"}, stacked=True),
    Panel("Bytes received by peer", "From whom they came, over all services.", "Bps", {"{{peer}}": "sum by (peer) (rate(spud_received_bytes_total{@}[$__rate_interval]))"}, stacked=True),
    Panel("Round trip", "To each peer that is up, the least that the operating system has measured in the last minutes. A round of a job takes one, and what the peer computes.", "s", {"{{instance}} to {{peer}}": "spud_peer_round_trip_seconds{@}"}),
    Panel("Waiting for peers", "Seconds a second in which rounds waited for this peer's message after our own had left. Who computes longer is waited for.", "none",
          {"{{instance}} for {{peer}}": "rate(spud_link_wait_seconds_total{@}[$__rate_interval])"}),
    Panel("Waiting a round", "Of the above, what one round waited for this peer on average.", "s",
          {"{{instance}} for {{peer}}": "rate(spud_link_wait_seconds_total{@}[$__rate_interval]) / rate(spud_link_rounds_total{@}[$__rate_interval])"}),
    Panel("Peers that do not answer", "How many services miss each peer. One that all miss is down; one that one misses has a bad way to it.", "none",
          {"{{peer}}": "sum by (peer) (1 - spud_peer_up{@}) > 0"}),
    Panel("Connections", "That each service has accepted and that are open.", "none", {"{{instance}}": "spud_connections{@}"}),
]  # fmt: skip

OPERATIONS = [
    Panel("Time by operation", "Seconds that threads computed for each operation of plans, a second; the ten that took most in the time shown. Added when an attempt's run is over. Waiting for peers is not in it.", "none",
          {"{{operation}}": of_most("sum by (operation) (rate(spud_operation_seconds_total{@}[$__rate_interval]))", "sum by (operation) (increase(spud_operation_seconds_total{@}[$__range] @ end()))")}, width=12, stacked=True),
    Panel("Operations executed", "A second, each turn of a loop anew; the ten most frequent in the time shown. Added when an attempt's run is over.", "ops",
          {"{{operation}}": of_most("sum by (operation) (rate(spud_operations_total{@}[$__rate_interval]))", "sum by (operation) (increase(spud_operations_total{@}[$__range] @ end()))")}, width=12),
]  # fmt: skip

STOCK = [
    Panel("Stock ready", "Tapes that every node of their device holds, by device and plan, and how many there are to be.", "none",
          {"{{device}} {{plan}}": "sum by (device, plan) (spud_stock_ready{@})", "{{device}} {{plan}}, target": "sum by (device, plan) (spud_stock_target{@})"}),
    Panel("Stock below its target for", "By device and plan; 0 if there is enough.", "s", {"{{device}} {{plan}}": "max by (device, plan) (spud_stock_lag_seconds{@})"}),
    Panel("Jobs that wait for a tape", "By device and plan: they take stock only, and there is none.", "none", {"{{device}} {{plan}}": "sum by (device, plan) (spud_stock_waiting{@})"}),
    Panel("Tapes by state", "At all nodes; burnt ones are kept as a name only.", "none", {"{{state}}": 'sum by (state) (spud_tapes{@,state!="burnt"})'}, stacked=True),
    Panel("Tapes made, failed and burnt", "A second. Burnt: used by an attempt, or thrown away because nobody may use them any more.", "ops",
          {"made": "sum(rate(spud_stock_made_total{@}[$__rate_interval]))", "failed": "sum(rate(spud_stock_failed_total{@}[$__rate_interval]))",
           "burnt": "sum(rate(spud_tapes_burnt_total{@}[$__rate_interval]))"}),
    Panel("Correlations", "Bytes a second that dealers deal and that attempts use, live ones and those of stock.", "Bps",
          {"dealt": "sum(rate(spud_dealt_tape_bytes_total{@}[$__rate_interval]))", "used": "sum(rate(spud_used_tape_bytes_total{@}[$__rate_interval]))"}),
    Panel("Bytes of stock", "What tapes take on each node's disk, of stock.bytes.", "bytes", {"{{instance}}": "spud_stock_bytes{@}"}),
]  # fmt: skip

STORES = [
    Panel("Free disk", "What the disk of each store has left. Below store.min_free_bytes (256 MiB) work is refused.", "bytes", {"{{instance}}": "spud_store_free_bytes{@}"}),
    Panel("Bytes by family", "What the stores of all services hold, by what it is.", "bytes", {"{{family}}": "sum by (family) (spud_store_bytes{@}) > 0"}, stacked=True),
    Panel("Synced writes", "How long a write takes that must be on disk before it counts; a job needs some twenty.", "s", quantiles("spud_store_sync_seconds_bucket{@}")),
    Panel("Stalls", "How often a second writes were held back because the database could not keep up.", "ops", {"{{instance}}": "rate(spud_store_stalls_total{@}[$__rate_interval])"}),
    Panel("Stores that failed", "1: a write failed, and nothing more is written until the service is restarted.", "none", {"{{instance}}": "spud_store_failed{@}"}),
    Panel("Uploads", "Bytes of shares, programs and public inputs that nodes receive.", "Bps", {"{{instance}}": "rate(spud_upload_bytes_total{@}[$__rate_interval])"}),
    Panel("Datasets", "Whose shares each node holds.", "none", {"{{instance}}": "spud_datasets{@}"}),
    Panel("Uploads that ended", "A second: committed, aborted by their client, or expired because it never came back.", "ops",
          {"{{outcome}}": "sum by (outcome) (rate(spud_uploads_total{@}[$__rate_interval]))"}, stacked=True),
]  # fmt: skip

SECURITY = [
    Panel("Handshakes that fail", "TLS handshakes a second, by the side that this service was on. What does not speak TLS is among those of servers.", "ops",
          {"{{instance}} as {{side}}": 'rate(spud_tls_handshakes_total{@,outcome="failed"}[$__rate_interval])'}),
    Panel("Connections refused", "Before any request, by reason: too many, no thread or memory, a handshake that failed, or a caller that hung up without a word, as probes do.", "ops",
          {"{{reason}}": "sum by (reason) (rate(spud_refused_connections_total{@}[$__rate_interval]))"}),
    Panel("Frames refused", "That broke the protocol and ended their connection: another version, a defect, or a party that deviates.", "ops",
          {"{{instance}}, {{reason}}": "rate(spud_refused_frames_total{@}[$__rate_interval])"}),
    Panel("Decisions", "Of nodes about policies, data and attempts that are in their audit logs, a second.", "ops",
          {"{{outcome}}": "sum by (outcome) (rate(spud_policy_decisions_total{@}[$__rate_interval]))"}, stacked=True),
    Panel("Audit failures", "Decisions that did not take effect because they could not be written down. Must be 0.", "none", {"{{instance}}": "increase(spud_audit_failures_total{@}[$__rate_interval])"}),
    Panel("Reloads", "Changed certificates, bundles and configurations that running services took, or refused, which is counted at every look.", "none",
          {"{{instance}}, {{outcome}}": "increase(spud_reloads_total{@}[$__rate_interval])"}),
    Panel("Reloads refused", "1: what lies on the disk of this service, as it looked last, is wrong, and it goes on with what it had. SpudReloadsRefused in the runbook.", "none",
          {"{{instance}}": "spud_reload_refused{@}"}),
    Panel("Certificates end in", "Time left of each certificate that a service uses: its own, and the authorities in its bundles.", "s",
          {"{{certificate}}": "min by (certificate) (spud_certificate_expiry_timestamp_seconds{@}) - time()"},
          kind="bargauge", thresholds=((None, "blue"),)),
    Panel("Certificates are to be renewed in", "Time until each certificate should be replaced, thirty days before its end or a third of its time if that is less. Below zero: SpudCertificateExpires in the runbook.", "s",
          {"{{certificate}}": "min by (certificate) (spud_certificate_renewal_timestamp_seconds{@}) - time()"},
          kind="bargauge", thresholds=((None, "red"), (0, "green"))),
]  # fmt: skip

PROCESSES = [
    Panel("CPU", "Cores that each process uses.", "none", {"{{instance}}": "rate(process_cpu_seconds_total{@}[$__rate_interval])"}),
    Panel("Memory", "Resident memory of each process.", "bytes", {"{{instance}}": "process_resident_memory_bytes{@}"}),
    Panel("Memory of the limit", "Resident memory of each process, of what its container or machine has. From nine tenths: SpudMemoryNearLimit in the runbook.", "percentunit",
          {"{{instance}}": "process_resident_memory_bytes{@} / spud_process_memory_limit_bytes{@}"}),
    Panel("Memory reserved for attempts", "Of what each node gives to attempts, by their plans' estimates. Jobs that do not fit wait.", "percentunit",
          {"{{instance}}": "spud_memory_reserved_bytes{@} / (spud_memory_limit_bytes{@} > 0)"}),
    Panel("Descriptors", "Open files and connections, of those that each process may open.", "percentunit", {"{{instance}}": "process_open_fds{@} / process_max_fds{@}"}),
    Panel("Mailboxes", "Messages that wait for each kind of actor; the ten that were deepest in the time shown.", "none",
          {"{{instance}}, {{actor}}": of_most("spud_mailbox_depth{@}", "max_over_time(spud_mailbox_depth{@}[$__range] @ end())")}),
    Panel("Actors that failed", "Ended by an error of their own, or could not be started, in the time between two points.", "none",
          {"{{instance}}, {{actor}}": "increase(spud_actor_failures_total{@}[$__rate_interval]) > 0"}),
    Panel("Uptime", "Since the start of each process.", "s", {"{{instance}}": "time() - process_start_time_seconds{@}"}),
    Panel("Versions", "Services by version and role. Two versions for long: SpudVersionsDiffer in the runbook.", "none",
          {"{{version}}, {{role}}": "count by (version, role) (spud_build_info{@})"}, kind="bargauge", thresholds=((None, "blue"),)),
]  # fmt: skip

ROWS = {
    "Overview": OVERVIEW,
    "Jobs": JOBS,
    "Links": LINKS,
    "Operations": OPERATIONS,
    "Correlations and stock": STOCK,
    "Stores and disks": STORES,
    "Security": SECURITY,
    "Processes": PROCESSES,
}


def panel_json(panel, number, place):
    defaults = {"unit": panel.unit}
    if panel.kind == "timeseries":
        custom = {"fillOpacity": 20 if panel.stacked else 0, "lineWidth": 1, "showPoints": "never", "spanNulls": False}
        custom["stacking"] = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        defaults |= {"custom": custom, "min": 0, "color": {"mode": "palette-classic"}}
        options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}, "tooltip": {"mode": "multi", "sort": "desc"}}
    else:
        steps = [{"value": value, "color": colour} for value, colour in panel.thresholds]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
        options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto"}
        options |= {"graphMode": "none", "colorMode": "value"} if panel.kind == "stat" else {"displayMode": "basic", "orientation": "horizontal"}
    targets = [
        {
            "refId": chr(ord("A") + i),
            "datasource": DATASOURCE,
            "expr": expression.replace("{@", "{" + CHOSEN),
            "legendFormat": legend or "__auto",
            "range": panel.kind == "timeseries",
            "instant": panel.kind != "timeseries",
        }
        for i, (legend, expression) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": targets,
    }


def variable(name, label, query, refresh=2):
    """A list of a label's values, several of which may be chosen."""
    return {
        "name": name, "label": label, "type": "query", "datasource": DATASOURCE, "query": {"query": query, "refId": name}, "definition": query,
        "refresh": refresh, "multi": True, "includeAll": True, "current": {"text": ["All"], "value": ["$__all"]}, "sort": 1,
    }  # fmt: skip


def variables():
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1, "current": {}},
        variable("job", "Job", "label_values(spud_build_info, job)"),
        variable("role", "Role", 'label_values(spud_build_info{job=~"$job"}, role)'),
        # All means all of the roles that were chosen, so there is no value of its own for it.
        variable("instance", "Instance", 'label_values(spud_build_info{job=~"$job",role=~"$role"}, instance)'),
    ]


def dashboard():
    panels, top = [], 0
    for title, row in ROWS.items():
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1}})
        top, left, height = top + 1, 0, 0
        for panel in row:
            if left + panel.width > COLUMNS:
                top, left = top + height, 0
            height = 4 if panel.kind == "stat" else 8
            panels.append(panel_json(panel, len(panels) + 1, {"x": left, "y": top, "w": panel.width, "h": height}))
            left += panel.width
        top += height
    return {
        "uid": "spud",
        "title": "spud",
        "description": "Services of spud that one Prometheus sees: jobs, links, correlations, stores, security, processes.",
        "tags": ["spud"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": variables()},
        "panels": panels,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the file is not up to date")
    options = parser.parse_args()
    text = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    if options.check:
        fresh = OUT.exists() and OUT.read_text() == text
        if not fresh:
            print(f"dashboard: {OUT} is not up to date: run scripts/dashboard.py", file=sys.stderr)
        return int(not fresh)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

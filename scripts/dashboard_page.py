#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One page of the dashboard as a picture: asks a Prometheus for panels of helm/spud/dashboards/spud.json and draws them, without Grafana.

    scripts/dashboard_page.py --prometheus http://127.0.0.1:9090 --seconds 600 --out docs/images/dashboard.svg

The picture in the README is of a demo that was watched (scripts/demo.sh --observe --keep) while jobs ran. Needs no package.
"""

import argparse
import json
import math
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html import escape
from pathlib import Path

DASHBOARD = Path(__file__).resolve().parents[1] / "helm/spud/dashboards/spud.json"
# What is on the page: single values first, then charts, three in a row.
STATS = ["Services up", "Alerts", "Jobs that succeeded", "Next certificate ends"]
CHARTS = ["Jobs by outcome", "Jobs running and waiting", "Duration of jobs", "Attempts by phase", "Rounds", "Bytes sent by kind", "Round trip",
          "Waiting for peers", "Time by operation", "Stock ready", "Synced writes", "CPU"]  # fmt: skip

COLOURS = ["#2f6f9f", "#d9772b", "#3f8f5b", "#b0435a", "#7d63a8", "#b8932b", "#3e9aa8", "#777777", "#9a5b2c", "#5c6bc0"]
INK, FAINT, GRID = "#222222", "#666666", "#e2e2e2"
COLUMNS, WIDTH, HEIGHT, GAP = 3, 392, 236, 12
LEFT, TOP, PLOT_HEIGHT = 54, 34, 128  # of a plot within its chart
POINTS = 160
LEGENDS = 6


@dataclass
class Series:
    legend: str
    points: list  # (seconds since the epoch, value), in order


@dataclass
class Chart:
    title: str
    unit: str
    stacked: bool
    series: list


class Source:
    """The HTTP API of a Prometheus."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def ask(self, what, **parameters):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}", timeout=60) as answer:
            return json.loads(answer.read())["data"]["result"]


def filled_in(expression, rate_seconds, range_seconds):
    """What Grafana would do with its variables, all services chosen."""
    values = {"__rate_interval": f"{rate_seconds}s", "__range": f"{range_seconds}s"}
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], ".+"), expression)


def legend_of(template, labels):
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), template)


def ask_chart(source, panel, begin, end, rate_seconds):
    step = max(1, math.ceil((end - begin) / POINTS))
    series = []
    for target in panel["targets"]:
        expression = filled_in(target["expr"], rate_seconds, int(end - begin))
        for row in source.ask("query_range", query=expression, start=begin, end=end, step=step):
            points = [(float(at), float(value)) for at, value in row["values"]]
            series.append(Series(legend_of(target["legendFormat"], row["metric"]), [point for point in points if math.isfinite(point[1])]))
    series = sorted((one for one in series if one.points), key=lambda one: -sum(value for _, value in one.points))
    defaults = panel["fieldConfig"]["defaults"]
    return Chart(panel["title"], defaults["unit"], defaults["custom"]["stacking"]["mode"] == "normal", series)


def ask_stat(source, panel, begin, end, rate_seconds):
    rows = source.ask("query", query=filled_in(panel["targets"][0]["expr"], rate_seconds, int(end - begin)), time=end)
    value = float(rows[0]["value"][1]) if rows else math.nan
    return panel["title"], shown(value, panel["fieldConfig"]["defaults"]["unit"])


# ---- numbers for people


def digits(value):
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 0
    text = f"{value:.{min(places, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(value, units, factor):
    for unit in units[:-1]:
        if abs(value) < factor:
            return f"{digits(value)} {unit}"
        value /= factor
    return f"{digits(value)} {units[-1]}"


def shown(value, unit):
    """A value of one of the dashboard's units."""
    if not math.isfinite(value):
        return "–"
    if unit == "percentunit":
        return f"{digits(value * 100)} %"
    if unit == "bytes":
        return scaled(value, ["B", "KiB", "MiB", "GiB", "TiB"], 1024)
    if unit == "Bps":
        return scaled(value, ["B/s", "kB/s", "MB/s", "GB/s"], 1000)
    if unit == "s":
        for least, factor, name in ((172800, 86400, "d"), (7200, 3600, "h"), (120, 60, "min"), (1, 1, "s"), (1e-3, 1e-3, "ms")):
            if abs(value) >= least:
                return f"{digits(value / factor)} {name}"
        return f"{digits(value * 1e6)} µs" if value else "0 s"
    return digits(value) + ("/s" if unit == "ops" else "")


def axis(most):
    """From zero to a round number, and how far its lines are apart."""
    if most <= 0:
        return 1.0, 0.5
    step = 10 ** math.floor(math.log10(most))
    step *= next(times for times in (0.2, 0.25, 0.5, 1, 2, 2.5, 5) if most / (step * times) <= 4)
    return math.ceil(most / step - 1e-9) * step, step


# ---- drawing


def stack(series):
    """Each series on top of those before it; what is missing counts as zero."""
    times = sorted({at for one in series for at, _ in one.points})
    below = dict.fromkeys(times, 0.0)
    layers = []
    for one in series:
        values = dict(one.points)
        above = {at: below[at] + values.get(at, 0.0) for at in times}
        layers.append((one, [(at, below[at]) for at in times], [(at, above[at]) for at in times]))
        below = above
    return layers


def lines_of(points, gap):
    """Parts without a hole longer than `gap` seconds."""
    parts = []
    for point in points:
        if not parts or point[0] - parts[-1][-1][0] > gap:
            parts.append([])
        parts[-1].append(point)
    return parts


def draw_chart(chart, x0, y0, begin, end):
    out = [f'<text x="{x0 + 6}" y="{y0 + 18}" font-size="13" font-weight="600">{escape(chart.title)}</text>']
    shown_series = chart.series if chart.stacked else chart.series[:LEGENDS]
    layers = stack(shown_series) if chart.stacked else []
    values = [value for _, _, above in layers for _, value in above] if chart.stacked else [value for one in shown_series for _, value in one.points]
    most, line = axis(max(values, default=0))
    left, right, top, bottom = x0 + LEFT, x0 + WIDTH - 8, y0 + TOP, y0 + TOP + PLOT_HEIGHT

    def place(point):
        return f"{left + (point[0] - begin) / (end - begin) * (right - left):.1f},{bottom - point[1] / most * (bottom - top):.1f}"

    for i in range(round(most / line) + 1):
        y = bottom - i * line / most * (bottom - top)
        out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{GRID}"/>')
        out.append(f'<text x="{left - 5}" y="{y + 3.5:.1f}" font-size="10" fill="{FAINT}" text-anchor="end">{escape(shown(i * line, chart.unit))}</text>')
    minutes = (end - begin) / 60
    every = next(step for step in (0.5, 1, 2, 5, 10, 20, 60, 10**6) if minutes / step <= 6)
    for i in range(int(minutes / every) + 1):
        x = left + i * every / minutes * (right - left)
        anchor = "end" if x > right - 16 else "middle"
        out.append(f'<text x="{x:.1f}" y="{bottom + 14}" font-size="10" fill="{FAINT}" text-anchor="{anchor}">{i * every:g} min</text>')
    if not chart.series:
        out.append(f'<text x="{(left + right) / 2}" y="{(top + bottom) / 2}" font-size="11" fill="{FAINT}" text-anchor="middle">nothing in this time</text>')
    gap = 2.5 * (end - begin) / POINTS + 2
    for i, (one, below, above) in enumerate(layers):
        corners = " ".join([*map(place, above), *map(place, reversed(below))])
        out.append(f'<polygon points="{corners}" fill="{COLOURS[i % len(COLOURS)]}" fill-opacity="0.75"/>')
    for i, one in enumerate([] if chart.stacked else shown_series):
        for part in lines_of(one.points, gap):
            out.append(f'<polyline points="{" ".join(map(place, part))}" fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="1.4"/>')
    out += draw_legends(chart, x0, bottom + 30)
    return out


def draw_legends(chart, x0, y):
    """Two in a row, as many as fit; the rest is counted."""
    out = []
    for i, one in enumerate(chart.series[:LEGENDS]):
        x = x0 + 8 + (i % 2) * (WIDTH / 2 - 4)
        text = one.legend if len(one.legend) <= 30 else one.legend[:29] + "…"
        out.append(f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{COLOURS[i % len(COLOURS)]}"/>')
        out.append(f'<text x="{x + 13}" y="{y}" font-size="10">{escape(text)}</text>')
        y += 14 if i % 2 else 0
    if len(chart.series) > LEGENDS:
        out.append(f'<text x="{x0 + WIDTH - 8}" y="{y}" font-size="10" fill="{FAINT}" text-anchor="end">and {len(chart.series) - LEGENDS} more</text>')
    return out


def draw_page(stats, charts, begin, end):
    rows = math.ceil(len(charts) / COLUMNS)
    width, first = COLUMNS * (WIDTH + GAP) + GAP, 84
    height = first + rows * (HEIGHT + GAP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="Helvetica, Arial, sans-serif" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="#f4f5f6"/>',
    ]
    each = (width - GAP) / len(stats)
    for i, (title, value) in enumerate(stats):
        x = GAP + i * each
        out.append(f'<rect x="{x:.1f}" y="{GAP}" width="{each - GAP:.1f}" height="60" rx="3" fill="white"/>')
        out.append(f'<text x="{x + 8:.1f}" y="{GAP + 18}" font-size="12" fill="{FAINT}">{escape(title)}</text>')
        out.append(f'<text x="{x + 8:.1f}" y="{GAP + 47}" font-size="24" font-weight="600">{escape(value)}</text>')
    for i, chart in enumerate(charts):
        x, y = GAP + (i % COLUMNS) * (WIDTH + GAP), first + (i // COLUMNS) * (HEIGHT + GAP)
        out.append(f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="white"/>')
        out += draw_chart(chart, x, y, begin, end)
    return "\n".join([*out, "</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", required=True, help="where it is: http://HOST:PORT")
    parser.add_argument("--seconds", type=int, default=600, help="how much of the time until now")
    parser.add_argument("--rate", type=int, default=15, help="seconds over which rates are taken, four scrapes or more")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    panels = {panel["title"]: panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"}
    source, end = Source(options.prometheus), time.time()
    begin = end - options.seconds
    try:
        stats = [ask_stat(source, panels[title], begin, end, options.rate) for title in STATS]
        charts = [ask_chart(source, panels[title], begin, end, options.rate) for title in CHARTS]
    except (OSError, urllib.error.URLError) as error:
        print(f"dashboard_page: {options.prometheus}: {error}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(draw_page(stats, charts, begin, end))
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""The page that scripts/dashboard_page.py draws: numbers as people write them, lines where data is, names that cannot break it."""

import sys
import xml.etree.ElementTree

import pytest

from chart import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from dashboard_page import CHARTS, STATS, Chart, Series, axis, draw_page, filled_in, legend_of, lines_of, shown, stack  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (0, "none", "0"),
        (12, "none", "12"),
        (0.25, "ops", "0.25/s"),
        (0.995, "percentunit", "99.5 %"),
        (3 * 2**20, "bytes", "3 MiB"),
        (1500, "Bps", "1.5 kB/s"),
        (0.0000421, "s", "42.1 µs"),
        (0.25, "s", "250 ms"),
        (90, "s", "90 s"),
        (5400, "s", "90 min"),
        (30 * 86400, "s", "30 d"),
        (float("nan"), "s", "–"),
    ],
)
def test_numbers_are_written_for_people(value, unit, text):
    assert shown(value, unit) == text


@pytest.mark.parametrize("most, end", [(0, 1), (1, 1), (0.9, 1), (7, 8), (23, 30), (101, 150), (0.0031, 0.004)])
def test_an_axis_ends_at_a_round_number_and_has_few_lines(most, end):
    got, step = axis(most)
    assert got == pytest.approx(end) and got >= most and 1 <= round(got / step) <= 4


def test_queries_are_filled_in_as_grafana_does():
    assert filled_in('rate(a{job=~"$job",instance=~"$instance"}[$__rate_interval])', 15, 60) == 'rate(a{job=~".+",instance=~".+"}[15s])'
    assert filled_in("increase(a[$__range])", 15, 60) == "increase(a[60s])"
    assert legend_of("{{instance}} to {{peer}}", {"instance": "alice", "peer": "bob"}) == "alice to bob"


def test_stacked_series_add_up_and_what_is_missing_is_zero():
    layers = stack([Series("a", [(0, 1.0), (1, 2.0)]), Series("b", [(1, 3.0)])])
    assert [above for _, _, above in layers] == [[(0, 1.0), (1, 2.0)], [(0, 1.0), (1, 5.0)]]
    assert layers[1][1] == layers[0][2]


def test_a_line_ends_where_nothing_was_seen():
    assert lines_of([(0, 1), (1, 1), (9, 1)], gap=2) == [[(0, 1), (1, 1)], [(9, 1)]]


def test_a_page_is_well_formed_and_shows_every_series():
    nasty = '<b> & "x"'
    charts = [Chart("lines", "s", False, [Series(nasty, [(0, 1.0), (60, 2.0)]), Series("b", [(0, 2.0)])]), Chart("areas", "Bps", True, [Series("c", [(0, 1.0)])]),
              Chart("empty", "none", False, [])]  # fmt: skip
    page = xml.etree.ElementTree.fromstring(draw_page([("Services up", "4")], charts, 0, 6000))
    texts = [text.text for text in page.iter(f"{SVG}text")]
    assert {"lines", "areas", "empty", "Services up", "4", nasty, "b", "c", "nothing in this time"} <= set(texts)
    assert len(list(page.iter(f"{SVG}polyline"))) == 2 and len(list(page.iter(f"{SVG}polygon"))) == 1


def test_its_panels_are_on_the_dashboard():
    from chart_dashboard_test import panels

    kinds = {panel["title"]: panel["type"] for panel in panels()}
    assert {kinds[title] for title in CHARTS} == {"timeseries"} and {kinds[title] for title in STATS} == {"stat"}

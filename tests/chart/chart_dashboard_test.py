# SPDX-License-Identifier: Apache-2.0
"""The dashboard: it is what its script writes, whoever looks at a panel learns what it shows, and its queries find something."""

import json
import re
import subprocess
import sys

import pytest

from chart import CHART, ROOT
from expressions import Published, unreadable

DASHBOARD = json.loads((CHART / "dashboards/spud.json").read_text())
VARIABLES = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
GRAFANAS_OWN = {"__rate_interval", "__range"}
# Those of Grafana's units that it uses: a name that Grafana does not know would be shown as text after the number.
UNITS = {"none", "s", "bytes", "Bps", "ops", "percentunit"}


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def targets():
    return [(panel["title"], target) for panel in panels() for target in panel["targets"]]


def as_promql(expression):
    """With values in the place of Grafana's variables."""
    return re.sub(r"\$(\w+)", lambda found: "5m" if found[1] in GRAFANAS_OWN else ".*", expression)


def test_it_is_what_its_script_writes():
    done = subprocess.run([sys.executable, ROOT / "scripts/dashboard.py", "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_rows_are_those_that_an_operator_looks_for():
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Jobs", "Links", "Operations", "Correlations and stock", "Stores and disks", "Security", "Processes"]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows(panel):
    assert panel["title"] and panel["description"].endswith(".") and len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    for target in panel["targets"]:
        assert target["legendFormat"] != "__auto" or panel["type"] == "stat"


def test_panels_have_numbers_and_names_of_their_own_and_do_not_overlap():
    for values in ([panel["id"] for panel in DASHBOARD["panels"]], [panel["title"] for panel in panels()]):
        assert len(values) == len(set(values))
    cells = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, panel["title"]
                cells.add((x, y))


def test_nothing_in_it_belongs_to_one_installation():
    """Every data source is the variable, and so are job and instance in every query of a service's metrics."""
    assert VARIABLES == {"datasource", "job", "role", "instance"}

    def sources(part):
        if isinstance(part, dict):
            yield from ([part["datasource"]] if "datasource" in part else [])
            for value in part.values():
                yield from sources(value)
        elif isinstance(part, list):
            for value in part:
                yield from sources(value)

    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources(DASHBOARD))
    for title, target in targets():
        for name, selector in re.findall(r"\b(up|spud_\w+|process_\w+)(\{[^}]*\})?", target["expr"]):
            # One that has been down for long is no value of $instance, and must be counted all the same.
            chosen = 'job=~"$job"' if name == "up" else 'job=~"$job",instance=~"$instance"'
            assert selector.startswith("{" + chosen) and ("instance" in selector) == (name != "up"), (title, target["expr"])
        assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= VARIABLES | GRAFANAS_OWN


def test_queries_ask_for_what_exists():
    published = Published()
    for title, target in targets():
        assert list(published.complaints(target["expr"])) == [], title
        # Labels in legends are labels of the result.
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            assert label == "instance" or re.search(rf"by \([^)]*\b{label}\b", target["expr"]) or "by (" not in target["expr"], (title, label)


def test_every_metric_of_spud_is_shown():
    shown = {name for _, target in targets() for name in re.findall(r"\bspud_\w+", target["expr"])}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in Published().own}
    # The time of whole attempts is the sum of that of their phases.
    assert families - {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown} == {"spud_attempt_duration_seconds"}


def test_the_ten_largest_are_ten_over_the_whole_time():
    """topk of a range takes others at each point."""
    ranked = [(title, target["expr"]) for title, target in targets() if "topk" in target["expr"]]
    assert len(ranked) == 3
    for title, expression in ranked:
        assert re.search(r" and topk\(10, .*\[\$__range\] @ end\(\)\)*$", expression), title


def test_prometheus_can_read_every_query(tmp_path):
    assert unreadable([as_promql(target["expr"]) for _, target in targets()], tmp_path) == ""
    assert "expression_0" in unreadable(["sum(rate(spud_rounds_total[5m])"], tmp_path)

# SPDX-License-Identifier: Apache-2.0
"""docs/runbook.md: an entry an alert, with commands and queries that exist."""

import re
import subprocess

import pytest

from chart import CHART, ROOT
from expressions import Published, alerts, unreadable

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
PARTS = ["**It means**", "**Users see**", "**Look**", "**Do**", "**It is over**"]


def entries():
    """Text of each entry by its heading."""
    _, *parts = re.split(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def queries():
    """A query a line."""
    return [line for block in re.findall(r"```promql\n(.*?)```", RUNBOOK, re.DOTALL) for line in block.splitlines()]


def commands():
    """Every `spud …` in a block or a span: its words up to what one has to fill in."""
    blocks = [line for block in re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL) for line in block.splitlines()]
    spans = re.findall(r"`(spud [^`]+)`", RUNBOOK)
    lines = [line.removeprefix("kubectl exec NAME-0 -- ") for line in [*blocks, *spans]]
    return sorted({line.split("#")[0].strip() for line in lines if line.startswith("spud ")})


def test_there_is_an_entry_an_alert_in_their_order():
    assert list(entries()) == [alert["alert"] for alert in alerts()]


@pytest.mark.parametrize("entry", entries())
def test_an_entry_says_what_it_means_what_to_do_and_when_it_is_over(entry):
    text = entries()[entry]
    places = [text.find(part) for part in PARTS]
    assert -1 not in places and places == sorted(places), dict(zip(PARTS, places, strict=True))


def test_alerts_that_an_entry_names_exist():
    known = {alert["alert"] for alert in alerts()}
    assert set(re.findall(r"\bSpud[A-Z]\w+", RUNBOOK)) <= known


def test_files_that_it_points_to_exist():
    links = re.findall(r"\]\(([^)#]+)", RUNBOOK)
    assert links and all((ROOT / "docs" / link).exists() for link in links)


def test_values_of_the_chart_that_it_names_exist():
    values = (CHART / "values.yaml").read_text()
    named = set(re.findall(r"`((?:networkPolicy|serviceMonitor|podMonitor|persistence|resources|externalService|stock)\.[\w.]+)`", RUNBOOK))
    assert named
    for name in named:
        *_, key = name.split(".")
        # `stock.rate` and the like are keys of a service's configuration.
        assert re.search(rf"^ *{key}:", values, re.MULTILINE) or name in ("stock.rate",), name


def test_its_commands_exist(binary):
    assert len(commands()) > 10
    for command in commands():
        words = command.split()[1:]
        verbs = [word for word in words if re.fullmatch(r"[a-z]+", word)][:2]
        done = subprocess.run([binary, *verbs, "--help"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        usage = done.stdout.partition("Usage:")[2].splitlines()[0]
        assert usage.split()[1 : 1 + len(verbs)] == verbs, f"{command}: {usage}"
        for option in re.findall(r"--[\w-]+", command):
            assert re.search(rf"^ +(?:-\w,)?{option}\b", done.stdout, re.MULTILINE), f"{command}: no {option}"


def test_its_queries_ask_for_what_exists(tmp_path):
    published = Published()
    assert len(queries()) > 20
    for query in queries():
        assert list(published.complaints(query)) == [], query
    assert unreadable(queries(), tmp_path) == ""

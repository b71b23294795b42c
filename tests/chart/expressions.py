# SPDX-License-Identifier: Apache-2.0
"""PromQL of rules, runbook and dashboards: whether it asks for what spud publishes, and whether Prometheus can read it."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from chart import CHART, ROOT

RULES = CHART / "rules/spud.yaml"
CATALOGUE = ROOT / "src/system/metrics/catalogue.hpp"
PROCESS = ROOT / "src/system/metrics/process.cpp"
PROMTOOL = ROOT / "build/tools/bin/promtool"

# Of Prometheus itself, for every target.
TARGET_LABELS = {"job", "instance"}
TEXT = r'"((?:[^"\\]|\\.)*)"'
SELECTOR = re.compile(r"(?<![\w:])(up|spud_\w+|process_\w+|\w+:\w+:\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(rf"(\w+)\s*(=~|!~|!=|=)\s*{TEXT}")
# Of a histogram: the first bound, and how many there are, each twice the one before.
BUCKETS = re.compile(r'",\s*([\d.]+),\s*(\d+)')
LABEL = re.compile(rf"(one_of|any)\(\s*{TEXT}\s*,\s*{TEXT}\s*\)")
SHARED_LABEL = re.compile(r"constexpr Label (\w+) =\s*((?:one_of|any)\((?:\s*\"(?:[^\"\\]|\\.)*\"\s*,?)+\))")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


@dataclass
class Family:
    """One metric: its labels, each with all its values or None if those are not listed."""

    name: str
    kind: str
    labels: dict = field(default_factory=dict)
    bounds: tuple = ()  # of a histogram's buckets

    def series(self):
        return [self.name + suffix for suffix in ("_bucket", "_sum", "_count")] if self.kind == "Histogram" else [self.name]


def read_families(text):
    """The families of the catalogue's source. Labels that several share are constants of it."""
    text = re.sub(r'"\s*\n\s*"', "", re.sub(r"//[^\n]*", "", text))

    def labels_of(part):
        return {name: values.split() if kind == "one_of" else None for kind, name, values in LABEL.findall(part)}

    shared = {name: labels_of(value) for name, value in SHARED_LABEL.findall(text)}
    families = []
    for kind, body in re.findall(r"constexpr (\w+)Family \w+\{(.*?)\};", text, re.DOTALL):
        family = Family(re.search(r'"(spud_\w+)"', body)[1], kind, labels_of(body))
        for name in re.findall(r"\bk\w+", body):
            family.labels |= shared.get(name, {})
        if kind == "Histogram":
            first, count = BUCKETS.search(body).groups()
            family.bounds = tuple(float(first) * 2**i for i in range(int(count)))
        families.append(family)
    return families


def recorded():
    """Recording rules: names and expressions."""
    return {rule["record"]: rule["expr"] for rule in all_rules() if "record" in rule}


def alerts():
    return [rule for rule in all_rules() if "alert" in rule]


@cache
def all_rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


class Published:
    """Every series that exists, with its labels."""

    def __init__(self):
        self.series = {"up": {}}
        self.bounds = {}
        for name in re.findall(r'"(process_\w+)"', PROCESS.read_text()):
            self.series[name] = {}
        for family in read_families(CATALOGUE.read_text()):
            for name in family.series():
                self.series[name] = family.labels | ({"le": None} if name.endswith("_bucket") else {})
                self.bounds[name] = family.bounds
        self.own = {name for name in self.series if name.startswith("spud_")}
        for name, expression in recorded().items():
            # What is recorded has labels of what it is made of; which, is promtool's to test.
            self.series[name] = {label: values for part in used(expression) for label, values in self.series.get(part, {}).items()}

    def complaints(self, expression):
        """What an expression asks for that is not there."""
        known = set(TARGET_LABELS)
        for name, matchers in SELECTOR.findall(without_texts(expression)):
            if name not in self.series:
                yield f"there is no {name}"
                continue
            labels = self.series[name]
            known |= labels.keys()
            for label, operator, value in MATCHER.findall(restored(matchers, expression)):
                if label in TARGET_LABELS:
                    continue
                if label not in labels:
                    yield f"{name} has no label {label}"
                elif label == "le":
                    if value != "+Inf" and float(value) not in self.bounds[name]:
                        yield f"{name} has no bucket {value}"
                elif labels[label] is not None and "$" not in value:
                    asked = value.split("|") if "~" in operator else [value]
                    yield from (f"{label} of {name} is never {one!r}" for one in asked if one not in labels[label])
        for group in GROUPED.findall(expression):
            yield from (f"no metric here has a label {label}" for label in re.findall(r"\w+", group) if label not in known)


    def lacks(self, series):
        """Labels that are missing in a series, written in full: those that a service always gives it."""
        name, matchers = SELECTOR.findall(without_texts(series))[0]
        return self.series[name].keys() - {label for label, _, _ in MATCHER.findall(restored(matchers, series))}


def used(expression):
    """Names of the series in an expression."""
    return [name for name, _ in SELECTOR.findall(without_texts(expression))]


def without_texts(expression):
    """Texts become numbers in quotes, so that what they say is not taken for a metric or a brace."""
    texts = iter(range(10**6))
    return re.sub(TEXT, lambda _: f'"{next(texts)}"', expression)


def restored(matchers, expression):
    texts = re.findall(TEXT, expression)
    return re.sub(TEXT, lambda found: f'"{texts[int(found[1])]}"', matchers)


def promtool(*arguments):
    """promtool's process, ended. It must be there: a test that needs it fails without, it is not left out."""
    assert PROMTOOL.exists(), f"{PROMTOOL.relative_to(ROOT)} is missing: run scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool"
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=900)


def unreadable(expressions, folder: Path):
    """What Prometheus' own parser has against expressions. They are put into a file of rules, since it reads nothing else."""
    file = folder / "expressions.yaml"
    rules = [{"record": f"expression_{i}", "expr": expression} for i, expression in enumerate(expressions)]
    file.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}))
    done = promtool("check", "rules", file)
    return "" if done.returncode == 0 else done.stdout + done.stderr

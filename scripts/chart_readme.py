#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of values in helm/spud/README.md, from the comments of helm/spud/values.yaml.

    scripts/chart_readme.py [--check] [CHART]     writes the table, or says whether it is what it would write

The comment above a key explains it, a line `## Title` begins a table. A key without a comment is an error. Needs no package.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "<!-- values: made by scripts/chart_readme.py -->", "<!-- end of values -->"
KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][\w.-]*):(?: (?P<value>.*))?$")


class Problem(Exception):
    pass


@dataclass
class Value:
    path: str
    standard: str
    doc: str


@dataclass
class Table:
    title: str
    doc: str = ""
    values: list = field(default_factory=list)


@dataclass
class Entry:
    """A key of the file: where it stands, what is written on its line, and what lies below it."""

    line: int
    indent: int
    key: str
    value: str
    doc: str
    below: list = field(default_factory=list)  # lines that are deeper

    def holds_keys(self):
        """Whether the keys below are values of the chart, and not the content of one that is free."""
        return not self.value and any(line.strip().startswith("#") for line in self.below)


def read_entries(lines, first, indent):
    """The keys at one depth, each with the comment above it."""
    entries, comment = [], []
    for number, line in enumerate(lines, first):
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if entries and text and (depth > indent or (text.startswith("- ") and depth == indent)):
            entries[-1].below.append(line)
        elif not text:
            comment = []
        elif text.startswith("#"):
            comment.append(text)
        elif (match := KEY.match(line)) and depth == indent:
            entries.append(Entry(number, depth, match["key"], match["value"] or "", " ".join(c.lstrip("# ") for c in comment)))
            entries[-1].titles = [c[3:] for c in comment if c.startswith("## ")]
            comment = []
        else:
            raise Problem(f"line {number}: expected 'key: value' or a comment, got {text!r}")
    return entries


def flatten(entry, path, table):
    if entry.holds_keys():
        for one in read_entries(entry.below, entry.line + 1, entry.indent + 2):
            flatten(one, f"{path}.{one.key}", table)
        return
    if not entry.doc:
        raise Problem(f"line {entry.line}: {path} has no comment above it")
    standard = entry.value
    if not standard:
        # What is written over several lines becomes one, as YAML of flow style cannot show it better.
        standard = "; ".join(line.strip() for line in entry.below)
    table.values.append(Value(path, standard, entry.doc))


def read_tables(text):
    # A title has a paragraph of its own: everything up to the next belongs to it.
    tables = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        table = Table(title.strip())
        first = text[: text.index("## " + part)].count("\n") + 2
        for entry in read_entries(rest.splitlines(), first, 0):
            if entry.holds_keys() and entry.doc:
                table.doc += f"`{entry.key}`: {entry.doc} "
            flatten(entry, entry.key, table)
        tables.append(table)
    return tables


def cell(text):
    return text.replace("|", "\\|")


def markdown(tables):
    lines = [BEGIN, ""]
    for table in tables:
        lines += [f"### {table.title}", ""]
        if table.doc:
            lines += [table.doc.strip(), ""]
        lines += ["| value | default | what it is |", "| --- | --- | --- |"]
        for value in table.values:
            lines.append(f"| `{value.path}` | `{cell(value.standard)}` | {cell(value.doc)} |")
        lines.append("")
    return "\n".join([*lines, END])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the table is not up to date")
    parser.add_argument("chart", nargs="?", type=Path, default=Path(__file__).resolve().parents[1] / "helm/spud")
    options = parser.parse_args()
    readme = options.chart / "README.md"
    try:
        table = markdown(read_tables((options.chart / "values.yaml").read_text()))
    except Problem as problem:
        print(f"chart_readme: {options.chart / 'values.yaml'}: {problem}", file=sys.stderr)
        return 2
    text = readme.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"chart_readme: {readme}: expected the lines '{BEGIN}' and '{END}'", file=sys.stderr)
        return 2
    fresh = before + table + after
    if options.check:
        if fresh != text:
            print(f"chart_readme: {readme} is not what values.yaml says: run scripts/chart_readme.py", file=sys.stderr)
        return int(fresh != text)
    readme.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())

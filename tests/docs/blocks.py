# SPDX-License-Identifier: Apache-2.0
"""The fenced blocks of a page: what a reader is told to type, and what the page says that it prints.

The first line of a block of shell says where it is typed: "# alice", "# alice and bob", "# everybody". What stands there after a comma
is a condition that a machine of the tests does not meet ("# alice, Kubernetes"); such a block is left out. After a colon stands
what is expected of it ("# bob: is refused", "# alice and bob: alike": what it prints on one it prints on the others).
A block of text is what the block of shell above it prints; in it "…" stands for anything within a line, and a line of only "…" for any lines.
"""

import re
from dataclasses import dataclass, field

FENCE = re.compile(r"^(\s*)```(\S*).*$")
HEAD = re.compile(r"^# (?P<hosts>[a-z]+(?:(?:, | and )[a-z]+)*)(?:, (?P<condition>[A-Z][A-Za-z ]*|with [A-Za-z -]+))?(?:: (?P<expected>.+))?$")
REFUSED, ALIKE = "is refused", "alike"


def cells(line):
    """Of a row of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


class Unreadable(Exception):
    """A page that does not follow the rules above: says where and what."""


@dataclass
class Block:
    language: str
    line: int
    text: str
    hosts: tuple = ()
    condition: str = ""
    refused: bool = False
    alike: bool = False
    prints: list = field(default_factory=list)

    @property
    def typed(self):
        return self.language == "sh" and not self.condition


def blocks(page, everybody=("alice", "bob", "carol")):
    found, fence, lines, start = [], None, [], 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        match = FENCE.match(line)
        if fence is None and match and match[2]:
            fence, lines, start = match[2], [], number
        elif fence is not None and match and not match[2]:
            keep(found, Block(fence, start, "\n".join(lines) + "\n"), page, everybody)
            fence = None
        elif fence is not None:
            lines.append(line)
    return found


def keep(found, block, page, everybody):
    where = f"{page.name}:{block.line}"
    if block.language == "text":
        if not found or found[-1].language != "sh":
            raise Unreadable(f"{where}: output without a block of shell before it")
        found[-1].prints = block.text.splitlines()
        return
    if block.language == "sh":
        head = HEAD.match(block.text.split("\n", 1)[0])
        if not head:
            raise Unreadable(f"{where}: the first line must say where it is typed, as '# alice'")
        names = tuple(re.split(", | and ", head["hosts"]))
        block.hosts = everybody if names == ("everybody",) else names
        if not set(block.hosts) <= set(everybody):
            raise Unreadable(f"{where}: hosts {block.hosts}, expected some of {everybody}")
        block.condition = head["condition"] or ""
        if head["expected"] not in (None, REFUSED, ALIKE):
            raise Unreadable(f"{where}: '{head['expected']}', expected '{REFUSED}', '{ALIKE}' or nothing")
        block.refused, block.alike = head["expected"] == REFUSED, head["expected"] == ALIKE
    found.append(block)


def differs(expected, printed):
    """Why `printed` (lines) is not what the page shows, or nothing."""
    pattern = []
    for line in expected:
        if line.strip() == "…":
            pattern.append(r"(?:.*\n)*?")
        else:
            pattern.append(".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t]*\n")
    text = "".join(line.rstrip() + "\n" for line in printed)
    if re.fullmatch("".join(pattern), text):
        return None
    return "expected\n  " + "\n  ".join(expected) + "\nit printed\n  " + "\n  ".join(printed)

# SPDX-License-Identifier: Apache-2.0
"""What the pages for operators quote as printed by spud stands in the source, and so do checks, keys and verbs that they name."""

import re
import subprocess

import pytest

from chart import ROOT

PAGE = ROOT / "docs/operate/troubleshooting.md"
QUOTED = re.compile(r'"([^"]+)"')
# One text over several lines, as compilers put it together.
JOINT = re.compile(r'"\s*\n\s*"')


def sources():
    files = [file for folder in ("src", "actors") for file in (ROOT / folder).rglob("*.cpp") if not file.stem.endswith("_test")]
    return "\n".join(JOINT.sub("", file.read_text()) for file in sorted(files))


def rows(text):
    """The cells of every row of the tables of messages."""
    for line in text.splitlines():
        if line.startswith('| "'):
            yield [cell.strip() for cell in line.strip("| ").split(" | ")]


def unknown(messages, source):
    return [message for message in messages for part in message.split("…") if part.strip() and part.strip(" ,") not in source]


def quoted():
    return [QUOTED.match(cells[0])[1] for cells in rows(PAGE.read_text())]


def test_every_message_stands_in_the_source():
    assert len(quoted()) > 50
    assert unknown(quoted(), sources()) == []


def test_a_message_that_nobody_prints_is_noticed():
    assert unknown(["the moon is in the way"], sources()) == ["the moon is in the way"]
    assert unknown(["cannot connect: …"], sources()) == []


def test_every_row_says_what_it_means_and_what_to_do():
    for cells in rows(PAGE.read_text()):
        assert len(cells) == 3 and all(cells), cells


def test_checks_of_readiness_are_those_that_services_make():
    text = PAGE.read_text().split("## It runs, and is not ready")[1].split("##")[0]
    named = set(re.findall(r"^\| ([a-z]+) \|", text, re.MULTILINE)) - {"check"}
    # The scheduler's is made by whoever announces the service to it.
    makers = [*(ROOT / "src/app").glob("*.[ch]pp"), ROOT / "actors/door/announcer.cpp"]
    services = "\n".join(file.read_text() for file in makers)
    made = set(re.findall(r'(?:Check\{|push_back\(\{|\bname = |return \{)"([a-z]+)"', services))
    assert named == made


@pytest.mark.parametrize("page", sorted((ROOT / "docs/operate").glob("*.md")), ids=lambda page: page.stem)
def test_verbs_and_their_options_exist(page, binary):
    helps = {}

    def help_of(verb):
        if verb not in helps:
            helps[verb] = subprocess.run([binary, *verb, "--help"], capture_output=True, text=True, timeout=60)
        return helps[verb]

    for code in re.findall(r"`(spud [^`]+)`", page.read_text()):
        words = code.split()[1:]
        verb = ()
        while words and re.fullmatch("[a-z]+", words[0]) and help_of((*verb, words[0])).returncode == 0:
            verb, words = (*verb, words[0]), words[1:]
        assert verb, f"{page.name}: {code}"
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in help_of(verb).stdout, f"{page.name}: {code}: no option {option}"

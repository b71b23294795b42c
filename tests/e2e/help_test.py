# SPDX-License-Identifier: Apache-2.0
"""Help is one text: what a verb or an option does begins with a capital, what is typed in its place is in capitals,
and every verb shows an example."""

import re
import subprocess

import pytest

SECTION = re.compile(r"^(\w+):$")
# "  --name TYPE      What it does", or what it does on a line of its own.
LINE = re.compile(r"^  (?P<name>\S+)(?: [^ ]+)*(?: {2,}(?P<what>.+))?$")
CONTINUED = re.compile(r"^ {10,}(?P<what>.+)$")


def help_of(binary, verb):
    done = subprocess.run([binary, *verb, "--help"], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def entries(text):
    """(section, name, what it does) of every line that explains something."""
    section = name = None
    for line in text.splitlines():
        if found := SECTION.match(line):
            section = found[1]
        elif section in ("Positionals", "Options", "Subcommands") and (found := LINE.match(line)):
            name = found["name"]
            if found["what"]:
                yield section, name, found["what"]
        elif found := CONTINUED.match(line):
            yield section, name, found["what"]


def verbs_below(binary, verb):
    names = [name for section, name, _ in entries(help_of(binary, verb)) if section == "Subcommands"]
    return [inner for name in names for inner in [(*verb, name), *verbs_below(binary, (*verb, name))]]


@pytest.fixture(scope="module")
def verbs(binary):
    found = verbs_below(binary, ())
    assert ("job", "show") in found and ("sim",) in found
    return found


def test_what_it_does_begins_with_a_capital(binary, verbs):
    small = {
        (*verb, name): what
        for verb in [(), *verbs]
        for _, name, what in entries(help_of(binary, verb))
        if not what[0].isupper()
    }
    assert not small


def test_what_is_typed_in_its_place_is_in_capitals(binary, verbs):
    small = [
        (*verb, name)
        for verb in verbs
        for section, name, _ in entries(help_of(binary, verb))
        if section == "Positionals" and not name.isupper()
    ]
    assert not small


def test_every_verb_or_its_group_shows_an_example(binary, verbs):
    groups = {verb[:-1] for verb in verbs}
    for verb in set(verbs) - groups:
        texts = [help_of(binary, verb[:length]) for length in range(1, len(verb) + 1)]
        assert any("Example:" in text for text in texts), verb

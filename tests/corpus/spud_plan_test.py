# SPDX-License-Identifier: Apache-2.0
"""`spud plan` as users call it: text, JSON and the page; what instructions cost; steps of the compiler."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy
import pytest

from spud_sim_test import CORPUS, assert_refused, spud

VOID = {"meta", "input", "br", "hr", "link", "img"}
SUMMED = ["opened_bits", "bytes_sent", "tape_bytes", "dealt_bits", "items"]


def plan(case, *more, program=None):
    folder = CORPUS / case
    call = [program or folder / "program.hlo.pb", "--meta", folder / "meta.json", "--inputs", folder / "inputs.npz"]
    return spud("plan", *call, *more)


def figures(case, *more):
    result = plan(case, "--json", *more)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Page(HTMLParser):
    """Refuses tags that do not match, and keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.links, self.text, self.rows = [], [], [], [], [], 0
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert not any(name.startswith("on") for name in attributes), attributes
        assert "src" not in attributes
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "href" in attributes:
            self.links.append(attributes["href"])

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def page(tmp_path, case, program=None):
    file = tmp_path / "plan.html"
    result = plan(case, "--html", file, program=program)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1 and "rounds" in result.stderr
    text = file.read_text()
    return text, Page(text)


@pytest.mark.parametrize("case", ["prog_logreg_sgd_bc", "tf_dense_softmax", "ctl_fori_nested"])
@pytest.mark.parametrize("parties", [2, 3])
def test_instructions_cost_together_what_the_plan_costs(case, parties):
    found = figures(case, "--parties", parties)
    for key in SUMMED:
        costs = [found["inputs_and_outputs"]] + found["operations"]
        assert sum(cost[key] for cost in costs) == found[key], key
    assert found["bytes_sent"] > 0
    assert all(operation["rounds"] <= found["rounds"] for operation in found["operations"])
    assert "passes" not in found


def test_loops_state_their_turns():
    found = figures("ctl_while_public")
    turns = int(numpy.load(CORPUS / "ctl_while_public/inputs.npz")["in0"])
    (loop,) = [one for one in found["operations"] if one["operation"] == "while"]
    assert loop["turns"] == turns and loop["runs"] == 1
    (product,) = [one for one in found["operations"] if one["operation"] == "multiply"]
    assert product["runs"] == turns
    assert product["path"].startswith(loop["origin"] + " / ")
    text = plan("ctl_while_public").stdout
    assert f"): {turns} turns, " in text


def test_the_table_is_ordered_and_ends_with_the_total():
    found, text = figures("prog_logreg_sgd_bc"), plan("prog_logreg_sgd_bc").stdout
    table = text[text.index("costs,") :].split("\n\n")[0].splitlines()[2:]
    shares = [float(line.split("%")[0]) for line in table]
    assert shares[:-1] == sorted(shares[:-1], reverse=True) and shares[-1] == 100
    costing = [one for one in found["operations"] if one["opened_bits"] or one["demand"]]
    assert len(table) == len(costing) + 1
    rounds, opened, sent, tape = (int(cell) for cell in table[-1].split()[1:5])
    assert [rounds, opened, sent, tape] == [
        found[key] for key in ["rounds", "opened_bits", "bytes_sent", "tape_bytes"]
    ]


def test_steps_of_the_compiler_are_printed():
    steps = plan("tf_dense_softmax", "--passes")
    assert steps.returncode == 0, steps.stderr
    heads = re.findall(r"^== (\d+) (.*?): ", steps.stdout, re.MULTILINE)
    assert heads[0] == ("1", "lower") and len(heads) > 2
    whole = plan("tf_dense_softmax").stdout
    assert steps.stdout.rstrip().splitlines()[-1] in whole.splitlines()
    one = plan("tf_dense_softmax", "--pass", "ranges").stdout
    assert one.startswith("== ") and "-- before\n" in one and "-- after\n" in one and " bits" in one
    listed = figures("tf_dense_softmax", "--passes")["passes"]
    assert [step["name"] for step in listed if step["changed"]] == [name for _, name in heads]
    for step in listed:
        assert ("text" in step) == step["changed"]


def test_steps_need_no_public_inputs():
    folder = CORPUS / "ctl_while_public"
    call = ["plan", folder / "program.hlo.pb", "--meta", folder / "meta.json"]
    assert spud(*call, "--passes").returncode == 0
    assert_refused(spud(*call), "in0")


def test_what_does_not_fit_is_named(tmp_path):
    assert_refused(plan("dot_matmul", "--pass", "magic"), "magic", "common subexpressions")
    assert_refused(plan("dot_matmul", "--pass", "fold", "--json"), "--pass")
    assert_refused(plan("dot_matmul", "--html", tmp_path / "no/such/folder.html"), "folder.html")
    assert_refused(plan("dot_matmul", program=tmp_path / "no.pb"), "no.pb")


@pytest.mark.parametrize("case", ["prog_logreg_sgd_bc", "tf_dense_softmax", "ctl_switch_public", "shape_const_only"])
def test_the_page_shows_all_instructions(tmp_path, case):
    text, found = page(tmp_path, case)
    operations = figures(case)["operations"]
    # A row for each, and every box of the drawing leads to one.
    assert [f"op{i}" in found.ids for i in range(len(operations))] == [True] * len(operations)
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#op") and link[1:] in found.ids for link in found.links)
    shown = "".join(found.text)
    for operation in operations:
        assert operation["path"] in shown
    assert found.tags.count("script") == 1
    assert "http:" not in text and "https:" not in text and "@import" not in text and "url(" not in text


def test_names_from_the_program_stay_text(tmp_path):
    program = tmp_path / "program.hlo.pb"
    original = (CORPUS / "dot_matmul/program.hlo.pb").read_bytes()
    old, new = b"dot_general.1", b"<script>'\"&.1"
    assert old in original and len(old) == len(new)
    program.write_bytes(original.replace(old, new))
    text, found = page(tmp_path, "dot_matmul", program)
    assert "".join(found.text).count(new.decode()) >= 3
    assert found.tags.count("script") == 1
    assert text.count("<script") == 1 and new.decode() not in text


def test_the_page_runs_one_script_whose_digest_it_states(tmp_path):
    text, _ = page(tmp_path, "dot_matmul")
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


def test_ref2k_opens_its_inputs_and_has_a_page_all_the_same(tmp_path):
    found = figures("dot_matmul", "--protocol", "ref2k")
    assert found["tape_bytes"] == 0
    assert found["inputs_and_outputs"]["bytes_sent"] == found["bytes_sent"] > 0
    file = tmp_path / "plan.html"
    assert plan("dot_matmul", "--protocol", "ref2k", "--html", file).returncode == 0
    assert "inputs and outputs" in "".join(Page(file.read_text()).text)


def test_memory_is_said_in_every_form(tmp_path):
    peak = figures("dot_matmul")["peak_bytes"]
    # Two inputs of 35 and 21 numbers, as they lie ready and as tensors.
    assert peak > 2 * 8 * (35 + 21)
    assert figures("prog_cnn_train_step")["peak_bytes"] > peak
    page = tmp_path / "plan.html"
    assert "\nmemory  about " in plan("dot_matmul").stdout
    assert plan("dot_matmul", "--html", page).returncode == 0
    assert "memory of a party" in page.read_text()

# SPDX-License-Identifier: Apache-2.0
"""An owner's policy is enforced by every node, whatever the scheduler says."""

import numpy as np
import pytest

from corpus_case import load_case

CASE = load_case("dot_matmul")


@pytest.fixture
def attempt(shared_cluster, request):
    """Pushes the case under a policy and runs it; answers the client's last step."""

    def run(recipient="hospital-a", expect=0, job=None, names=None, **policy):
        name = request.node.name.partition("[")[0].replace("_", "-")[-40:].strip("-")
        file = shared_cluster.policy(name, **policy)
        owner = shared_cluster.client("hospital-a")
        names = names or shared_cluster.push_case(CASE, name, ["hospital-a"], policies={"hospital-a": file})
        run.names = names
        return owner.run(CASE.program, names, [recipient], job or name, expect=expect)

    return run


def test_allowed_programs_run(attempt, shared_cluster):
    attempt(programs=[CASE.digest], holders=["alice", "bob"], recipients=["hospital-a"], uses=1)


def test_another_program_is_refused(attempt):
    refused = attempt(programs=["0" * 64], expect=1)
    assert CASE.digest in refused.problem and "may not read it" in refused.problem


def test_a_recipient_who_is_not_named_is_refused(attempt):
    refused = attempt(recipient="hospital-b", expect=1)
    assert "results may not reach hospital-b" in refused.problem


def test_expired_data_is_refused(attempt):
    assert "expired" in attempt(expires="2020-01-31", expect=1).problem


def test_uses_are_counted_and_end(attempt, shared_cluster):
    attempt(job="use-1", uses=2)
    attempt(job="use-2", names=attempt.names)
    assert "all 2 uses are spent" in attempt(job="use-3", names=attempt.names, expect=1).problem
    assert shared_cluster.client("hospital-a").uses(attempt.names[0]) == 2


def test_a_refused_job_costs_no_use(attempt, shared_cluster):
    attempt(recipient="hospital-b", expect=1, job="refused", uses=1)
    attempt(job="granted", names=attempt.names)


def test_every_owner_must_agree(shared_cluster):
    only_b = shared_cluster.policy("only-b", recipients=["hospital-b"])
    both = shared_cluster.policy("both", recipients=["hospital-a", "hospital-b"])
    names = shared_cluster.push_case(
        CASE, "agree", ["hospital-a", "hospital-b"], policies={"hospital-a": both, "hospital-b": only_b}
    )
    owner = shared_cluster.client("hospital-a")
    refused = owner.run(CASE.program, names, ["hospital-a"], "disagree", expect=1)
    assert "owned by hospital-b" in refused.problem
    owner.run(CASE.program, names, ["hospital-b"], "agree")


def test_shares_go_to_the_holders_that_the_owner_named(shared_cluster):
    holders = shared_cluster.policy("holders", holders=["alice", "dave"])
    owner = shared_cluster.client("hospital-a")
    refused = owner.push("held", np.zeros(3, np.float32), policy=holders, expect=1)
    assert "bob may not hold shares" in refused.problem
    assert "held" not in owner.datasets()


def test_every_decision_is_in_the_log(attempt, shared_cluster):
    attempt(programs=["0" * 64], expect=1)
    refusals = [
        line
        for line in shared_cluster["alice"].log_lines()
        if line["message"] == "decision" and "may not read it" in line["decision"]
    ]
    assert refusals and refusals[-1]["by"].startswith("operator/scheduler")

"""Every provider and every fault: nothing lost, nothing doubled, nobody seen.

`pytest -m chaos tests/doubles` has more readers, mixed faults and real time-outs;
`PUBLISHER_SEEDS=20` before it, more mixtures.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from publisher.models import State
from publisher.project import Project
from publisher.project.rehearsing import MADE_UP, Rehearsal, rehearse
from publisher.rehearsal import FAULTS, Faults, faults_of
from tests.conftest import SPECS
from tests.doubles.double import Double
from tests.doubles.letters import READERS

READERS_COUNT = 5
POSTS = ["mastodon", "bluesky", "webhook", "x"]
# A repeat with the same key is answered as the first time.
REPLAYS = {"resend", "mastodon", "bluesky"}
# It is looked up among the account's own, and sent again if it is not there.
ASKED = {"x"}
# A repeat with the same key is refused, so what became of the first stays open.
REFUSES_REPEATS = {"brevo"}
KEYED = sorted(REPLAYS | REFUSES_REPEATS | ASKED)
needs_boto = pytest.mark.skipif(
    find_spec("boto3") is None, reason="boto3, of the extra ses, is not installed"
)
EMAILS = [
    pytest.param(one, marks=needs_boto) if one == "ses" else one for one in READERS
]
BLIND = [one for one in [*EMAILS, "webhook"] if one not in KEYED]
TOOK_IT = {"lost", "html", "badjson"}
TOOK_NOTHING = {"500", "reset", "hang"}


def rehearsed(
    project: Project,
    provider: str,
    faults: Faults,
    readers: int = READERS_COUNT,
) -> Rehearsal:
    """Rehearse with a strict double, and hold what always holds."""
    double = Double(provider, SPECS if SPECS.is_dir() else None, MADE_UP)
    ended = rehearse(
        project,
        "weekly",
        readers=readers,
        through=provider,
        faults=faults,
        witness=double,
    )
    what = f"{provider}, {dict(ended.faults)}: {ended}"
    assert double.form == [], what
    assert double.privacy == [], what
    assert ended.early == 0, what
    assert ended.audit.is_clean, what
    assert not ended.broken, what
    assert ended.is_good, what
    assert ended.report.total(State.FAILED) == ended.refused or faults.rates, what
    return ended


def counts(ended: Rehearsal) -> Mapping[str, int]:
    (found,) = ended.report.counts.values()
    return {state: count for state, count in found.items() if count}


def uncertain_after(provider: str, fault: str) -> bool:
    """Say whether a delivery must stay open after a fault."""
    if fault not in TOOK_IT | TOOK_NOTHING or provider in REPLAYS | ASKED:
        return False
    if provider in REFUSES_REPEATS:
        return fault in TOOK_IT
    if provider == "smtp":  # its replies say what was surely not taken
        return fault not in {"500", "reset"}
    return not (provider == "webhook" and fault in {"html", "badjson"})


def check(project: Project, provider: str, fault: str) -> None:
    faults = Faults(first=(fault,), slowness=0.05, patience=0.2)
    ended = rehearsed(project, provider, faults)
    found, readers = counts(ended), 1 if provider in POSTS else READERS_COUNT
    assert ended.faults == {fault: 1}
    assert ended.messages == readers
    assert found.get("failed", 0) == ended.refused == (fault == "partial"), found
    assert bool(found.get("uncertain")) == uncertain_after(provider, fault), found
    is_alone = provider in {"ses", "smtp"}  # one message, not a whole call, met it
    if not is_alone and found.get("uncertain"):
        assert found == {"uncertain": readers}


def check_all(project: Project, *several: str) -> None:
    """Meet each provider with each fault at the same time: mostly they wait."""
    for provider in several:
        rehearsed(project, provider, Faults())  # what all share is read once
    pairs = [(provider, fault) for provider in several for fault in FAULTS]
    with ThreadPoolExecutor(len(pairs)) as pool:
        runs = {pair: pool.submit(check, project, *pair) for pair in pairs}
    wrong = {pair: run.exception() for pair, run in runs.items()}
    assert not {pair: error for pair, error in wrong.items() if error}


@pytest.mark.parametrize("provider", BLIND)
def test_without_a_key_what_got_no_answer_stays_open(
    project: Project, provider: str
) -> None:
    check_all(project, provider)


def test_with_a_key_what_got_no_answer_is_sent_again(project: Project) -> None:
    check_all(project, *KEYED)


# --- chaos ----------------------------------------------------------------------------

# As many as make several calls, each at its own pace.
MANY = {"resend": 600, "smtp": 400, "ses": 100, "mailjet": 700}
MIX = ",".join(f"{fault}:0.05" for fault in FAULTS if fault != "hang")
SEEDS = int(os.environ.get("PUBLISHER_SEEDS", "1"))


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("provider", EMAILS)
def test_a_large_list_with_all_faults_mixed(
    project: Project, provider: str, seed: int
) -> None:
    readers = MANY.get(provider, 1200)
    ended = rehearsed(project, provider, faults_of(MIX, seed=seed), readers)
    assert ended.messages == readers
    assert ended.faults
    assert counts(ended).get("failed", 0) <= ended.refused


@pytest.mark.chaos
@pytest.mark.parametrize("provider", ["postmark", "smtp"])
def test_who_never_answers_is_left_after_half_a_minute(
    project: Project, provider: str
) -> None:
    ended = rehearsed(project, provider, Faults(first=("hang",)))
    assert bool(counts(ended).get("uncertain")) == uncertain_after(provider, "hang")
    assert 25 < ended.seconds < 50

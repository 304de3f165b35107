"""Campaigns that share an account of a service that is strict about its quota."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pace.quota import Ended, Quota, in_processes, in_threads, serving

Run = Callable[[Path, str, int, int, float], Ended]
CALLS = 60


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_known_quota_is_used_up_and_never_passed(tmp_path: Path, jobs: int) -> None:
    quota = Quota(per_second=20, most=5)
    with serving(quota) as url:
        ended = in_threads(tmp_path, url, jobs, CALLS // jobs, quota.per_second)
    assert ended == Ended({"accepted": CALLS}, [])
    assert quota.early == 0
    # The calls that the bucket held at first, a busy machine, and no more.
    # How near to it is measured in bench/; a busy machine is slower.
    assert quota.ratio() < 2


@pytest.mark.parametrize("jobs", [1, 4])
def test_an_unknown_quota_fails_nobody_and_each_wait_is_kept(
    tmp_path: Path, jobs: int
) -> None:
    # Long enough that one wait of a second is a small part of it.
    calls = 2 * CALLS
    quota = Quota(per_second=20, most=20)
    with serving(quota) as url:
        ended = in_threads(tmp_path, url, jobs, calls // jobs, 0)
    assert ended == Ended({"accepted": calls}, [])
    assert quota.refused
    assert quota.early == 0
    assert quota.ratio() < 2.5


@pytest.mark.chaos
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("run", [in_threads, in_processes])
def test_a_campaign_takes_hardly_longer_than_its_quota(
    tmp_path: Path, run: Run, jobs: int, *, is_known: bool
) -> None:
    quota = Quota(per_second=20, most=5 if is_known else 20)
    rate = quota.per_second if is_known else 0
    with serving(quota) as url:
        ended = run(tmp_path, url, jobs, 600 // jobs, rate)
    assert ended == Ended({"accepted": 600}, [])
    assert quota.early == 0
    # To learn a quota takes some waits that who knows it does not need.
    assert quota.ratio() <= (1.05 if is_known else 1.15)

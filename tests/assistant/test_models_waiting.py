"""Who is next: sharing a batch, turns, like lengths, and those who gave up."""

from __future__ import annotations

import time
from collections import deque

from assistant.models.waiting import Job, Row, Sampling, take_batch
from shop.errors import ModelTimeout


def job(*lengths: int, count: int = 1, temperature: float = 0.7, seconds: float = 60) -> Job:
    rows = [Row((), ("token",) * length) for length in lengths]
    return Job(rows, Sampling(24, count, temperature, bounded=True), time.monotonic() + seconds)


def taken(jobs: deque[Job]) -> list[int]:
    """How many rows of each job, in the order of its first, the next batch holds."""
    batch = [job for job, _ in take_batch(jobs)]
    return [batch.count(one) for one in dict.fromkeys(batch)]


def test_those_with_the_same_sampling_share() -> None:
    jobs = deque([job(10, 10), job(10, temperature=0.0), job(10)])
    assert taken(jobs) == [2, 1]
    assert taken(jobs) == [1]
    assert taken(jobs) == []


def test_each_has_its_turn_when_there_is_no_room_for_all() -> None:
    jobs = deque([job(*[10] * 8, count=4) for _ in range(4)])
    assert taken(jobs) == [2, 2, 2, 2]


def test_long_and_short_prompts_do_not_share() -> None:
    jobs = deque([job(30, 90, 31, 88)])
    assert [len(take_batch(jobs)), len(take_batch(jobs))] == [2, 2]
    assert not jobs


def test_many_rows_are_written_part_by_part_with_others_between() -> None:
    campaign, shopper = job(*[10] * 40), job(10)
    jobs = deque([campaign, shopper])
    assert [job for job, _ in take_batch(jobs)] == [campaign] * 16
    assert [job for job, _ in take_batch(jobs)] == [shopper]
    assert [taken(jobs), taken(jobs)] == [[16], [8]]


def test_who_gave_up_or_is_out_of_time_is_dropped() -> None:
    late, gone, here = job(10, seconds=-1), job(10), job(10)
    gone.gone = True
    assert [job for job, _ in take_batch(deque([late, gone, here]))] == [here]
    assert isinstance(late.error, ModelTimeout)
    assert late.done.is_set()

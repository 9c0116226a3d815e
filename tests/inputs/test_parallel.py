"""Several threads at once: every item has a result, whatever becomes of the work on it."""

from __future__ import annotations

import threading

import pytest

from lockgate.inputs.parallel import in_parallel
from lockgate.model.errors import UnavailableError


def test_each_item_has_its_result() -> None:
    def work(item: int) -> int:
        if item % 3 == 0:
            raise UnavailableError(f"not {item}")
        return item * 2

    told: list[tuple[int, int]] = []
    results = in_parallel(work, range(10), workers=4, seconds=60, progress=lambda *done: told.append(done))
    assert {item: str(result) for item, result in results.items()} == {
        item: f"not {item}" if item % 3 == 0 else str(item * 2) for item in range(10)
    }
    assert list(results) == list(range(10))
    assert told == [(done, 10) for done in range(10)]


def test_nothing_is_nothing() -> None:
    assert in_parallel(str, [], workers=4, seconds=60) == {}


def test_no_more_are_at_work_than_may_be() -> None:
    together = threading.Barrier(3)  # breaks the test where fewer than three work at once
    at_work: list[int] = []

    def work(item: int) -> int:
        at_work.append(item)
        together.wait(30)
        most = len(at_work)
        together.wait(30)
        at_work.remove(item)
        return most

    assert max(in_parallel(work, range(9), workers=3, seconds=60).values()) == 3  # type: ignore[type-var]


def test_what_takes_too_long_has_a_reason_and_nothing_is_begun_after_it() -> None:
    end = threading.Event()
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item:
            end.wait(30)
        return item

    results = in_parallel(work, range(5), workers=2, seconds=0.2)
    end.set()
    assert results.pop(0) == 0
    assert {str(result) for result in results.values()} == {"there was no answer in good time"}
    assert set(begun) <= {0, 1, 2}


def test_a_fault_of_our_own_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda item: 1 // item, [1, 0], workers=2, seconds=60)

import asyncio

import pytest

from serving.storefront.queue import AnswerQueue
from serving.web.problems import ProblemError


def test_callers_pass_one_at_a_time_in_order():
    seen = []

    async def caller(queue, name):
        async with queue:
            seen.append(f"{name} in")
            await asyncio.sleep(0)
            seen.append(f"{name} out")

    async def all_at_once():
        queue = AnswerQueue(limit=10)
        await asyncio.gather(*(caller(queue, name) for name in "abc"))

    asyncio.run(all_at_once())
    assert seen == ["a in", "a out", "b in", "b out", "c in", "c out"]


def test_others_get_a_turn_of_the_loop_between_two_holders():
    """Holders that never pause must not keep the loop from its sockets: this is what health checks need."""
    seen = []

    async def holder(queue, name):
        async with queue:
            seen.append(name)

    async def bystander():
        for _ in range(20):
            seen.append(".")
            await asyncio.sleep(0)

    async def all_at_once():
        queue = AnswerQueue(limit=10)
        await asyncio.gather(*(holder(queue, name) for name in "abc"), bystander())

    asyncio.run(all_at_once())
    order = "".join(seen)
    assert order.index("a") < order.index("b") < order.index("c")
    assert "ab" not in order
    assert "bc" not in order


def test_whoever_would_stand_behind_too_many_is_turned_away_with_a_hint_when_to_return():
    async def all_at_once():
        queue = AnswerQueue(limit=2)
        release = asyncio.Event()

        async def caller():
            async with queue:
                await release.wait()
                return "served"

        callers = [asyncio.create_task(caller()) for _ in range(4)]
        await asyncio.sleep(0)
        release.set()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        async with queue:  # the one turned away left no trace
            return outcomes

    *served, refused = asyncio.run(all_at_once())
    assert served == ["served"] * 3
    assert isinstance(refused, ProblemError)
    assert refused.kind.status == 429
    assert refused.headers == {"Retry-After": "1"}


@pytest.mark.parametrize("turns", range(4))
def test_a_caller_that_is_cancelled_anywhere_on_its_way_leaves_the_queue_usable(turns):
    async def cancelled_then_used():
        queue = AnswerQueue(limit=0)

        async def caller():
            async with queue:
                await asyncio.sleep(60)

        task = asyncio.create_task(caller())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5), queue:
            return "usable"

    assert asyncio.run(cancelled_then_used()) == "usable"


def test_a_waiting_caller_that_is_cancelled_leaves_the_queue():
    async def scenario():
        queue = AnswerQueue(limit=1)
        async with queue:
            waiting = asyncio.create_task(queue.__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            another = asyncio.create_task(queue.__aenter__())
            await asyncio.sleep(0)
            assert not another.done()
        await another
        await queue.__aexit__(None, None, None)
        return "usable"

    assert asyncio.run(scenario()) == "usable"

"""Pictures written one by one: to viewers behind TLS, and where there are no files of memory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.gateway.access.welcome import Welcome
from services.gateway.pictures import taking
from services.gateway.pictures.audience import REPEAT_S
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.pace import Pace
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.wishes import Wishes

Give = Callable[[Picture], Awaitable[None]]


async def write_all(channel: Channel, wishes: Wishes, welcome: Welcome, give: Give) -> None:
    """Gives the newest picture as often as it can be taken, as long as its viewer is welcome.

    Raises `TimeoutError` where one is not taken for too long, and what `give` raises.
    """
    pace = Pace(wishes.interval_s, asyncio.get_running_loop().time)
    count = given = 0
    while True:
        await asyncio.sleep(pace.wait_s())
        count, picture = await _fresh(channel, count, wishes.max_age_s)
        if not welcome():
            return
        await _give(give, picture)
        channel.tally.shown += 1
        if not (wishes.interval_s or wishes.max_age_s):  # who asks for fewer is not slow
            channel.tally.passed_over(given, count)
        given = count
        if wishes.repeats and not await _followed(channel, count):
            await _give(give, picture)


async def _fresh(channel: Channel, count: int, max_age_s: float) -> tuple[int, Picture]:
    while True:
        count, picture = await channel.after(count)
        if not max_age_s or (datetime.now(UTC) - picture.time).total_seconds() <= max_age_s:
            return count, picture


async def _give(give: Give, picture: Picture) -> None:
    async with asyncio.timeout(taking.DEAD_S):
        await give(picture)


async def _followed(channel: Channel, count: int) -> bool:
    """Whether another picture comes soon."""
    try:
        async with asyncio.timeout(REPEAT_S):
            await channel.after(count)
    except TimeoutError:
        return False
    return True

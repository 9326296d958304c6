"""What every home of a log must do; a new home is a subclass with one fixture."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from gateway.errors import ConfigError, Fenced
from gateway.log.port import Append, Log, Record

T = TypeVar("T")
Opener = Callable[[], Log]


def play(opener: Opener, story: Callable[[Log], Awaitable[T]]) -> T:
    """Tell the story on an open log, and close the log after it."""

    async def told() -> T:
        log = opener()
        try:
            return await story(log)
        finally:
            await log.close()

    return asyncio.run(told())


async def everything(
    log: Log, topic: str, partition: int = 0, start: int = 0, stop: int | None = None
) -> list[Record]:
    return [r async for batch in log.read(topic, partition, start, stop) for r in batch]


async def values(log: Log, topic: str, partition: int = 0) -> list[bytes]:
    return [record.value for record in await everything(log, topic, partition)]


async def append(log: Log, *appends: Append, name: str = "owner") -> None:
    """Append, and open the name again: only then must every reader see it."""
    writer = log.writer(name)
    await writer.open()
    await writer.append(appends)
    await writer.open()
    await writer.close()


class LogContract(ABC):
    @pytest.fixture
    @abstractmethod
    def opener(self) -> Opener:
        """Opens the log under test; a durable home opens the same log again and again."""

    @pytest.fixture
    def topic(self, request: pytest.FixtureRequest) -> str:
        """A name no other test uses."""
        return f"{type(self).__name__}.{request.node.name}"

    def test_records_come_back_in_order_as_they_were_appended(
        self, opener: Opener, topic: str
    ) -> None:
        sent = [
            Append(topic, 1, b"key", b"first", (("origin", b"plan/0/1"), ("empty", b""))),
            Append(topic, 1, None, b"second"),
            Append(topic, 1, b"", b""),
        ]

        async def story(log: Log) -> list[Record]:
            await log.create({topic: 2})
            await append(log, *sent)
            return await everything(log, topic, 1)

        records = play(opener, story)
        assert [Append(r.topic, r.partition, r.key, r.value, r.headers) for r in records] == sent
        offsets = [r.offset for r in records]
        assert offsets == sorted(set(offsets))
        assert all(r.recorded_at > 0 for r in records)

    def test_what_does_not_fit_one_batch_keeps_its_order(self, opener: Opener, topic: str) -> None:
        body = bytes(1000)
        sent = [b"%06d" % number + body for number in range(6000)]

        async def story(log: Log) -> tuple[list[bytes], list[bytes]]:
            await log.create({topic: 2})
            await append(log, *(Append(topic, n % 2, None, value) for n, value in enumerate(sent)))
            return await values(log, topic, 0), await values(log, topic, 1)

        assert play(opener, story) == (sent[0::2], sent[1::2])

    def test_an_append_to_several_partitions_is_seen_in_all_of_them(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> list[list[bytes]]:
            await log.create({topic: 2, f"{topic}.journal": 1})
            await append(
                log,
                Append(topic, 0, None, b"to zero"),
                Append(f"{topic}.journal", 0, None, b"decided"),
                Append(topic, 1, None, b"to one"),
            )
            return [
                await values(log, topic, 0),
                await values(log, topic, 1),
                await values(log, f"{topic}.journal"),
            ]

        assert play(opener, story) == [[b"to zero"], [b"to one"], [b"decided"]]

    def test_an_append_with_one_place_that_does_not_exist_leaves_nothing_anywhere(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> list[bytes]:
            await log.create({topic: 1})
            writer = log.writer("owner")
            await writer.open()
            for lost in (Append(topic, 1, None, b"lost"), Append(f"no.{topic}", 0, None, b"lost")):
                with pytest.raises(ConfigError):
                    await writer.append([Append(topic, 0, None, b"lost too"), lost])
            await writer.append([Append(topic, 0, None, b"kept")])
            await writer.close()
            return await values(log, topic)

        assert play(opener, story) == [b"kept"]

    def test_an_empty_append_is_nothing(self, opener: Opener, topic: str) -> None:
        async def story(log: Log) -> int:
            await log.create({topic: 1})
            await append(log)
            return await log.end(topic, 0)

        assert play(opener, story) == 0

    def test_reading_starts_at_an_offset_and_stops_before_another(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> None:
            await log.create({topic: 1})
            for value in (b"0", b"1", b"2", b"3"):
                await append(log, Append(topic, 0, None, value))
            all_of_it = await everything(log, topic)
            _, second, third, fourth = (record.offset for record in all_of_it)
            assert await everything(log, topic, start=second) == all_of_it[1:]
            assert await everything(log, topic, start=second, stop=fourth) == all_of_it[1:3]
            assert await everything(log, topic, stop=third) == all_of_it[:2]
            assert await everything(log, topic, start=third, stop=third) == []
            assert await everything(log, topic, stop=fourth + 100) == all_of_it

        play(opener, story)

    def test_reading_ends_where_the_end_stood_when_it_began(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> list[bytes]:
            await log.create({topic: 1})
            await append(log, Append(topic, 0, None, b"before"))
            seen = []
            async for batch in log.read(topic, 0):
                seen += [record.value for record in batch]
                await append(log, Append(topic, 0, None, b"during"))
            return seen

        assert play(opener, story) == [b"before"]

    def test_a_reading_may_be_given_up(self, opener: Opener, topic: str) -> None:
        async def story(log: Log) -> list[bytes]:
            await log.create({topic: 1})
            await append(log, Append(topic, 0, None, b"one"))
            async for _ in log.read(topic, 0):
                break
            return await values(log, topic)

        assert play(opener, story) == [b"one"]

    def test_the_end_is_past_the_last_record_and_nothing_is_read_from_there(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> None:
            await log.create({topic: 1})
            assert await log.end(topic, 0) == 0
            await append(log, Append(topic, 0, None, b"one"), Append(topic, 0, None, b"two"))
            end = await log.end(topic, 0)
            assert end > (await everything(log, topic))[-1].offset
            assert await everything(log, topic, start=end) == []
            await append(log, Append(topic, 0, None, b"three"))
            assert [r.value for r in await everything(log, topic, start=end)] == [b"three"]

        play(opener, story)

    def test_a_newer_owner_fences_the_older_whose_records_never_show(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> list[list[bytes]]:
            await log.create({topic: 2})
            older, newer = log.writer("owner"), log.writer("owner")
            await older.open()
            await older.append([Append(topic, 0, None, b"before")])
            await newer.open()
            with pytest.raises(Fenced):
                await older.append([Append(topic, 0, None, b"late"), Append(topic, 1, None, b"l")])
            await newer.append([Append(topic, 0, None, b"after")])
            await older.close()
            await newer.close()
            return [await values(log, topic, 0), await values(log, topic, 1)]

        assert play(opener, story) == [[b"before", b"after"], []]

    def test_owners_of_other_names_do_not_fence(self, opener: Opener, topic: str) -> None:
        async def story(log: Log) -> list[bytes]:
            await log.create({topic: 1})
            one, other = log.writer("desk.0"), log.writer("desk.1")
            await one.open()
            await other.open()
            await one.append([Append(topic, 0, None, b"one")])
            await other.append([Append(topic, 0, None, b"other")])
            await one.append([Append(topic, 0, None, b"one again")])
            await one.close()
            await other.close()
            return await values(log, topic)

        assert play(opener, story) == [b"one", b"other", b"one again"]

    def test_creating_twice_keeps_the_records_and_another_count_is_refused(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> None:
            await log.create({topic: 3})
            await append(log, Append(topic, 2, None, b"kept"))
            await log.create({topic: 3, f"{topic}.more": 1})
            assert await log.partitions(topic) == 3
            assert await log.partitions(f"{topic}.more") == 1
            assert await values(log, topic, 2) == [b"kept"]
            with pytest.raises(ConfigError, match="has 3 partitions, wanted 4"):
                await log.create({topic: 4})

        play(opener, story)

    def test_a_place_that_does_not_exist_cannot_be_asked_about(
        self, opener: Opener, topic: str
    ) -> None:
        async def story(log: Log) -> None:
            await log.create({topic: 1})
            with pytest.raises(ConfigError):
                await log.partitions(f"no.{topic}")
            for place in ((f"no.{topic}", 0), (topic, 1), (topic, -1)):
                with pytest.raises(ConfigError):
                    await log.end(*place)
                with pytest.raises(ConfigError):
                    await everything(log, *place)

        play(opener, story)


class DurableContract(LogContract):
    """For homes that outlive the process."""

    def test_another_process_finds_what_was_appended_and_goes_on(
        self, opener: Opener, topic: str
    ) -> None:
        async def first(log: Log) -> list[Record]:
            await log.create({topic: 2})
            await append(log, Append(topic, 0, b"k", b"first", (("h", b"v"),)))
            return await everything(log, topic)

        async def second(log: Log) -> list[Record]:
            await append(log, Append(topic, 0, None, b"second"), Append(topic, 1, None, b"also"))
            assert await values(log, topic, 1) == [b"also"]
            return await everything(log, topic)

        before, after = play(opener, first), play(opener, second)
        assert after[:1] == before
        assert [record.value for record in after] == [b"first", b"second"]

"""What a layer weighs in a registry: compressed as it goes by, wholly when it is small, else by samples."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

EXACT = 16_000_000
"""Bytes up to which a layer is compressed as a whole."""
_SAMPLED = 4_000_000
"""Bytes of a larger one that are, evenly spread."""
_SAMPLE = 1 << 16
_LEVEL = 6
_MOST_WAITING = 32
"""Blocks that wait for the compressing thread: reading waits for it when there are more."""

_Done = tuple[int, int]
"""Bytes that went in and came out."""


class Compressor:
    """A thread that compresses beside the reading one, in bounded memory."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "reviewbot-compress")
        self._waiting: deque[Future[_Done]] = deque()

    def __enter__(self) -> Compressor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._executor.shutdown(cancel_futures=True)

    def submit(self, compress: Callable[[bytes], _Done], block: bytes) -> Future[_Done]:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        future = self._executor.submit(compress, block)
        self._waiting.append(future)
        return future


class Gauge:
    """Compresses pieces of one layer, ``size`` bytes long, while it is read.

    Registries keep layers compressed by gzip at this level; the engine's own compressor gives a little more or less.
    """

    def __init__(self, size: int, compressor: Compressor, exact: int = EXACT) -> None:
        self._compressor = compressor
        self._total = size
        self.is_exact = size <= exact
        self._stride = _SAMPLE * -(-size // _SAMPLED)
        self._whole = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
        self._pending: list[Future[_Done]] = []
        self._seen = 0
        self._sample = bytearray()

    def through(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same blocks, measured on their way."""
        for block in blocks:
            if self.is_exact:
                self._pending.append(self._compressor.submit(self._more, block))
            else:
                self._take_samples(block)
            yield block

    def _take_samples(self, block: bytes) -> None:
        """The parts of a block that belong to samples, whose places do not depend on where blocks begin: the same
        layer has the same estimate whenever it is read."""
        start, self._seen = self._seen, self._seen + len(block)
        place = start - start % self._stride
        while place < self._seen:
            self._sample += block[max(0, place - start) : max(0, place + _SAMPLE - start)]
            if place + _SAMPLE <= self._seen:
                self._end_sample()
            place += self._stride

    def _end_sample(self) -> None:
        if self._sample:
            self._pending.append(self._compressor.submit(_alone, bytes(self._sample)))
            self._sample.clear()

    def _more(self, block: bytes) -> _Done:
        return len(block), len(self._whole.compress(block))

    def compressed(self) -> int:
        """Bytes of the whole layer, compressed; waits for what is not done yet."""
        self._end_sample()
        done = [future.result() for future in self._pending]
        read, compressed = sum(one for one, _ in done), sum(other for _, other in done)
        if self.is_exact:
            return compressed + len(self._whole.flush())
        return round(self._total * compressed / read) if read else 0


def _alone(block: bytes) -> _Done:
    return len(block), len(zlib.compress(block, _LEVEL))

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

    def through(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same blocks, measured on their way."""
        for block in blocks:
            if self.is_exact:
                self._pending.append(self._compressor.submit(self._more, block))
            elif self._is_due(len(block)):
                self._pending.append(self._compressor.submit(_alone, block[:_SAMPLE]))
            yield block

    def _is_due(self, length: int) -> bool:
        """Whether the next sample is in this block, wherever blocks begin."""
        before, self._seen = self._seen, self._seen + length
        return before == 0 or before // self._stride != self._seen // self._stride

    def _more(self, block: bytes) -> _Done:
        return len(block), len(self._whole.compress(block))

    def compressed(self) -> int:
        """Bytes of the whole layer, compressed; waits for what is not done yet."""
        done = [future.result() for future in self._pending]
        read, compressed = sum(one for one, _ in done), sum(other for _, other in done)
        if self.is_exact:
            return compressed + len(self._whole.flush())
        return round(self._total * compressed / read) if read else 0


def _alone(block: bytes) -> _Done:
    return len(block), len(zlib.compress(block, _LEVEL))

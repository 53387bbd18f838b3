"""A command's words as options and operands, by the conventions of getopt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from reviewbot.source.command import ShellWord


class Option(Struct, frozen=True):
    """One option of a call: ``name`` with its dashes, its value where it has one, and the words it is made of.

    Options of a cluster (``-yq``) are told apart, and share the word.
    """

    name: str
    value: str | None
    words: tuple[ShellWord, ...]


class Options(Struct, frozen=True):
    """The options of a call, in order."""

    all: tuple[Option, ...]

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.all)

    def count(self, *names: str) -> int:
        return sum(option.name in names for option in self.all)

    def values(self, *names: str) -> tuple[str, ...]:
        return tuple(option.value for option in self.all if option.name in names and option.value is not None)

    def named(self, *names: str) -> Iterator[Option]:
        return (option for option in self.all if option.name in names)


def read_options(
    words: Sequence[ShellWord], valued: Collection[str], *, has_clusters: bool = True
) -> tuple[Options, tuple[ShellWord, ...]]:
    """The options among these words, and the operands that are left.

    ``valued`` are the options whose value may be the next word; ``has_clusters`` tells whether ``-yq`` is ``-y -q``.
    """
    operands: list[ShellWord] = []
    options: list[Option] = []
    position = 0
    while position < len(words):
        word = words[position]
        following = words[position + 1] if position + 1 < len(words) else None
        position += 1
        if word.value == "--":
            operands += words[position:]
            break
        if len(word.value) < 2 or not word.value.startswith("-"):
            operands.append(word)
            continue
        found = list(_options_in(word, following, valued, has_clusters))
        options += found
        position += any(len(option.words) > 1 for option in found)
    return Options(tuple(options)), tuple(operands)


def _options_in(
    word: ShellWord, following: ShellWord | None, valued: Collection[str], has_clusters: bool
) -> Iterator[Option]:
    argument = word.value
    name, equals, value = argument.partition("=")
    if name.startswith("--") or not has_clusters:
        takes_next = not equals and name in valued and following is not None
        if takes_next and following is not None:
            yield Option(name, following.value, (word, following))
        else:
            yield Option(name, value if equals else None, (word,))
        return
    for position, letter in enumerate(argument[1:], start=1):
        short, rest = f"-{letter}", argument[position + 1 :]
        if short in valued and not rest and following is not None:
            yield Option(short, following.value, (word, following))
            return
        if short in valued or rest.startswith("="):
            yield Option(short, rest.removeprefix("=") or None, (word,))
            return
        yield Option(short, None, (word,))

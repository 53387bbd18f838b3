"""What is said when git cannot do what was asked."""

from __future__ import annotations


class GitProblem(Exception):
    """Git could not do what was asked: what is wrong, and what to do about it, for a person."""


class NoRepository(GitProblem):
    """There is no repository to ask."""

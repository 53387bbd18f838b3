"""What keeps a review from reaching GitHub, in words for the person who set the workflow up."""

from __future__ import annotations


class GitHubProblem(Exception):
    """Something that the workflow's author must mend: the message says what, and how."""

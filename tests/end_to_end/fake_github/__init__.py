"""A GitHub to test against: stateful, over HTTP, and as strict as GitHub's published descriptions."""

from .fake import FakeGitHub
from .permissions import FULL, LEAST, READ_ONLY, without

__all__ = ["FULL", "LEAST", "READ_ONLY", "FakeGitHub", "without"]

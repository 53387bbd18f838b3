"""The GitHub Action: an event comes in, a review goes out, and the exit status is the check."""

from __future__ import annotations

from reviewbot.action.main import run_action

__all__ = ["run_action"]

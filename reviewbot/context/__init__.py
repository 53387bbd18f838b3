"""Build contexts: what a Dockerfile takes from its context, what should stay out of it, and what credentials are in it."""

from reviewbot.context.copies import folder_copies, is_bake_context, is_known_context, shipped_instructions

__all__ = ["folder_copies", "is_bake_context", "is_known_context", "shipped_instructions"]

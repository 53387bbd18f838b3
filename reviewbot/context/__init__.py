"""Build contexts: what a Dockerfile takes from its context, what should stay out of it, and what credentials are in it."""

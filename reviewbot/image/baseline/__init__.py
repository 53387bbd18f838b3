"""Measurements of the default branch that spare a pull request the build of its base."""

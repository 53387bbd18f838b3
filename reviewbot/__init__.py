"""reviewbot reviews changes that touch Docker: Dockerfiles, Compose files and build contexts."""

__version__ = "0.1.0"

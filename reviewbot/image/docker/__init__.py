"""The docker command line: an engine, or a builder without one, and programs run within limits."""

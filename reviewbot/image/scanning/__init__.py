"""Vulnerability scanners, and what a change brings in of what they say."""

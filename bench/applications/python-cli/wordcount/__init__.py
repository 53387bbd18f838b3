"""Counts the words of a file."""

import click


@click.command()
@click.argument("path", type=click.File())
def main(path):
    print(f"{len(path.read().split())} words")

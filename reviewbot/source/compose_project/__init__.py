"""What the Compose files of a project say together: the effective configuration of the Compose Specification.

:func:`~reviewbot.source.compose_project.loading.load_project` is the way in. Every step takes nodes and gives nodes,
and a node keeps the file and the span where it was written, however far it has travelled.
"""

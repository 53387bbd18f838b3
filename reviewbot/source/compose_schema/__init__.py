"""The schema of the Compose Specification, and files held to it.

``compose-spec.json`` is the Compose Specification's own, under the Apache License 2.0 (``LICENSE.compose-spec``), as
``https://github.com/compose-spec/compose-spec`` publishes it: unchanged, so that it can be renewed by copying.
"""

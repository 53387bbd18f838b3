"""Small applications of ``bench/applications/`` on a real engine: with all that is suggested they still build and start.

``bench/applications.py`` takes all of them the same way; these need neither a network nor another image than Debian's.
"""

from __future__ import annotations

import pytest
from application import Bench, applications

from reviewbot.image.docker.engine import Connection

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("name", "user"),
    [
        pytest.param("perl-socket", "app", id="a server that logs to a folder made for it"),
        pytest.param("site-generator", "app", id="a site that another stage makes"),
        pytest.param("shell-worker", "root", id="a job that nobody but root can do"),
    ],
)
def test_an_application_works_with_all_that_is_suggested(connection: Connection, name: str, user: str) -> None:
    (application,) = applications([name])
    outcome = Bench(connection, network="none").run(application)

    assert outcome.trouble is None
    assert outcome.suggestions > 0
    assert "\n+CMD [" in outcome.difference or "\n+ENTRYPOINT [" in outcome.difference
    assert (outcome.user_before, outcome.user_after) == ("root", user)

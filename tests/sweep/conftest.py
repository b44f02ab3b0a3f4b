"""The fixture that every test of the sweep uses."""

from collections.abc import Iterator

import pytest
from sweep_project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator[Project]:
    """A small project of its own for each file of tests."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.make()
    yield project
    for sweep in project.started:
        sweep.kill()  # what a failed test may have left

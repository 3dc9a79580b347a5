"""A database for tests in which several threads use it."""

import sqlite3

import pytest
from django.db import connection, connections


@pytest.fixture
def threads(transactional_db, tmp_path):
    """Let several threads use the database: SQLite's in memory takes one writer and no waiting."""
    if connection.vendor != "sqlite":
        yield
        return
    in_memory, settings = connections["default"], connections.settings["default"]
    name = settings["NAME"]
    in_memory.ensure_connection()
    with sqlite3.connect(tmp_path / "site.sqlite3") as on_disk:
        in_memory.connection.backup(on_disk)
    on_disk.close()
    settings["NAME"] = str(tmp_path / "site.sqlite3")
    connections["default"] = connections.create_connection("default")
    yield
    connections["default"].close()
    settings["NAME"] = name
    connections["default"] = in_memory

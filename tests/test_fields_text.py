"""Text that is compared exactly on every database, and values that every database can hold."""

import json

import pytest
from django.db import connection, models

from django_genauth.fields import ExactCharField, storable, storable_text


@pytest.mark.parametrize(
    ("vendor", "is_mariadb", "collation"),
    [
        pytest.param("mysql", True, "utf8mb4_nopad_bin", id="mariadb"),
        pytest.param("mysql", False, "utf8mb4_0900_bin", id="mysql"),
        pytest.param("postgresql", False, None, id="postgresql"),
        pytest.param("sqlite", False, None, id="sqlite"),
        pytest.param("oracle", False, None, id="oracle"),
    ],
)
def test_the_collation_that_compares_octets_is_the_vendors(
    monkeypatch, vendor, is_mariadb, collation
):
    monkeypatch.setattr(connection, "vendor", vendor)
    monkeypatch.setattr(connection, "mysql_is_mariadb", is_mariadb, raising=False)

    parameters = ExactCharField(max_length=255).db_parameters(connection)

    assert parameters.get("collation") == collation


def test_the_column_is_as_long_as_it_is_said_to_be():
    usual = models.CharField(max_length=255).db_parameters(connection)

    assert ExactCharField(max_length=255).db_parameters(connection)["type"] == usual["type"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("", "", id="empty"),
        pytest.param("a\nb\tc", "a\nb\tc", id="lines"),
        pytest.param("é\u202eß\U0001f600", "é\u202eß\U0001f600", id="any-script"),
        pytest.param("\0a\0", "a", id="nul"),
        pytest.param("a\ud800b\udfffc", "abc", id="surrogates"),
        pytest.param("\ud7ff\ue000", "\ud7ff\ue000", id="neighbours-of-surrogates"),
    ],
)
def test_a_text_is_kept_without_what_no_database_holds(text, kept):
    assert storable_text(text) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(None, None, id="null"),
        pytest.param(5.5, 5.5, id="number"),
        pytest.param(True, True, id="boolean"),
        pytest.param("a\0", "a", id="text"),
        pytest.param({"a\0": ["b\ud800", {"c": "\0"}]}, {"a": ["b", {"c": ""}]}, id="inside"),
        pytest.param(["é"], ["é"], id="list"),
    ],
)
def test_a_value_is_kept_without_what_no_database_holds(value, kept):
    assert storable(value) == kept


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_what_stands_too_deep_is_left_out(opening, closing):
    sixteen = json.loads(opening * 15 + opening + closing.join(["5", ""]) + closing * 15)
    deeper = json.loads(opening * 17 + "5" + closing * 17)

    kept = storable(deeper)

    assert storable(sixteen) == sixteen
    assert json.dumps(kept, separators=(",", ":")) == opening * 16 + "null" + closing * 16

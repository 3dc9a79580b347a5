"""Lines of the log: what people read, and what machines do."""

import logging

import pytest

from django_genauth.log_lines import log_line


def test_the_fields_stand_in_the_line_in_their_order(caplog):
    log_line(logging.WARNING, "x", "It rained", code="wet", app="default")

    assert caplog.messages == ["It rained: code=wet app=default"]


def test_a_detail_stands_at_the_end(caplog):
    log_line(logging.WARNING, "x", "It rained", "bring an umbrella", code="wet")

    assert caplog.messages == ["It rained: code=wet: bring an umbrella"]


def test_a_field_without_a_value_is_a_hyphen(caplog):
    log_line(logging.WARNING, "x", "It rained", ip=None)

    assert caplog.messages == ["It rained: ip=-"]
    assert caplog.records[0].ip is None


def test_each_field_is_an_attribute_of_the_record(caplog):
    log_line(logging.WARNING, "rain", "It rained", code="wet", times=3)

    (record,) = caplog.records
    assert (record.event, record.code, record.times) == ("rain", "wet", 3)


def test_the_words_are_the_same_for_all_lines_of_a_kind(caplog):
    log_line(logging.WARNING, "x", "It rained", "a", code="wet")
    log_line(logging.WARNING, "x", "It rained", "b", code="dry")

    assert {record.msg for record in caplog.records} == {"It rained: code=%s: %s"}


def test_a_per_cent_sign_in_a_value_is_text(caplog):
    log_line(logging.WARNING, "x", "It rained", "100 %s", code="%d")

    assert caplog.messages == ["It rained: code=%d: 100 %s"]


def test_the_record_names_its_caller(caplog):
    log_line(logging.WARNING, "x", "It rained")

    assert caplog.records[0].pathname == __file__


def test_a_level_that_is_off_costs_no_text():
    class Loud:
        def __str__(self):
            pytest.fail("it was made a text")

    log_line(logging.DEBUG, "x", "It rained", Loud())

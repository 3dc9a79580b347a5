"""The line of the log for an API request that is refused, and who it names."""

import pytest

from tests.support.bearers import a_token, call


def test_the_line_names_code_app_and_address(api, provider, caplog):
    call("/reports/", "no-token")

    (record,) = caplog.records
    assert (record.event, record.app, record.ip) == ("bearer_refused", "default", "127.0.0.1")
    assert record.getMessage().startswith(
        f"Bearer token refused: code={record.code} app=default ip=127.0.0.1: "
    )


@pytest.mark.parametrize("path", ["/reports/", "/later/"])
def test_a_good_token_is_no_line(api, provider, caplog, path):
    call(path, a_token(provider))

    assert [record for record in caplog.records if record.name == "django_genauth"] == []

"""Requests and responses as values, and how a form is written."""

import dataclasses

import pytest

from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.messages import HttpRequest, HttpResponse, encode_form, form_request
from tests.protocol.material import all_that_shows


@pytest.mark.parametrize(
    ("parameters", "form"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([("a", "b")], "a=b", id="one"),
        pytest.param([("b", "1"), ("a", "2"), ("b", "3")], "b=1&a=2&b=3", id="in the order given"),
        pytest.param([("a", "")], "a=", id="an empty value"),
        pytest.param([("a", "b c")], "a=b+c", id="a space"),
        pytest.param([("a b", "c")], "a+b=c", id="a space in a name"),
        pytest.param([("a", "b+c")], "a=b%2Bc", id="a plus"),
        pytest.param([("a", "*-._")], "a=*-._", id="what stays"),
        pytest.param([("*", "~")], "*=%7E", id="a tilde"),
        pytest.param([("~", "a")], "%7E=a", id="a tilde in a name"),
        pytest.param(
            [("a", "&=?#/%;:@")], "a=%26%3D%3F%23%2F%25%3B%3A%40", id="what has a meaning"
        ),
        pytest.param([("a&b", "=")], "a%26b=%3D", id="what has a meaning, in a name"),
        pytest.param([("a", "\r\n\x00")], "a=%0D%0A%00", id="control characters"),
        pytest.param([("a", "é€😀")], "a=%C3%A9%E2%82%AC%F0%9F%98%80", id="beyond ASCII"),
        pytest.param([("a", " %&+£€")], "a=+%25%26%2B%C2%A3%E2%82%AC", id="RFC 6749 appendix B"),
    ],
)
def test_a_form_is_written_as_the_whatwg_has_it(parameters, form):
    assert encode_form(parameters) == form


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param([("a", "secret \ud800")], id="in a value"),
        pytest.param([("secret \udfff", "a")], id="in a name"),
    ],
)
def test_text_that_is_no_unicode_is_refused_and_not_shown(parameters):
    shown = all_that_shows(lambda: encode_form(parameters))

    assert "configuration.parameter" in shown
    assert "secret" not in shown


def test_text_that_is_no_unicode_is_the_sites_mistake():
    with pytest.raises(ConfigurationError) as refused:
        encode_form([("a", "\ud800")])

    assert refused.value.code == "configuration.parameter"


def test_a_form_request_posts_a_form_and_asks_for_json():
    request = form_request("https://a.example/token", [("a", "b c")], {})

    assert request == HttpRequest(
        method="POST",
        url="https://a.example/token",
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=b"a=b+c",
    )


def test_a_form_request_carries_further_headers():
    request = form_request("https://a.example/token", [], {"Authorization": "Basic YTpi"})

    assert request.headers["Authorization"] == "Basic YTpi"
    assert request.headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        pytest.param("application/json", "application/json", id="alone"),
        pytest.param("application/json; charset=utf-8", "application/json", id="with a parameter"),
        pytest.param("Application/JWT;x=1;y=2", "application/jwt", id="in any case"),
        pytest.param(" application/jwt ", "application/jwt", id="with spaces"),
        pytest.param("", "", id="empty"),
        pytest.param(";", "", id="a parameter alone"),
    ],
)
def test_the_media_type_stands_without_its_parameters(header, media_type):
    response = HttpResponse(status=200, headers={"content-type": header})

    assert response.media_type == media_type


def test_a_response_without_a_content_type_has_no_media_type():
    assert HttpResponse(status=200).media_type == ""


def test_a_response_without_a_body_has_an_empty_one():
    assert HttpResponse(status=204).body == b""


def test_a_request_shows_neither_headers_nor_body():
    request = HttpRequest(
        method="POST",
        url="https://a.example/token",
        headers={"Authorization": "a secret"},
        body=b"client_secret=a+secret",
    )

    assert repr(request) == "HttpRequest(method='POST', url='https://a.example/token')"


def test_a_response_shows_neither_headers_nor_body():
    response = HttpResponse(status=200, headers={"set-cookie": "a secret"}, body=b"a secret")

    assert repr(response) == "HttpResponse(status=200)"


@pytest.mark.parametrize(
    "message",
    [HttpRequest(method="GET", url="https://a.example/"), HttpResponse(status=200)],
    ids=["request", "response"],
)
def test_a_message_does_not_change(message):
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.body = b"another"

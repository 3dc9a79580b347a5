"""What WWW-Authenticate says of a refused token, as a developer may read it."""

import pytest

from django_genauth.protocol.challenge import challenge_text
from django_genauth.protocol.messages import HttpResponse

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


def text_of(header):
    return challenge_text(HttpResponse(status=401, headers={"www-authenticate": header}))


@pytest.mark.parametrize(
    ("header", "text"),
    [
        pytest.param('Bearer error="invalid_token"', "invalid_token", id="Keycloak 26.7.3"),
        pytest.param(
            'Bearer realm="example", error="invalid_token", error_description="It has expired"',
            "invalid_token: It has expired",
            id="RFC 6750 3",
        ),
        pytest.param("Bearer error=invalid_token", "invalid_token", id="no quotes"),
        pytest.param('Bearer error = "invalid_token"', "invalid_token", id="white space"),
        pytest.param(
            'Bearer error_description="a \\"b\\", c"', 'a \\"b\\", c', id="quotes in quotes"
        ),
        pytest.param('Basic realm="x", Bearer error="x y"', "unregistered", id="a word of its own"),
        pytest.param('Bearer realm="x"', "", id="a realm alone"),
        pytest.param('Bearer my_error="x"', "", id="another parameter"),
        pytest.param("", "", id="nothing"),
        pytest.param('Bearer error="', "", id="half of it"),
    ],
)
def test_the_word_and_the_description_are_read(header, text):
    assert text_of(header) == text


def test_an_answer_without_the_header_says_nothing():
    assert challenge_text(HttpResponse(status=401)) == ""


def test_it_is_one_line_without_control_characters():
    said = text_of('Bearer error_description="a\r\n b\x00\x1b[31mc\x85d\u2028e"')

    assert said == "a b [31mc d e"


def test_it_has_at_most_200_characters():
    said = text_of(f'Bearer error="invalid_token", error_description="{"word " * 100}"')

    assert len(said) == 200


@pytest.mark.parametrize(
    "description",
    [f"{TOKEN} is bad", f"token={TOKEN}", f"({TOKEN})", TOKEN[:20], f"a'{TOKEN}'"],
)
def test_a_token_that_is_repeated_is_not_shown(description):
    said = text_of(f'Bearer error_description="{description}"')

    assert TOKEN[:20] not in said


def test_what_stands_behind_4000_characters_is_not_read():
    assert text_of("Bearer" + " " * 4_000 + 'error="invalid_token"') == ""

"""The one strict JSON reader."""

import json
import sys
import time

import pytest

from django_genauth.protocol.errors import (
    DiscoveryError,
    IDTokenError,
    KeySetError,
    TokenResponseError,
    UserInfoError,
)
from django_genauth.protocol.messages import read_json_document, read_json_object
from tests.protocol.material import all_that_shows


def deep(opening, closing, *, levels):
    """Nest an object in itself, or in lists: so many levels, the outermost object included."""
    return b'{"a":' + opening * (levels - 1) + b"0" + closing * (levels - 1) + b"}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b"{}", {}, id="empty"),
        pytest.param(b' \t\r\n{ "a" : 1 } \n', {"a": 1}, id="white space"),
        pytest.param(
            b'{"a":null,"b":true,"c":false}', {"a": None, "b": True, "c": False}, id="words"
        ),
        pytest.param(b'{"a":[{"a":1},{"a":1}]}', {"a": [{"a": 1}, {"a": 1}]}, id="same name, deep"),
        pytest.param(
            b'{"a":1,"A":2,"a ":3}', {"a": 1, "A": 2, "a ": 3}, id="names nearly the same"
        ),
        pytest.param(b'{"":""}', {"": ""}, id="an empty name"),
        pytest.param('{"é":"😀"}'.encode(), {"é": "😀"}, id="UTF-8"),
        pytest.param(b'{"a":"\\u00e9\\ud83d\\ude00"}', {"a": "é😀"}, id="escapes"),
        pytest.param(b'{"a":"\\ud800"}', {"a": "\ud800"}, id="half of a pair, escaped"),
        pytest.param(b'{"a":"\\u0000"}', {"a": "\x00"}, id="NUL, escaped"),
        pytest.param(
            b'{"a":-0.0,"b":1e3,"c":1E-400}', {"a": -0.0, "b": 1000.0, "c": 0.0}, id="floats"
        ),
        pytest.param(
            b'{"a":1.7976931348623157e308}', {"a": sys.float_info.max}, id="largest float"
        ),
        pytest.param(b'{"a":' + b"9" * 4300 + b"}", {"a": 10**4300 - 1}, id="4,300 digits"),
        pytest.param(deep(b"[", b"]", levels=3), {"a": [[0]]}, id="some nesting"),
    ],
)
def test_an_object_is_read(text, value):
    assert read_json_object(text, error=IDTokenError) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="a space"),
        pytest.param(b"null", id="null"),
        pytest.param(b"true", id="a boolean"),
        pytest.param(b"1", id="a number"),
        pytest.param(b'"a"', id="text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'[{"a":1}]', id="an object in a list"),
        pytest.param(b"<!doctype html>", id="HTML"),
        pytest.param(b"a=b", id="a form"),
        pytest.param(b"{", id="unfinished"),
        pytest.param(b'{"a":1', id="cut off"),
        pytest.param(b'{"a":1,}', id="a comma more"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b"{a:1}", id="a bare name"),
        pytest.param(b'{"a":1}{"a":1}', id="two objects"),
        pytest.param(b'{"a":1}x', id="text after"),
        pytest.param(b'{"a":1}\x00', id="NUL after"),
        pytest.param(b'{"a":1} // x', id="a comment"),
        pytest.param(b'{"a":01}', id="a leading zero"),
        pytest.param(b'{"a":+1}', id="a plus"),
        pytest.param(b'{"a":.5}', id="no digit before the point"),
        pytest.param(b'{"a":0x1}', id="hexadecimal"),
        pytest.param(b'{"a":1_000}', id="digits in groups"),
        pytest.param('{"a":\u0661}'.encode(), id="a digit beyond ASCII"),
        pytest.param(b'{"a":"\n"}', id="a bare line end in text"),
        pytest.param(b'{"a":"\\x41"}', id="an unknown escape"),
        pytest.param(b'{"a":"\\u12"}', id="an escape cut short"),
        pytest.param(b'{"a":1,"a":1}', id="a member twice"),
        pytest.param(b'{"a":1,"a":2}', id="a member twice, with two values"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="a member twice, once escaped"),
        pytest.param(b'{"b":{"a":1,"a":1}}', id="a member twice, deep"),
        pytest.param(b'{"b":[[{"c":{"a":1,"x":0,"a":1}}]]}', id="a member twice, deeper"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b'{"a":Infinity}', id="Infinity"),
        pytest.param(b'{"a":-Infinity}', id="minus Infinity"),
        pytest.param(b'{"a":[{"b":NaN}]}', id="NaN, deep"),
        pytest.param(b'{"a":1e999}', id="1e999"),
        pytest.param(b'{"a":-1e999}', id="-1e999"),
        pytest.param(b'{"a":[1e309]}', id="just too large, deep"),
        pytest.param(b'{"a":' + b"9" * 400 + b".0}", id="a float of 400 digits"),
        pytest.param(b'{"a":' + b"9" * 6000 + b"}", id="6,000 digits"),
        pytest.param(b'{"a":-' + b"9" * 6000 + b"}", id="minus 6,000 digits"),
        pytest.param(b"]" * 65 + b"{}", id="brackets that close nothing"),
        pytest.param(b'{"a":"\xff"}', id="an octet that UTF-8 has not"),
        pytest.param(b'{"a":"\xc3"}', id="a character cut short"),
        pytest.param(b'{"a":"\xc0\xaf"}', id="an overlong slash"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', id="half of a pair, encoded"),
        pytest.param(b'{"a":"\xe9"}', id="Latin-1"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a":1}'.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param('{"a":1}'.encode("utf-32"), id="UTF-32"),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(IDTokenError) as refused:
        read_json_object(text, error=IDTokenError)

    assert refused.value.code == "id_token.json"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(deep(b"[", b"]", levels=64), id="64 levels of arrays"),
        pytest.param(deep(b'{"a":', b"}", levels=64), id="64 levels of objects"),
        pytest.param(b'{"b":[],' + deep(b"[", b"]", levels=64)[1:], id="beside another array"),
        pytest.param(b'{"a":[' + b"{}," * 100 + b"[]]}", id="many objects side by side"),
        pytest.param(b'{"a":"' + b"[{" * 100 + b'"}', id="brackets in a text"),
        pytest.param(b'{"' + b"[" * 100 + b'":0}', id="brackets in a name"),
        pytest.param(b'{"a":"\\"' + b"[" * 100 + b'"}', id="brackets behind an escaped quote"),
    ],
)
def test_64_levels_of_nesting_are_read(text):
    assert read_json_object(text, error=IDTokenError) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(deep(b"[", b"]", levels=65), id="65 levels of arrays"),
        pytest.param(deep(b'{"a":', b"}", levels=65), id="65 levels of objects"),
        pytest.param(deep(b'[{"a":', b"}]", levels=34), id="both"),
        pytest.param(b'{"b":[],' + deep(b"[", b"]", levels=65)[1:], id="not in the first member"),
        pytest.param(b'{"\\\\":' + deep(b"[", b"]", levels=65)[5:], id="behind a text"),
        pytest.param(deep(b"[", b"]", levels=60_000), id="60,000 levels"),
        pytest.param(b"[" * 60_000, id="60,000 brackets that nothing closes"),
        pytest.param(b'{"a":' + b"[" * 64 + b'"' + b'\\"' * 90_000, id="a text without an end"),
    ],
)
@pytest.mark.parametrize("error", [DiscoveryError, IDTokenError])
def test_deeper_nesting_is_refused(text, error):
    with pytest.raises(error) as refused:
        read_json_object(text, error=error)

    assert refused.value.code == f"{error.code}.nesting"


@pytest.mark.parametrize("error", [DiscoveryError, KeySetError, TokenResponseError, UserInfoError])
@pytest.mark.parametrize("text", [b"{", b"[]"], ids=["not well-formed", "no object"])
def test_the_error_is_of_the_class_that_the_caller_names(text, error):
    with pytest.raises(error) as refused:
        read_json_object(text, error=error)

    assert refused.value.code == f"{error.code}.json"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"access_token":"hidden-away",}', id="not well-formed"),
        pytest.param(b'{"access_token":"hidden-away","\xff"}', id="no UTF-8"),
        pytest.param(b'{"hidden-away":1,"hidden-away":1}', id="a member twice"),
        pytest.param(b'["hidden-away"]', id="no object"),
        pytest.param(b'{"hidden-away":1e999}', id="too large a number"),
    ],
)
def test_the_text_is_not_shown(text):
    shown = all_that_shows(lambda: read_json_object(text, error=TokenResponseError))

    assert "token_response.json" in shown
    assert "hidden-away" not in shown


def test_a_document_may_begin_with_a_byte_order_mark():
    """RFC 8259 8.1 lets a reader ignore it."""
    assert read_json_document(b'\xef\xbb\xbf {"a":1}', error=IDTokenError) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', id="two marks"),
        pytest.param(b' \xef\xbb\xbf{"a":1}', id="a mark behind a space"),
        pytest.param(b'{"a":1}\xef\xbb\xbf', id="a mark behind the document"),
        pytest.param(b'\xff\xfe{"a":1}', id="the mark of another encoding"),
        pytest.param(b"\xef\xbb\xbf", id="a mark alone"),
    ],
)
def test_a_mark_anywhere_else_is_refused(text):
    with pytest.raises(IDTokenError) as refused:
        read_json_document(text, error=IDTokenError)

    assert refused.value.code == "id_token.json"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(b'{"a":0,"groups":1,"groups":2}', "groups", id="a claim"),
        pytest.param(b'{"x":{"b":1,"a":1,"a":1}}', "a", id="a member further in"),
        pytest.param(
            b'{"https://a.b/c-d_e":1,"https://a.b/c-d_e":1}', "https://a.b/c-d_e", id="URL"
        ),
    ],
)
def test_a_member_that_stands_twice_in_a_signed_text_is_named(text, name):
    with pytest.raises(IDTokenError) as refused:
        read_json_object(text, error=IDTokenError, is_signed=True)

    assert f"claim {name} stands twice" in str(refused.value)


@pytest.mark.parametrize(
    ("member", "is_signed"),
    [
        pytest.param("hidden", False, id="nobody signed it"),
        pytest.param("hidden\\nline", True, id="a line end"),
        pytest.param("hidden" * 11, True, id="long"),
        pytest.param("hidden away", True, id="a space"),
        pytest.param("hidd\u00e9n", True, id="beyond ASCII"),
    ],
)
def test_any_other_member_that_stands_twice_is_not_named(member, is_signed):
    text = f'{{"{member}":1,"{member}":2}}'.encode()

    with pytest.raises(IDTokenError) as refused:
        read_json_object(text, error=IDTokenError, is_signed=is_signed)

    assert str(refused.value) == "A member stands twice in the answer's JSON."


def test_many_members_with_one_twice_cost_no_more_than_their_reading():
    members = b",".join(b'"%d":0' % number for number in range(100_000))
    before = time.perf_counter()

    with pytest.raises(IDTokenError):
        read_json_object(b"{" + members + b',"99999":0}', error=IDTokenError)

    assert time.perf_counter() - before < 2

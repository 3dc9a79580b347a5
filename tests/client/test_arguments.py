"""Where an answer is looked for, and to which address the browser was sent."""

import pytest

from django_genauth.client.arguments import split_callback

SITE = "https://site.example/callback/"


@pytest.mark.parametrize(
    ("url", "address", "parameters"),
    [
        pytest.param(f"{SITE}?code=a&state=b", SITE, "code=a&state=b", id="in the query"),
        pytest.param(f"{SITE}#code=a&state=b", SITE, "code=a&state=b", id="behind the #"),
        pytest.param(
            f"{SITE}?tenant=1#code=a&state=b",
            f"{SITE}?tenant=1",
            "code=a&state=b",
            id="behind the #, and the redirect URI has a query",
        ),
        pytest.param(
            f"{SITE}?tenant=1#error=a&state=b",
            f"{SITE}?tenant=1",
            "error=a&state=b",
            id="an error behind the #, and the redirect URI has a query",
        ),
        pytest.param(
            f"{SITE}?code=a&state=b#_=_", SITE, "code=a&state=b", id="in the query, and a stray #"
        ),
        pytest.param(
            f"{SITE}?error=a&state=b#top=", SITE, "error=a&state=b", id="an error, and a stray #"
        ),
        pytest.param(f"{SITE}?tenant=1", SITE, "tenant=1", id="nowhere"),
        pytest.param(f"{SITE}?code=#", SITE, "code=", id="an empty code, and an empty #"),
    ],
)
def test_an_answer_is_found_where_it_stands(url, address, parameters):
    pairs = [tuple(pair.split("=")) for pair in parameters.split("&")]

    assert split_callback(url) == (address, pairs)

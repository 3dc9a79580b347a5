"""buildLogoutUrl: GenAuth's own page, and the standard's."""

from tests.client.sdk.material import offline


def test_genauths_own_page_signs_out():
    url = offline().build_logout_url(redirect_uri="https://www.genauth.ai")

    assert url == (
        "https://oidc1.genauth.ai/login/profile/logout?redirect_uri=https%3A%2F%2Fwww.genauth.ai"
    )


def test_genauths_own_page_needs_no_way_back():
    assert offline(protocol="oauth").build_logout_url() == (
        "https://oidc1.genauth.ai/login/profile/logout"
    )


def test_the_standards_page_signs_out():
    url = offline().build_logout_url(
        expert=True, id_token="a.b.c", redirect_uri="https://www.genauth.ai?a=1&b=2", state="s"
    )

    assert url == (
        "https://oidc1.genauth.ai/oidc/session/end?id_token_hint=a.b.c"
        "&post_logout_redirect_uri=https%3A%2F%2Fwww.genauth.ai%3Fa%3D1%26b%3D2&state=s"
    )

"""Methods of the client that a subclass may override, as each stands on the class."""

import pytest

from django_genauth.client import AuthenticationClient


@pytest.mark.parametrize("name", ["refresh", "introspect", "revoke"])
def test_a_request_about_a_token_is_a_method_of_the_class(name):
    assert callable(vars(AuthenticationClient)[name])

"""The mixin for Django's test cases, and the fixture for pytest."""

from django.test import SimpleTestCase, TestCase

from django_genauth.testing import FakeGenAuth, GenAuthTestMixin, genauth_login
from django_genauth.testing.pytest_plugin import genauth  # noqa: F401 # a fixture


class TestWithTheMixin(GenAuthTestMixin, TestCase):
    """Each test begins with a fake of its own."""

    def test_the_fake_stands_in(self):
        genauth_login(self.client)

        assert FakeGenAuth.active is self.genauth
        self.assertContains(self.client.get("/members/"), "user: ")

    def test_a_fault_is_not_left_to_the_next_test(self):
        self.genauth.goes_down()

        assert self.genauth.sign_in(self.client).status_code == 503


class TestWithTheMixinBehind(TestCase, GenAuthTestMixin):
    """The order of the two does not matter."""

    def test_the_fake_stands_in(self):
        assert FakeGenAuth.active is self.genauth


class TestWithoutTheMixin(SimpleTestCase):
    """Nobody stands in for whoever did not ask for it."""

    def test_no_fake_stands_in(self):
        assert FakeGenAuth.active is None


def test_the_fixture_stands_in(genauth, client, db):  # noqa: F811 # the fixture
    user = genauth_login(client)

    assert FakeGenAuth.active is genauth
    assert client.get("/members/").content.decode() == f"user: {user}"

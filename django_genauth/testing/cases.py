"""The mixin for Django's test cases."""

from __future__ import annotations

from django.test import SimpleTestCase

from django_genauth.testing.fake import FakeGenAuth


class GenAuthTestMixin(SimpleTestCase):
    """Let a fake GenAuth stand in for the provider of every app during each test.

    It is `self.genauth`. Put the mixin before `TestCase` or one of its like.
    """

    genauth: FakeGenAuth

    def setUp(self) -> None:
        """Begin with a fake that nothing is wrong with."""
        super().setUp()
        self.genauth = self.enterContext(FakeGenAuth())

"""Providers that the tests sign in with: one scripted, one on Node, and the project's stand-in.

Each runs over real sockets. What the tests expect of `django_genauth` stands in the test modules.
"""

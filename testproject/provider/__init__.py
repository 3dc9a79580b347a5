"""A stand-in for GenAuth, built on django-oauth-toolkit: for the demo and the tests, never for use.

It is a project of its own, in a process of its own (`python -m provider`), and knows nothing of
django_genauth. GenAuth's console and what that manages are not here.
"""

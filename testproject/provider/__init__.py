"""A stand-in for GenAuth, built on django-oauth-toolkit: for the demo and the tests, never for use.

It is a project of its own, in a process of its own (`python -m provider`), and knows nothing of
django_genauth. What GenAuth does beyond signing people in by browser is not here.
"""

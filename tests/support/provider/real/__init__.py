"""Providers that people run, in processes of their own: Keycloak, LemonLDAP::NG and Glewlwyd.

Each is set up as its page under `docs/howto/providers/` says; see `documented`.
"""

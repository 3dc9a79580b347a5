"""The signals of this app, each with its arguments.

Receivers of the first three run inside the login; one that raises ends it. Those of the last stop
what was to be done. Those of the others cannot stop what has happened: what they raise is logged.
"""

from django.dispatch import Signal

# identity, created (whether the user was made for it), request
identity_linked = Signal()
# user, claims, request
user_created = Signal()
# user, changed (names of the fields), claims
user_updated = Signal()
# app (the alias), user, request
login_succeeded = Signal()
# app (the alias), error (a GenAuthError), reference (as on the page), request
login_failed = Signal()
# grant (a Grant, as it is now)
tokens_refreshed = Signal()
# grant, reason ("revoked", "logged_out", or the code of the provider's refusal)
tokens_revoked = Signal()
# session (a LoginSession, as it was), channel ("back-channel", "front-channel" or "webhook")
logged_out_remotely = Signal()
# identity, event ("kick", "user:deleted", "user:password-changed" or "user:updated"), app
person_changed = Signal()
# app (the alias), endpoint (its metadata name), status (or None), seconds, waited (for a turn, in
# seconds), error (a code, or None)
provider_asked = Signal()
# source (the caller's connection to the database), connection (that of a thread of this app)
connection_opened = Signal()
# no arguments: grants were marked as to be revoked later
revocation_pending = Signal()

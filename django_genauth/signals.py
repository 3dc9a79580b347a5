"""What a site can be told of, each signal with its arguments.

Receivers run inside the login; one that raises ends it, but for `login_failed`, whose receivers
cannot keep the page of the failure from being shown.
"""

from django.dispatch import Signal

# identity, created (whether the user was made for it), request
identity_linked = Signal()
# user, claims, request
user_created = Signal()
# user, changed (names of the fields), claims
user_updated = Signal()
# app (the alias), error (a GenAuthError), reference (as on the page), request
login_failed = Signal()

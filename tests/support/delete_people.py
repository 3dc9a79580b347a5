"""A program: delete people whose grants the provider really gave, at a site of its own.

With the tokens of each as a line of JSON on standard input. A worker has to revoke them.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 # Django had to be set up first

from django_genauth import grants  # noqa: E402 # likewise
from django_genauth.conf import get_app  # noqa: E402 # likewise
from django_genauth.models import Grant, Identity  # noqa: E402 # likewise
from django_genauth.protocol.tokens import TokenSet  # noqa: E402 # likewise

for number, line in enumerate(sys.stdin):
    user = get_user_model().objects.create(username=f"person{number}")
    identity = Identity.objects.create(user=user, issuer="https://acme.genauth.ai", subject=number)
    grants.store(identity, get_app(), TokenSet(**json.loads(line)))
get_user_model().objects.all().delete()
sys.stdout.write(",".join(Grant.objects.values_list("state", flat=True)))

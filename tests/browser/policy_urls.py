"""The example site, with a book to write in and an address that lets the access token run out."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required, user_passes_test
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from django_genauth.sessions.entry import SessionEntry
from website.urls import urlpatterns as website

BOOK = """{% extends "website/base.html" %}
{% block title %}The book{% endblock %}
{% block content %}<h1>The book</h1>
<pre>{{ request.POST.words }}</pre>
<form method="post" enctype="multipart/form-data">{% csrf_token %}
<label>Your words <textarea name="words"></textarea></label>
<label>A picture <input type="file" name="picture"></label>
<button>Write</button></form>
<p>Picture: {% for part in request.FILES.picture.chunks %}{{ part|length }} octets{% endfor %}</p>
{% endblock %}"""


@login_required
def book(request: HttpRequest) -> HttpResponse:
    """Show what was written, and the form."""
    return HttpResponse(Template(BOOK).render(RequestContext(request)))


def run_out(request: HttpRequest) -> HttpResponse:
    """Be an hour later."""
    entry = SessionEntry.read(request.session)
    if entry is not None:
        replace(entry, expires_at=0).write(request.session)
    return HttpResponse("An hour has passed.")


@user_passes_test(lambda user: False)
def vault(request: HttpRequest) -> HttpResponse:
    """Be a page that sends everybody back to the login."""
    return HttpResponse("Nobody sees this.")


urlpatterns = [
    path("book/", book),
    path("run-out/", run_out),
    path("vault/", vault),
    *website,
]

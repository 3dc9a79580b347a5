"""The button that signs in, as HTML to compare with."""

from django.template.loader import render_to_string


def button_link(address: str, label: str = "Sign in with GenAuth") -> str:
    """Return the link with its picture, without the style before it."""
    page = render_to_string("genauth/button.html", {"login_url": address, "label": label})
    return page.partition("</style>")[2].strip()

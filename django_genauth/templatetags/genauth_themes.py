"""The tag that puts the button on the login page of an admin theme.

The templates of this app use it, and nobody else.
"""

from __future__ import annotations

from typing import Final

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.loader_tags import BLOCK_CONTEXT_KEY

register: Final = template.Library()


class _BlockWithoutSidebar(template.Node):
    """Show a block of this template in another place, where the theme has no block `sidebar`.

    Django leaves a block out that no template behind this one has. django-unfold and
    django-jazzmin lack `sidebar`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: Context) -> str:
        """Return the block, or an empty text where `sidebar` will show it."""
        blocks = context.render_context[BLOCK_CONTEXT_KEY]
        # The first one is that of the template behind all others.
        if blocks.blocks["sidebar"][0].origin != self.origin:
            return ""
        return str(blocks.get_block(self.name).render(context))


@register.tag
def block_without_sidebar(parser: Parser, token: Token) -> template.Node:
    """Show the block of this name here, where the theme has no block `sidebar`."""
    return _BlockWithoutSidebar(token.split_contents()[1].strip('"'))

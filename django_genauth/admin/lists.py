"""Base classes of the admin's lists, which stay fast with a million rows.

Nothing is counted, sorted or searched without an index, but for the users' addresses, on which few
user models have one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import template_localtime  # type: ignore[attr-defined] # not in the stubs
from django.utils.translation import gettext_lazy

from django_genauth.conf import aliases

# A hundred pages; people who look for more search or filter.
MOST_COUNTED: Final = 10_000
_MOST_FOUND: Final = 1_000
# In characters.
_UNBROKEN: Final = 12


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs alone
    """A paginator that does not count further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or the most that is counted."""
        rows: QuerySet[Model] = self.object_list  # type: ignore[assignment] # the admin's lists are
        return rows[:MOST_COUNTED].count()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # likewise
    """A list of rows that logins alone make and change."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Any other order would sort the table.
    ordering = ("-pk",)
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: who somebody is is proven, not typed."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: an identity that is given to another user is another person's way in."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether a list's address may filter by a field, which the page has to show."""
        shown = lookup.partition("__")[0] in (self.fields or ())
        return shown and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the newest rows that have a field equal to the term.

        Each field is looked up by itself: an OR over joined tables would use no index.
        """
        term = search_term.strip()
        if not term:
            return queryset, False
        found: set[Any] = set()
        for name in self.get_search_fields(request):
            found.update(queryset.filter(**{name: term}).values_list("pk", flat=True)[:_MOST_FOUND])
        return queryset.filter(pk__in=found), False


class AppFilter(admin.SimpleListFilter):
    """The filter by app. It lists GENAUTH's, as those of the rows would have to be collected."""

    title = gettext_lazy("app")
    parameter_name = "app"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the aliases."""
        return [(alias, alias) for alias in aliases()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the app that was chosen."""
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(app=chosen)


def breakable(text: str) -> str:
    """Return a long word that may be broken, so that a list fits a window."""
    parts = [text[at : at + _UNBROKEN] for at in range(0, len(text), _UNBROKEN)]
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))


def moment(name: str, description: Any) -> Callable[[Any], Any]:
    """Return a column that shows a date in figures, a line for the day and one for the time."""

    @admin.display(description=description)
    def column(row: Model) -> str | None:
        value: datetime | None = getattr(row, name)
        if value is None:
            return None
        here = template_localtime(value)
        words = [date_format(here, each) for each in ("SHORT_DATE_FORMAT", "TIME_FORMAT")]
        return format_html_join(" ", '<span class="nowrap">{}</span>', ((each,) for each in words))

    # The admin names the column's class by it.
    column.__name__ = name
    return column

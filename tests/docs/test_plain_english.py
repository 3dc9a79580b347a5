"""The documentation is read once, also by a reader whose English is a second language."""

import re
from statistics import median

import pytest

from tests.support.pages import PAGES
from tests.support.prose import sentences

# Two pages only hand on a file of the root.
READ = sorted(set(PAGES) - {"docs/changelog.rst", "docs/contributing.rst"})


def words(sentence):
    return len(sentence.split())


@pytest.mark.parametrize("page", READ)
def test_no_sentence_has_more_than_40_words(page):
    assert [each for each in sentences(page) if words(each) > 40] == []


@pytest.mark.parametrize("page", READ)
def test_the_median_sentence_has_less_than_18_words(page):
    assert median([words(each) for each in sentences(page)] or [0]) < 18


@pytest.mark.parametrize("page", READ)
def test_a_sentence_names_people_and_does_not_begin_with_who(page):
    # "Who signs in ..." is read twice; "People who sign in ..." once. A question may begin so.
    begun = [each for each in sentences(page) if re.match(r"Who(ever)? ", each)]

    assert [each for each in begun if not each.endswith("?")] == []


def test_sentences_are_found_in_lists_notes_and_entries_of_settings_and_not_in_code():
    found = sentences("docs/reference/settings.rst")

    assert "Keep it out of the repository." in found
    assert not [each for each in found if "GENAUTH = {" in each]

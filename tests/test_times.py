"""Times as columns hold them, with zones and without."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from django_genauth.times import as_stored, from_timestamp


def test_a_time_keeps_its_zone(settings):
    settings.USE_TZ = True

    assert from_timestamp(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_without_zones_it_is_local_time(settings):
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Shanghai"

    assert from_timestamp(0) == datetime(1970, 1, 1, 8)  # as columns hold it


@pytest.mark.parametrize("use_tz", [True, False])
def test_it_can_be_compared_with_the_present(settings, use_tz):
    settings.USE_TZ = use_tz

    assert abs(as_stored(datetime.now(tz=UTC)) - timezone.now()) < timedelta(seconds=10)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Chicago"])
@pytest.mark.parametrize("time", [datetime.max, datetime.min], ids=["the last", "the first"])
def test_the_ends_of_time_are_times(settings, zone, time):
    settings.USE_TZ = False
    settings.TIME_ZONE = zone

    assert abs(as_stored(time.replace(tzinfo=UTC)) - time) < timedelta(hours=9)

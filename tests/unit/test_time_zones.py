"""Which time zones there are."""

import pytest

from coalition.domain.time_zones import is_time_zone


@pytest.mark.parametrize("name", ["Europe/Moscow", "America/Argentina/Buenos_Aires", "UTC"])
def test_zone__of_the_iana_database__is_one(name):
    assert is_time_zone(name)


@pytest.mark.parametrize("name", ["", "Moscow", "europe/moscow", "MSK", "+03:00", "localtime", "Factory", "../UTC"])
def test_zone__any_other_name__is_none(name):
    assert not is_time_zone(name)

import csv
from datetime import date, timedelta
from statistics import mean

from nbauth.demo.rides import COLUMNS, YEAR, rides_csv


def rides() -> list[dict[str, str]]:
    return list(csv.DictReader(rides_csv().splitlines()))


def test_the_data_set_is_the_same_at_every_start():
    assert rides_csv() == rides_csv()


def test_there_is_one_row_for_each_day_of_the_year():
    days = [date(YEAR, 1, 1) + timedelta(days=number) for number in range(365)]
    assert [row["date"] for row in rides()] == [day.isoformat() for day in days]


def test_every_row_has_a_number_in_every_column():
    for row in rides():
        assert tuple(row) == COLUMNS
        assert -20 < float(row["temperature_c"]) < 40
        assert float(row["rain_mm"]) >= 0
        assert int(row["rides"]) > 0


def test_more_people_ride_in_summer_than_in_winter():
    def rides_a_day(month: str) -> float:
        return mean(int(row["rides"]) for row in rides() if row["date"][5:7] == month)

    assert rides_a_day("07") > 1.5 * rides_a_day("01")

"""The data set in the demo's bucket: a year of bicycle rides in a town, and the weather they were ridden in.

Made up, and the same at every start.
"""

import csv
import io
import math
import random
from datetime import date, timedelta

YEAR = 2025
COLUMNS = ("date", "temperature_c", "rain_mm", "rides")


def rides_csv() -> str:
    """Return the data set: one row a day, with a header."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    chance = random.Random(YEAR)  # noqa: S311 - weather, not secrets
    warmer_than_usual = 0.0
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        warmer_than_usual = 0.7 * warmer_than_usual + chance.gauss(0, 2)  # warm days come in spells
        temperature = 10.5 - 8.5 * math.cos(math.tau * (day.timetuple().tm_yday - 20) / 365) + warmer_than_usual
        rain = chance.expovariate(1 / 5) if chance.random() < 0.42 else 0.0
        usual = 4200 if day.weekday() < 5 else 3100  # fewer people ride at the weekend
        rides = usual * (1 + 0.045 * (temperature - 10)) * math.exp(-0.04 * rain) * chance.gauss(1, 0.06)
        table.writerow((day.isoformat(), f"{temperature:.1f}", f"{rain:.1f}", max(round(rides), 120)))
        day += timedelta(days=1)
    return text.getvalue()

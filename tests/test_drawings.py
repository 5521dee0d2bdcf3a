"""Timeline and map: numbers from data, without a browser."""

from __future__ import annotations

from datetime import date

import pytest

from endpoint.maps import WIDTH, Atlas, drawn
from endpoint.outlines import land, unrolled
from endpoint.timeline import day, years
from kg.store import Store

PLACE = "https://example.org/id/lg/a"
LINES = [
    f"<{PLACE}> <http://www.opengis.net/ont/geosparql#hasGeometry> <{PLACE}#geometry> <https://example.org/graph/ref> .",
    f'<{PLACE}#geometry> <http://www.opengis.net/ont/geosparql#asWKT> "POINT(138.25 36.5)"'
    "^^<http://www.opengis.net/ont/geosparql#wktLiteral> <https://example.org/graph/ref> .",
]


def test_a_thing_with_coordinates_gets_a_map_and_one_without_none():
    atlas = Atlas(Store.load(LINES))
    found = atlas.around(PLACE, lambda iri: "Kirihara")
    assert found is not None and atlas.around("https://example.org/id/lg/b", str) is None
    (spot,) = found.spots
    assert (spot.name, spot.here) == ("Kirihara", True)
    assert abs(spot.x - WIDTH / 2) < 1 and abs(spot.y - found.height / 2) < 1, "one place lies in the middle"
    assert found.land and found.lines


def test_places_far_apart_share_one_map():
    found = drawn([("London", (-0.1, 51.5), False), ("Sydney", (151.2, -33.9), False)])
    west, east = sorted(found.spots, key=lambda spot: spot.x)
    assert (west.name, east.name) == ("London", "Sydney") and west.y < east.y
    assert all(0 <= spot.x <= found.width and 0 <= spot.y <= found.height for spot in found.spots)


def test_a_map_goes_the_short_way_round_the_globe():
    """Hilo and Nagasaki lie on both sides of the date line: the map is of the Pacific, and no land runs across it in stripes."""
    found = drawn([("Nagasaki", (129.9, 32.8), True), ("Hilo", (-155.1, 19.7), False)])
    hilo, nagasaki = found.spots
    assert (hilo.name, nagasaki.name) == ("Hilo", "Nagasaki") and nagasaki.x < hilo.x
    assert hilo.x - nagasaki.x > WIDTH / 2 and all(0 < spot.x < WIDTH and 0 < spot.y < found.height for spot in found.spots)
    steps = [
        abs(a - b) for path in found.land for corners in [[float(corner.split(",")[0]) for corner in path[1:-1].split("L")]]
        for a, b in zip(corners, corners[1:], strict=False) if {a, b}.isdisjoint({0, WIDTH})
    ]  # fmt: skip
    assert steps and max(steps) < WIDTH / 4


def test_land_is_cut_at_the_window():
    window = (130.0, 30.0, 145.0, 45.0)
    rings = unrolled(window)
    assert rings and len(land("land-50m")) > len(land("land-110m")) > 100
    assert all(130 <= x <= 145 and 30 <= y <= 45 for ring in rings for x, y in ring)
    assert unrolled((-30.0, 30.0, -29.0, 31.0)) == [], "the middle of the Atlantic"
    wide = unrolled((100.0, 0.0, 200.0, 60.0))
    assert sum(map(len, wide)) / 100**2 < sum(map(len, rings)) / 15**2, "a small window is drawn finer"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2006", date(2006, 1, 1), date(2006, 12, 31)), ("2008-02", date(2008, 2, 1), date(2008, 2, 29)),
     ("2006-12", date(2006, 12, 1), date(2006, 12, 31)), ("2019-01-20", date(2019, 1, 20), date(2019, 1, 20))],
)  # fmt: skip
def test_a_year_and_a_month_stand_for_their_days(text, first, last):
    assert (day(text), day(text, last=True)) == (first, last)


def test_bounds_are_told_in_years():
    assert [years("2010-04-01", "2011-03-31"), years("2019-01-20", "2019-01-26"), years("2003-04-01", None)] == ["2010–2011", "2019", "2003–"]

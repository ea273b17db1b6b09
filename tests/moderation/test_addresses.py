"""Addresses of many countries, and what only looks like one."""

import pytest

from app.moderation import judge

FOUND = [
    ("DE", "Am Alten Markt 7, 50667 Köln", "Am Alten Markt 7, 50667 Köln"),
    ("DE", "Die Wohnung ist in der Kastanienallee 82, 10435 Berlin", "Kastanienallee 82, 10435 Berlin"),
    ("DE", "Goethestr. 23, Hinterhaus, 60313 Frankfurt", "Goethestr. 23, Hinterhaus, 60313 Frankfurt"),
    ("AT", "Kärntner Ring 5, 1010 Wien", "Kärntner Ring 5, 1010 Wien"),
    ("NO", "Karl Johans gate 22, 0026 Oslo", "Karl Johans gate 22, 0026 Oslo"),
    ("NL", "Oudegracht 158, 3511 AZ Utrecht", "Oudegracht 158, 3511 AZ Utrecht"),
    ("NL", "ik woon op Witte de Withstraat 50", "Witte de Withstraat 50"),
    ("CZ", "Na Příkopě 14, 110 00 Praha", "Na Příkopě 14, 110 00 Praha"),
    ("PL", "Aleje Jerozolimskie 65, Warszawa", "Aleje Jerozolimskie 65"),
    ("RU", "Невский проспект 28", "Невский проспект 28"),
    ("RU", "ул. Тверская, д. 13, кв. 4", "ул. Тверская, д. 13"),
    ("TR", "İstiklal Caddesi No: 112, Beyoğlu", "İstiklal Caddesi No: 112"),
    ("AR", "Av. Corrientes 1368, Buenos Aires", "Av. Corrientes 1368"),
    ("BR", "Av. Paulista, 1578 - Bela Vista", "Av. Paulista, 1578"),
    ("CO", "Carrera 7 # 71-21, Bogotá", "Carrera 7 # 71-21"),
    ("JP", "2-11-3 Meguro, Meguro-ku, Tokyo", "2-11-3 Meguro, Meguro-ku"),
    ("IN", "Flat 302, Lotus Apartments, MG Road, Bengaluru 560001", "Flat 302, Lotus Apartments, MG Road, Bengaluru 560001"),
    ("GB", "14 The Crescent, Leeds LS6 2NW", "14 The Crescent, Leeds LS6 2NW"),
    ("GB", "Rose Cottage, Mill Lane, Ashby LE65 1AA", "Mill Lane, Ashby LE65 1AA"),
    ("US", "my address is 1208 Elm", "1208 Elm"),
    ("US", "15 Broadway, 4th floor", "15 Broadway"),
    ("US", "five fifteen Maple Avenue, the blue door", "five fifteen Maple Avenue"),
    ("US", "apt 12 at 340 Lakeview Terrace", "340 Lakeview Terrace"),
    ("US", "The job is at 4417 Willow Bend Drive, Plano, TX 75024", "4417 Willow Bend Drive, Plano, TX 75024"),
    ("US", "I'm at 2101 Old Mill Rd, Austin TX 78701", "2101 Old Mill Rd, Austin TX 78701"),
]  # fmt: skip
NONE = """
The unit is rated 12, 45000 BTU
Windows 11, 10240 Build works
Lot 14, 35000 Square feet of grass
on May 5, 2024 Budapest hosted the fair
Chapter 12, 10115 Words in total
2 Broadway tickets
my address is the same as before
I live on 2 Acres
meet me at 7 Friday please
call A1 2BC for parts
ratio 2-11-3 mix
42 The Green ones please
5 New Drive belts please
2 Big Way signs
Old Mill brand, 12 of them
Calle 13 concert on 5-6
ten fifteen Minute drive
Route 66 trip
""".strip().split("\n")


@pytest.mark.parametrize(("region", "text", "address"), FOUND)
def test_an_address_is_found_in_the_form_of_its_country(region: str, text: str, address: str) -> None:
    """With the words and the order of the place; what is masked holds all of it."""
    found = [one for one in judge(text, region=region).threats_detected if one.kind == "address"]
    assert [one.kind for one in judge(text, region=region).threats_detected] == ["address"]
    assert address in text[found[0].span[0] : found[0].span[1]]


@pytest.mark.parametrize("text", NONE)
def test_names_and_numbers_are_no_address(text: str) -> None:
    """Parts, counts, dates and shows with capitals and numbers beside them."""
    assert judge(text).threats_detected == ()

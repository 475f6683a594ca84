"""The countries of addresses: the codes of ISO 3166-1 (https://www.iso.org/obp/ui/#search/code/), and Kosovo.

CLDR has their names. Its own list of territories also has groups of countries, unknown regions and codes for tests.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale

_ENGLISH: Final = Locale("en")
_ASSIGNED: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
_CODES: Final = frozenset(_ASSIGNED.split())


def country_name(code: str | None) -> str:
    """Return "United States" for "US"; an unknown code is returned unchanged."""
    return str(_ENGLISH.territories.get((code or "").upper(), code or ""))


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """Return codes and names, sorted by name."""
    return tuple(sorted(((code, country_name(code)) for code in _CODES), key=lambda pair: pair[1]))

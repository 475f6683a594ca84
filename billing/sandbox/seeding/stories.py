"""The story of each billing account. An account without one pays by card and on time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.sandbox.seeding.story import EXPIRED, SEPA, Method, Plan, Story


def _seats(locations: int, users: int, sso: int = 0) -> dict[str, int]:
    return {"locations": locations, "users": users, **({"sso": sso} if sso else {})}


_UNPAID: Final = {0: "open", 1: "open", 2: "open", 3: "open", 4: "uncollectible", 5: "uncollectible"}

ACME: Final[Mapping[str, Story]] = {
    "cus_a1b2c3d4e5f6g7h8": Story(  # the documented account: pays, with a coupon
        (Plan(_seats(10, 50), metadata={"order_id": "6735"}, began=9, id="sub_a1b2c3d4e5f6g7h8"),),
        (
            Method(name="Jane Doe", bank_name="StripeBank", id="pm_a1b2c3d4e5f6g7h8"),
            Method(brand="mastercard", last4="5454", name="John Roe", default=False, expires_in=14),
        ),
        discount=("10% Off Coupon", 10),
    ),
    "cus_qctd7kt95e167w1b": Story((Plan(_seats(12, 80, 1)),), (Method(expires_in=0),)),
    "cus_w63aa2idepcaseqk": Story(
        (Plan(_seats(8, 35)),), (Method(brand="amex", last4="0005", expires_in=1),)
    ),
    "cus_tiieclw5118uht1p": Story(
        (Plan(_seats(6, 40), "past_due", began=12, invoices={0: "open"}),), (EXPIRED,)
    ),
    "cus_jqaxnjbz7p0x7r4p": Story(  # two cards, neither is the default
        (Plan(_seats(4, 20)),),
        (Method(default=False), Method(brand="mastercard", last4="5454", default=False)),
    ),
}
TABLE_BAY: Final[Mapping[str, Story]] = {
    "cus_4w5g778bg26zcp1c": Story(
        (Plan(_seats(30, 90), "unpaid", began=5, invoices=_UNPAID, net_days=30),), ()
    ),
    "cus_z1wzsjtyaxo50ix8": Story((Plan(_seats(14, 25), "paused"),)),
    "cus_kcsc64cqqovua1p2": Story((Plan(_seats(9, 9), "canceled", ends=-130),), (EXPIRED,), usage=0),
    "cus_9z3sle8j0misiddp": Story(  # three active subscriptions, which is the limit
        (
            Plan(_seats(22, 140)),
            Plan({"sso": 1}, interval="year"),
            Plan({"users": 60}, metadata={"project": "Mossel Bay"}),
        ),
        usage=85,
    ),
    "cus_y7638pi8s3a0s6x9": Story((Plan(_seats(3, 12), began=0, invoices={0: "draft"}, net_days=30),), ()),
    "cus_0wydykcpdwm6n715": Story(
        (Plan(_seats(45, 600, 1), interval="year", net_days=30),), discount=("Education 30%", 30), usage=92
    ),
    "cus_izaumctstseorv3x": Story(  # five payment methods, which is the limit
        (Plan(_seats(5, 18)),),
        (
            Method(),
            Method(brand="mastercard", last4="4444", default=False),
            Method(brand="discover", last4="1117", default=False),
            Method("link", None, None, None, default=False),
            Method("paypal", None, None, None, name="fleet@windhoek.example", default=False),
        ),
    ),
}
NORTHGATE: Final[Mapping[str, Story]] = {
    "cus_dcpze5oa7rau1cm5": Story(
        (Plan(_seats(214, 1900, 1), net_days=30, invoices={0: "open"}, began=6),),
        (Method("bacs_debit", None, "2345", None, bank_name="Northern Clearing"),),
        discount=("Volume 15%", 15),
        usage=94,
    ),
    "cus_gfd45llrc8jkjwph": Story((Plan(_seats(18, 130), net_days=14),), (SEPA,)),
    "cus_6wt00zpe2asarjqb": Story((Plan(_seats(11, 75), invoices={4: "void"}),), (SEPA,)),
    "cus_d7kzq2cdtj7a8nxv": Story((Plan(_seats(7, 30), "incomplete", began=1, invoices={0: "open"}),)),
    "cus_9eqqwwovg6kw4jyj": Story(
        (Plan(_seats(16, 110), intervals={"locations": "year"}),),
        (Method("ideal", None, None, None, bank_name="Polderbank"),),
    ),
    "cus_htgavwhwd2d28c6d": Story((Plan(_seats(9, 44), invoices={7: "uncollectible", 11: "void"}),)),
    "cus_w4uop79jnr5u4q9x": Story(
        (Plan(_seats(6, 28)),), (Method(brand="amex", last4="8431", expires_in=4),)
    ),
    "cus_i2u2kwdy1fgvdwzx": Story(
        (Plan(_seats(3, 9), "past_due", began=3, invoices={0: "open", 1: "paid"}),), (EXPIRED,)
    ),
}
PACIFIC: Final[Mapping[str, Story]] = {
    "cus_olqbydfdpihuvryr": Story(
        (Plan(_seats(26, 310), net_days=14),),
        (Method("au_becs_debit", None, "6789", None, bank_name="Harbour Mutual"),),
    ),
    "cus_2z70wh50vc7q96be": Story((Plan(_seats(12, 60)),), usage=100),
    "cus_brj7ajb0fxvmh7n2": Story(
        (Plan(_seats(19, 85)),), (Method("paypal", None, None, None, name="accounts@southerncross.example"),)
    ),
    "cus_3m59cfbzvvccg5er": Story((Plan(_seats(8, 64, 1)),), (Method("link", None, None, None),)),
    "cus_q9npcbyxm5wgztm8": Story(
        (Plan(_seats(5, 22), ends=27),), (Method(brand="jcb", last4="0505", expires_in=0),)
    ),
    "cus_7tp9njlajc2c5bcm": Story((Plan(_seats(2, 6), "canceled", ends=-61),), usage=0),
}
PRAIRIE: Final[Mapping[str, Story]] = {
    "cus_5vtsx1yplybgiqt3": Story(
        (Plan(_seats(34, 420, 1)),), (Method("us_bank_account", None, "6789", None, bank_name="Plains Bank"),)
    ),
    "cus_gmd3htvd7p28fhm1": Story(
        (
            Plan(
                _seats(15, 70),
                "past_due",
                began=10,
                invoices={0: "open", 1: "open", 2: "open", 4: "open"},
                partly_paid=True,
            ),
        ),
        (Method(brand="discover", last4="9424", expires_in=-3),),
    ),
    "cus_0qjdt0luafjzb9j5": Story((Plan(_seats(2, 8), "trialing", began=8, ends=6),), ()),
}
BALTIC: Final[Mapping[str, Story]] = {
    "cus_balticport000ee1": Story((Plan(_seats(7, 31)),), (SEPA,)),
    "cus_balticport000lv1": Story((Plan(_seats(5, 16)), Plan(_seats(2, 4))), (SEPA,), usage=15),
    "cus_balticport000pl1": Story(
        (Plan(_seats(13, 52), "past_due", began=25, invoices={0: "open"}),), (SEPA,)
    ),
    "cus_balticport000fi1": Story((Plan(_seats(4, 15), invoices={0: "draft"}, began=0),)),
    "cus_balticport000dk1": Story((Plan(_seats(3, 10), "incomplete_expired", began=50, ends=-49),), ()),
}
OTHERS: Final[Mapping[str, Story]] = {
    "cus_kestreltrial0001": Story((Plan(_seats(3, 12), "trialing", began=11, ends=3),), ()),
    "cus_rcgb4ok7isxsyxlb": Story((Plan(_seats(1, 11)),), (Method(brand="mastercard", last4="4444"),)),
    "cus_71trzn2xyzqvuw5b": Story((), (), usage=0),  # eligible for a trial
    "cus_4dqq723yrf59kz0o": Story((Plan(_seats(4, 16), "canceled", ends=-146),), (EXPIRED,), usage=0),
}
STORIES: Final[Mapping[str, Story]] = {
    **{**ACME, **TABLE_BAY, **NORTHGATE},
    **{**PACIFIC, **PRAIRIE, **BALTIC, **OTHERS},
}
DEFAULT_STORY: Final = Story((Plan(_seats(5, 25)),))

"""Names of card brands and payment method types, as Stripe writes them.

https://docs.stripe.com/api/payment_methods/object and https://docs.stripe.com/payments/payment-methods/overview
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# `brand` of a card, and the other spellings in its `display_brand`.
CARD_BRANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "american_express": "American Express",
        "amex": "American Express",
        "cartes_bancaires": "Cartes Bancaires",
        "diners": "Diners Club",
        "diners_club": "Diners Club",
        "discover": "Discover",
        "eftpos_au": "eftpos Australia",
        "eftpos_australia": "eftpos Australia",
        "girocard": "girocard",
        "interac": "Interac",
        "jcb": "JCB",
        "link": "Link",
        "mastercard": "Mastercard",
        "union_pay": "UnionPay",
        "unionpay": "UnionPay",
        "visa": "Visa",
    }
)
PAYMENT_METHOD_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acss_debit": "Canadian pre-authorized debit",
        "affirm": "Affirm",
        "afterpay_clearpay": "Afterpay / Clearpay",
        "alipay": "Alipay",
        "alma": "Alma",
        "amazon_pay": "Amazon Pay",
        "au_becs_debit": "BECS Direct Debit",
        "bacs_debit": "Bacs Direct Debit",
        "bancontact": "Bancontact",
        "billie": "Billie",
        "bizum": "Bizum",
        "blik": "BLIK",
        "boleto": "Boleto",
        "card": "Card",
        "card_present": "Card (in person)",
        "cashapp": "Cash App Pay",
        "crypto": "Crypto",
        "custom": "Custom payment method",
        "customer_balance": "Bank transfer",
        "eps": "EPS",
        "fpx": "FPX",
        "giropay": "giropay",
        "grabpay": "GrabPay",
        "ideal": "iDEAL",
        "interac_present": "Interac (in person)",
        "kakao_pay": "Kakao Pay",
        "klarna": "Klarna",
        "konbini": "Konbini",
        "kr_card": "South Korean cards",
        "link": "Link",
        "mb_way": "MB WAY",
        "mobilepay": "MobilePay",
        "multibanco": "Multibanco",
        "naver_pay": "Naver Pay",
        "netbanking": "NetBanking",
        "nz_bank_account": "New Zealand BECS Direct Debit",
        "oxxo": "OXXO",
        "p24": "Przelewy24",
        "pay_by_bank": "Pay by Bank",
        "payco": "PAYCO",
        "paynow": "PayNow",
        "paypal": "PayPal",
        "paypay": "PayPay",
        "payto": "PayTo",
        "pix": "Pix",
        "promptpay": "PromptPay",
        "revolut_pay": "Revolut Pay",
        "samsung_pay": "Samsung Pay",
        "satispay": "Satispay",
        "scalapay": "Scalapay",
        "sepa_debit": "SEPA Direct Debit",
        "sofort": "Sofort",
        "sunbit": "Sunbit",
        "swish": "Swish",
        "twint": "TWINT",
        "upi": "UPI",
        "us_bank_account": "US bank account",
        "vipps": "Vipps",
        "wechat_pay": "WeChat Pay",
        "wero": "Wero",
        "zip": "Zip",
    }
)
# Stripe sends these for a card whose brand it does not know.
_NO_BRAND: Final = frozenset({"", "unknown", "other"})


def card_brand_name(code: str | None) -> str:
    """Return "American Express" for "amex"; empty where there is no brand."""
    if not code or code.lower() in _NO_BRAND:
        return ""
    return CARD_BRANDS.get(code.lower(), f"Unknown brand “{code}”")


def payment_method_type_name(code: str | None) -> str:
    """Return "SEPA Direct Debit" for "sepa_debit"."""
    if not code:
        return "Unknown type"
    return PAYMENT_METHOD_TYPES.get(code, f"Unknown type “{code}”")


def payment_method_name(brand: str | None, method_type: str | None) -> str:
    """Return the brand of a card, else the type: "Visa", "PayPal"."""
    return card_brand_name(brand) or payment_method_type_name(method_type)

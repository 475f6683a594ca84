"""The buttons that make a payment method the default and detach one: both lead to a review."""

from __future__ import annotations

from billing.pages.changes.form_page import review_button
from billing.services.changes.kinds.payment_methods import DETACH, SET_DEFAULT

make_default = review_button(SET_DEFAULT)
detach = review_button(DETACH)

"""Tokens that the sandbox knows; see docs/sandbox.md."""

FINANCE = "alto_sk_sandbox_finance_000000000000000000000000000000000000"
# Sees every workspace but the failure gallery.
COMPANY = "alto_sk_sandbox_company_000000000000000000000000000000000000"
SUPPORT = "alto_sk_sandbox_support_000000000000000000000000000000000000"
VIEWER = "alto_sk_sandbox_viewer_0000000000000000000000000000000000000"
USER = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdXRoMHxzYW5kYm94IiwiZXhwIjo0MTAyNDQ0ODAwfQ."
    "c2FuZGJveC1zaWduYXR1cmU"
)

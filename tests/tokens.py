"""Tokens that the sandbox knows; see docs/sandbox.md."""

FINANCE = "alto_sk_sandbox_finance_000000000000000000000000000000000000"
SUPPORT = "alto_sk_sandbox_support_000000000000000000000000000000000000"

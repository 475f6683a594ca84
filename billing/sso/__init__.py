"""The OpenID Connect client: discovery, sign-in, and validation of the provider's tokens.

It does not use the portal's models. https://openid.net/specs/openid-connect-core-1_0.html
"""

"""The OpenID Connect client: discovery, sign-in, and validation of the provider's tokens.

It knows nothing of the portal's models. https://openid.net/specs/openid-connect-core-1_0.html
"""

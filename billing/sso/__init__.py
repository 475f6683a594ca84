"""Sign-in at an OpenID Provider: what it announces, the way there and back, and the checks on what it says.

Knows nothing of our rows. https://openid.net/specs/openid-connect-core-1_0.html
"""

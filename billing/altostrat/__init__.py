"""The world outside: the only way to Altostrat. No Django in here.

client -> transport -> connections, retries, framing      the wire
client -> operations -> resources, identifiers            the contract
errors, credentials, strict_json                          what all of them speak
"""

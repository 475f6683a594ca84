"""The Altostrat client. It does not depend on Django.

client -> http/                                     connections, deadlines, retries, strict HTTP
client -> operations/ -> resources/, identifiers    the operations of Altostrat's API and the objects they return
errors, credentials, strict_json                    used by all of the above

Model files: operations/invoices.py and resources/invoices.py.
"""

"""Commands that operators seldom need: after a restore, and to move to PostgreSQL.

They are an app of their own, because Django looks for commands in one folder of each app.
"""

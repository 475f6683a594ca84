"""gunicorn's settings: `gunicorn portal.wsgi`. https://gunicorn.org/reference/settings/

Threads rather than processes wait for slow Altostrat calls, because a waiting thread costs little.
"""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"  # override with `--bind`
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Twice the transport's 32 concurrent calls, so that threads remain when all calls wait for Altostrat.
threads = 64
keepalive = 15
timeout = 60
# Longer than ALTOSTRAT_DEADLINE, so that requests can finish when gunicorn stops.
graceful_timeout = int(float(os.environ.get("ALTOSTRAT_DEADLINE") or 15)) + 10
preload_app = False  # connections must not cross a fork
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 16_384
accesslog = "-"
# No query string, referrer, user agent or address; %(U)s is the path without the query string.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms request_id=%({x-request-id}o)s"

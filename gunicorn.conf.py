"""gunicorn's settings: `gunicorn portal.wsgi`. https://gunicorn.org/reference/settings/

Threads, not processes, carry a slow Altostrat: a call waits, and a waiting thread costs next to nothing.
"""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"  # `--bind` says otherwise
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Twice the transport's 32 concurrent calls: when all those wait for Altostrat, as many threads are left.
threads = 64
keepalive = 15
timeout = 60
# Longer than ALTOSTRAT_DEADLINE: on a stop, answers under way are finished.
graceful_timeout = int(float(os.environ.get("ALTOSTRAT_DEADLINE") or 15)) + 10
preload_app = False  # connections must not cross a fork
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 16_384
accesslog = "-"
# No query string, no referrer, no user agent, no address: %(U)s is the path alone.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms request_id=%({x-request-id}o)s"

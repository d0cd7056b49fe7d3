"""How gunicorn serves. HOST, PORT and WEB_CONCURRENCY (gunicorn's own) come from the
environment; see docs/operating.md."""

from config.env import env_int, env_str

bind = f"{env_str('HOST', '127.0.0.1')}:{env_int('PORT', 8000)}"
workers = env_int("WEB_CONCURRENCY", 2, least=1)
worker_class = "gthread"
threads = env_int("WEB_THREADS", 4, least=1)
timeout = 60
graceful_timeout = 15
keepalive = 5
# A slow leak in a dependency must not become an outage.
max_requests = 5000
max_requests_jitter = 500
loglevel = env_str("LOG_LEVEL", "info").lower()
accesslog = env_str("ACCESS_LOG") or None

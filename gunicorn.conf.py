"""Settings of gunicorn, which reads this file in its working folder. The command line overrides
them.

The votes under load in docs/performance.md were measured with these settings.
"""

# Threads compute and never wait for slow clients (config/buffering_worker.py).
worker_class = "config.buffering_worker.BufferingWorker"
# Two processes, because one holds Python's lock while it computes; use more on more cores.
workers = 2
# A thread waits while a vote is written to the disk; the others continue.
threads = 2
# Seconds that a connection stays open: people think for some seconds between two questions.
keepalive = 15
# An access log, if there is one, holds no tokens, ids or IP addresses (config/access_log.py).
logger_class = "config.access_log.AccessLog"
access_log_format = '%(t)s "%(r)s" %(s)s %(b)s %(L)s'

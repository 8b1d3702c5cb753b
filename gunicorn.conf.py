"""How gunicorn serves the site; it finds this file where it is started. The command line wins.

What docs/performance.md says of votes under load was measured with these settings.
"""

# A thread computes; it never waits for a slow client (config/buffering_worker.py).
worker_class = "config.buffering_worker.BufferingWorker"
# Two processes, because one holds Python's lock while it computes; more where there are more cores.
workers = 2
# A thread waits while a vote reaches the disk; the others go on.
threads = 2
# Seconds that a connection stays open: people think for some seconds between two questions.
keepalive = 15
# Where an access log is asked for, it holds no keys, ids or addresses (config/access_log.py).
logger_class = "config.access_log.AccessLog"
access_log_format = '%(t)s "%(r)s" %(s)s %(b)s %(L)s'

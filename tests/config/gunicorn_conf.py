"""The server of the site, with one process, two threads and short timeouts."""

from config import buffering_worker

buffering_worker.ARRIVAL = 15
worker_class = "config.buffering_worker.BufferingWorker"
workers, threads, keepalive = 1, 2, 5

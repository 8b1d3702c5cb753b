"""Reports of EC spaces: what they hold, and the jobs that write them."""

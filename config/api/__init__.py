"""The read API for notebooks and other programs: /api/v1/, described in docs/api.md.

Every request names a token (config.accounts.models.AccessToken), and reads what its owner may read.
Nothing can be changed. Tables come as pages of JSON, which a cursor continues, or whole as CSV,
which is sent in parts and never held in memory.
"""

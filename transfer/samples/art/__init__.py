"""Style pictures that look like art, painted by programs from the bundled photographs.

One file a style: a function that renders the picture from its photograph, deterministically.
`catalogue` lists them; `python -m transfer.samples.art` renders them again into `pictures/`.
"""

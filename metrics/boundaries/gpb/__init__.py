"""gPb-OWT-UCM in Python (Arbeláez, Maire, Fowlkes and Malik, TPAMI 33(5), 2011)."""

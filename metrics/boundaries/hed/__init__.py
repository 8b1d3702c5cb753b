"""HED: holistically-nested edge detection (Xie and Tu 2015)."""

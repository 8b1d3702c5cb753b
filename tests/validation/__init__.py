"""Long simulations: what the statistics promise, checked over many studies (`make validate`)."""

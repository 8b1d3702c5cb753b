"""Long simulations: properties of the statistics, checked over many studies (`make validate`)."""

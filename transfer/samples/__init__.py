"""Pictures that need no download: for the demo, and for whoever wants to try a method."""

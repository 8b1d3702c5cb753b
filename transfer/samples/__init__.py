"""Pictures that need no download, for the demo and for trying a method."""

"""What the trainings of encoder and decoders share; works on a machine with no more than torch."""

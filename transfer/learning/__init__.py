"""Code shared by the trainings of encoders and decoders; it needs torch, but not Django."""

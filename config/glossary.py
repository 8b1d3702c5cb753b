"""The terms of the site, each with its meaning and the page where it is used."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A term, its meaning, and the name of the URL where it is used; empty if there is none."""

    name: str
    meaning: str
    page: str = ""


TERMS = (
    Term("attention check", "A trial with an obvious right answer; whoever fails it is excluded, "
         "if the study's rules say so."),
    Term("base statistic", "A number that is measured on a stimulus: E1 … E5 compare it with its "
         "style, C with its content."),
    Term("batch", "A set of stimuli that were launched together, with the recipe that determines "
         "them.", "transfer:batches"),
    Term("C, coherence", "How well the boundaries that people see in the content are found again "
         "in the stimulus: an F-measure from 0 to 1."),
    Term("C-test", "A study that asks which of two stimuli keeps the content better.",
         "studies:studies"),
    Term("calibration", "A model that was fitted to votes: it converts base statistics to one "
         "score.", "metrics:calibrations"),
    Term("content", "The picture that is to be painted in another style.", "transfer:pictures"),
    Term("E, effectiveness", "How well a stimulus carries its style: −ln of a divergence between "
         "the statistics of their features, one number for each of five layers; higher is better."),
    Term("E-test", "A study that asks which of two stimuli carries the style better.",
         "studies:studies"),
    Term("EC space", "All stimuli or methods by their two scores: how well they carry the style, "
         "and how well they keep the content.", "metrics:ecspace"),
    Term("encoder", "The network whose features methods and E compare; results of different "
         "encoders are not comparable."),
    Term("instrument", "All that determines a measured number, such as encoder and basis. Only "
         "numbers of one instrument are comparable."),
    Term("method", "An algorithm of style transfer, with its parameters.", "transfer:methods"),
    Term("Pareto-admissible", "No other method is better in one score and at least as good in the "
         "other."),
    Term("pilot", "A session by which researchers try a study; its votes are excluded."),
    Term("quantile cell", "A ninth of the EC space: a third of E by a third of C."),
    Term("reference", "The picture on top of a trial: the style in an E-test, the content in a "
         "C-test."),
    Term("score", "What a calibration makes of a stimulus, in log odds of being preferred. Only "
         "differences have a meaning."),
    Term("stimulus", "A stylised picture: content, style, method and parameters."),
    Term("style", "The picture whose style is to be carried over.", "transfer:pictures"),
    Term("style weight", "The parameter of a method that sets the amount of style."),
    Term("trial", "One question to one participant: a reference and two stimuli."),
    Term("verdict", "Whether conclusions may be drawn from a calibration: trustworthy, preliminary "
         "or not usable, with the reasons.", "metrics:calibrations"),
    Term("vote", "The answer to a trial."),
)  # fmt: skip
"""In the order of the alphabet."""

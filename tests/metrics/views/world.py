"""A measured batch, and studies on it that simulated participants took part in."""

from __future__ import annotations

import numpy as np

METHODS = ("gatys", "gatys-cov", "cross-layer", "universal")
INSTRUMENT = {"E": "compact-8f2a/basis-77", "C": "gaussian/bsds"}


def measured_batch(contents: int = 3, styles: int = 3):
    """36 finished stimuli; each method has its own place in the EC space."""
    from metrics.models import Measurement
    from tests.studies.world import batch_of

    batch = batch_of(contents, styles, METHODS)
    rng = np.random.default_rng(0)
    middle = {"gatys": 0.0, "gatys-cov": 0.7, "cross-layer": 1.2, "universal": -1.2}
    rows = []
    for stimulus in batch.stimuli.prefetch_related("styles"):
        carried = middle[stimulus.method]
        for name in ("E1", "E2", "E3", "E4", "E5"):
            rows.append(
                Measurement(
                    stimulus=stimulus,
                    reference=stimulus.styles.get(),
                    statistic=name,
                    instrument=INSTRUMENT["E"],
                    value=carried + 0.6 * rng.standard_normal() - 3,
                )
            )
        rows.append(
            Measurement(
                stimulus=stimulus,
                reference=stimulus.content,
                statistic="C",
                instrument=INSTRUMENT["C"],
                value=float(np.clip(0.5 - 0.1 * carried + 0.05 * rng.standard_normal(), 0, 1)),
            )
        )
    Measurement.objects.bulk_create(rows)
    return batch


def simulated_study(batch, kind: str, participants: int = 12, trials: int = 30):
    """An open study whose simulated participants prefer what the published model predicts."""
    from metrics.calibration.presets import preset
    from metrics.calibration.score import score
    from metrics.measurements.table import statistics_frame
    from studies.models import Study
    from studies.planning.opening import open_study, set_consent
    from studies.simulation.simulate import simulate

    study = Study.objects.create(name=f"{kind}-test", kind=kind, trials_per_participant=trials)
    study.batches.add(batch)
    set_consent(study, "You look at pictures.")
    open_study(study)
    utilities = score(preset(f"wacv2020-{kind}"), statistics_frame(batch.stimuli.all()))
    simulate(study, utilities.to_dict(), participants, trials, seed=1)
    return study

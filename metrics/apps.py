from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.db.models.signals import pre_delete

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from studies.exchange.further_files import FurtherFiles
    from studies.models import Study
    from studies.planning.statistics_provider import Detection, LikenessHere
    from transfer.models import Batch, Stimulus
    from transfer.models.ledger import Ledger


class MetricsConfig(AppConfig):
    """Measures stimuli, calibrates the measures on votes, and draws the EC space."""

    name = "metrics"

    def ready(self) -> None:
        """Give transfer access to measuring, studies to statistics; keep calibrated studies."""
        # Modules with tables can be imported only once every app is loaded.
        from metrics.measurements.calibrated_studies import keep_calibrated_study
        from metrics.measurements.for_transfer import measuring_provider
        from studies.exchange import further_files
        from studies.models import Study
        from studies.planning import statistics_provider
        from transfer.batches import measuring_provider as transfer_provider

        pre_delete.connect(keep_calibrated_study, sender=Study)
        further_files.register(_bundle_files)
        transfer_provider.register(
            measuring_provider(
                stimulus_summary=_stimulus_summary,
                batch_scores=_batch_scores,
                report_rows=_report_rows,
                write_reports=_write_reports,
            )
        )
        statistics_provider.register(
            statistics_provider.StatisticsProvider(
                _statistics_of, _coefficients_of, _detection_of, _likeness_of
            )
        )


def _statistics_of(stimuli: Collection[int], target: str) -> dict[str, dict[int, float]]:
    # Imports pandas, which is slow to load and not needed at start-up.
    from metrics.measurements.for_studies import statistics_of

    return statistics_of(stimuli, target)


def _coefficients_of(target: str) -> dict[str, float]:
    from metrics.measurements.for_studies import published_coefficients

    return published_coefficients(target)


def _detection_of(participants: int, power: float, **asked: Any) -> Detection:
    # Imports SciPy, which is slow to load and not needed at start-up.
    from metrics.measurements.for_studies import detection_of

    return detection_of(participants, power, **asked)


def _likeness_of(user: Any) -> LikenessHere | None:
    # Imports pandas and SciPy, as above.
    from metrics.presentation.likeness_here import likeness_here

    return likeness_here(user)


def _stimulus_summary(stimulus: Stimulus, user: Any) -> Any:
    from metrics.presentation.stimulus_summary import stimulus_summary

    return stimulus_summary(stimulus, user)


def _batch_scores(batch: Batch, user: Any) -> dict[str, dict[str, float]]:
    from metrics.presentation.stimulus_summary import batch_scores

    return batch_scores(batch, user)


def _report_rows() -> Ledger[Any]:
    from metrics.models import ReportJob

    return ReportJob.objects.all()


def _write_reports(rows: Ledger[Any]) -> int:
    # Imports pandas, as above, and matplotlib.
    from metrics.report.jobs import write_waiting

    return write_waiting(rows)


def _bundle_files(study: Study, votes: pd.DataFrame) -> FurtherFiles:
    from metrics.measurements.for_bundles import bundle_files

    return bundle_files(study, votes)

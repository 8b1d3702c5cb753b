"""Name the annotations in the instruments of C.

Until now annotations were never replaced, so each measurement against human boundaries was made
with the annotations that its reference has.
"""

from pathlib import PurePosixPath

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat


def name_annotations(apps, schema_editor):
    database = schema_editor.connection.alias
    measurements = apps.get_model("metrics", "Measurement").objects.using(database)
    pictures = apps.get_model("transfer", "Picture").objects.using(database)
    for pk, name in pictures.exclude(annotations="").values_list("pk", "annotations"):
        digits = PurePosixPath(name).stem[:16]
        measurements.filter(reference_id=pk, instrument__endswith=" truth:human").update(
            instrument=Concat("instrument", Value(f" annotation:{digits}"))
        )


class Migration(migrations.Migration):

    dependencies = [("metrics", "0001_initial"), ("transfer", "0001_initial")]

    operations = [migrations.RunPython(name_annotations, migrations.RunPython.noop)]

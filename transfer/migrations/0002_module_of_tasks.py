from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Replace

OLD, NEW = "transfer.tasks.", "transfer.batches.tasks."


def rename(old, new):
    """Let tasks that are queued under one module's name be found under another."""

    def run(apps, schema_editor):
        queued = apps.get_model("django_tasks_database", "DBTaskResult").objects
        queued.filter(task_path__startswith=old).update(
            task_path=Replace(F("task_path"), Value(old), Value(new))
        )

    return run


class Migration(migrations.Migration):

    dependencies = [
        ("transfer", "0001_initial"),
        ("django_tasks_database", "0001_initial"),
    ]

    operations = [migrations.RunPython(rename(OLD, NEW), rename(NEW, OLD))]

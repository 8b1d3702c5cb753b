from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Replace

OLD, NEW = "studies.tasks.", "studies.planning.tasks."


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
        ("studies", "0007_submissions_and_sessions_begun_anew"),
        ("django_tasks_database", "0001_initial"),
    ]

    operations = [migrations.RunPython(rename(OLD, NEW), rename(NEW, OLD))]

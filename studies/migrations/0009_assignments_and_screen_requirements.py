import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """New names in Python for slots, gates and plans. No table or column of the database changes."""

    dependencies = [("studies", "0008_module_of_tasks")]

    operations = [
        migrations.AlterModelTable("slot", "studies_slot"),
        migrations.RenameModel("Slot", "Assignment"),
        migrations.AlterField(
            "participant", "plan", models.JSONField(default=list, db_column="plan")
        ),
        migrations.RenameField("participant", "plan", "trial_kinds"),
        migrations.AlterField(
            "study", "gates", models.JSONField(blank=True, default=dict, db_column="gates")
        ),
        migrations.RenameField("study", "gates", "required_screen"),
        migrations.AlterField(
            "assignment",
            "pair",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="studies.pair",
            ),
        ),
        migrations.AlterField(
            "assignment",
            "study",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="studies.study",
            ),
        ),
        migrations.AlterField(
            "assignment",
            "trial",
            models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="assignment",
                to="studies.trial",
            ),
        ),
        migrations.AlterField(
            "participant",
            "state",
            models.CharField(
                choices=[
                    ("active", "Active"),
                    ("finished", "Finished"),
                    ("withdrawn", "Withdrawn"),
                    ("turned away", "Screened Out"),
                    ("replaced", "Replaced"),
                ],
                default="active",
                max_length=11,
            ),
        ),
        migrations.AlterField(
            "study",
            "returning",
            models.CharField(
                choices=[
                    ("resume", "continue their session"),
                    ("restart", "start a new session"),
                    ("block", "are refused"),
                ],
                default="resume",
                max_length=7,
            ),
        ),
        migrations.AlterField(
            "trial",
            "kind",
            models.CharField(
                choices=[
                    ("real", "Real"),
                    ("training", "Training"),
                    ("gold", "Gold"),
                    ("trap", "Attention Check"),
                    ("repeat", "Repeat"),
                ],
                default="real",
                max_length=8,
            ),
        ),
    ]

"""Stimuli of methods that need no content picture."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The content of a stimulus may be missing."""

    dependencies = [("transfer", "0002_module_of_tasks")]

    operations = [
        migrations.AlterField(
            model_name="stimulus",
            name="content",
            field=models.ForeignKey(
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="transfer.picture",
            ),
        ),
    ]

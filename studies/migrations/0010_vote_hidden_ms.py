from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0009_assignments_and_screen_requirements")]

    operations = [
        migrations.AddField(
            model_name="vote",
            name="hidden_ms",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]

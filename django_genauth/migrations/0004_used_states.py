from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("genauth", "0003_identity_claims_at")]

    operations = [
        migrations.CreateModel(
            name="UsedState",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
    ]

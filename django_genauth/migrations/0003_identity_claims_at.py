from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("genauth", "0002_grant_of_each_sign_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="claims_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]

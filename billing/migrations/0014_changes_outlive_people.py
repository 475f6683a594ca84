import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_note")]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_changes_outlive_people")]

    operations = [
        migrations.RemoveIndex(model_name="usersession", name="session_by_sid"),
        migrations.RemoveIndex(model_name="usersession", name="session_by_subject"),
        migrations.RemoveField(model_name="usersession", name="issuer"),
        migrations.RemoveField(model_name="usersession", name="subject"),
        migrations.AddField(
            model_name="usersession",
            name="identity",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to="billing.identity",
            ),
        ),
        migrations.DeleteModel(name="ProviderSession"),
        migrations.RenameModel(old_name="HeldForm", new_name="PendingForm"),
        migrations.AlterField(
            model_name="pendingform",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pending_forms",
                to="billing.usersession",
            ),
        ),
    ]

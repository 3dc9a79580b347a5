import django.db.models.deletion
import django_genauth.fields
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def give_sessions_their_grant(apps, schema_editor):
    """Until now there was one grant for all sign-ins of an identity at an app."""
    Grant = apps.get_model('genauth', 'Grant')
    LoginSession = apps.get_model('genauth', 'LoginSession')
    database = schema_editor.connection.alias
    theirs = Grant.objects.filter(identity=OuterRef('identity'), app=OuterRef('app'))
    LoginSession.objects.using(database).update(grant=Subquery(theirs.values('pk')[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('genauth', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['identity', 'app', 'id'], name='genauth_grant_sign_ins'),
        ),
        migrations.RemoveConstraint(
            model_name='grant',
            name='genauth_grant_identity_app',
        ),
        migrations.AddField(
            model_name='grant',
            name='refused_count',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='grant',
            name='sid',
            field=django_genauth.fields.ExactCharField(default='', editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name='grant',
            name='successor',
            field=models.ForeignKey(editable=False, help_text='The grant of a later sign-in in the same browser, with which it is revoked.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='predecessors', to='genauth.grant', verbose_name='successor'),
        ),
        migrations.AddField(
            model_name='loginsession',
            name='grant',
            field=models.ForeignKey(help_text='What the provider granted to this sign-in; empty where it was nothing.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='login_sessions', to='genauth.grant', verbose_name='grant'),
        ),
        migrations.AddField(
            model_name='loginsession',
            name='id_token',
            field=django_genauth.fields.SealedJSONField(help_text='Shown to the provider at the sign-out.', null=True, sealing='id_token_sealing', verbose_name='ID token'),
        ),
        migrations.RunPython(give_sessions_their_grant, migrations.RunPython.noop, elidable=True),
    ]

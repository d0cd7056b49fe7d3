"""The database itself refuses to change or delete an audit entry."""

from django.db import migrations

POSTGRESQL = (
    """
    CREATE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_auditentry_refuse()
    """,
)
SQLITE = tuple(
    f"""
    CREATE TRIGGER accounts_auditentry_no_{verb.lower()} BEFORE {verb} ON accounts_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
)
UNDO_POSTGRESQL = (
    "DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry",
    "DROP FUNCTION accounts_auditentry_refuse()",
)
UNDO_SQLITE = (
    "DROP TRIGGER accounts_auditentry_no_update",
    "DROP TRIGGER accounts_auditentry_no_delete",
)


def apply(apps, schema_editor):
    run(schema_editor, POSTGRESQL, SQLITE)


def undo(apps, schema_editor):
    run(schema_editor, UNDO_POSTGRESQL, UNDO_SQLITE)


def run(schema_editor, postgresql, sqlite):
    for statement in postgresql if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(apply, undo)]

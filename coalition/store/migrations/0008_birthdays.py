"""Which birthdays the stream has been told of."""

STATEMENTS = (
    "ALTER TABLE member ADD COLUMN birthday_told INTEGER",
    'CREATE INDEX "member_birth_date" ON member (birth_date)',
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

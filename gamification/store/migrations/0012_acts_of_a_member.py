"""What a member has done is found by the member, as when goods come back."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("CREATE INDEX act_member_id ON act (member_id)")

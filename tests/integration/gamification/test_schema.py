import pytest

from coalition.store.database import database
from gamification import schema
from gamification.store import tables

TABLES = tables.Table.__subclasses__()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_migrations__of_a_table__made_the_columns_that_the_code_expects(store, table):
    columns = {(column.name, column.null) for column in database.get_columns(table._meta.table_name)}
    assert columns == {(field.column_name, field.null) for field in table._meta.sorted_fields}


def test_migrate__again__finds_nothing_to_do(store):
    assert schema.migrate() == []

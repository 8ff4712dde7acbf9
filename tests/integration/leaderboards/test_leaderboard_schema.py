import pytest

from coalition.store.database import database
from gamification.store.leaderboard_tables import TABLES


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_migrations__of_a_table__made_what_the_code_expects(store, table):
    name = table._meta.table_name
    columns = {(column.name, column.null) for column in database.get_columns(name)}
    assert columns == {(field.column_name, field.null) for field in table._meta.sorted_fields}
    indexes = {(tuple(index.columns), index.unique) for index in database.get_indexes(name)}
    wanted = {tuple(table._meta.fields[each].column_name for each in fields) for fields, _ in table._meta.indexes}
    assert wanted <= {columns for columns, _ in indexes}

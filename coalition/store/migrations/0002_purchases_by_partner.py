"""A partner reads its purchases the youngest first: without this index each page would sort all of them."""


def up(migrator, db):
    db.execute_sql("CREATE INDEX purchase_partner_id_id ON purchase (partner_id, id)")

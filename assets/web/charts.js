// Charts out of tables: the table is the source and the fallback.

"""The database: connections, migrations, the COPY codec and the inventory."""

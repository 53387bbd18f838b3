"""Brings the database up to date."""

import os
import sqlite3

with sqlite3.connect(os.environ["DATABASE"]) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
    connection.execute("INSERT INTO notes VALUES ('buy milk')")

"""A guest book that PostgreSQL keeps."""

import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import psycopg


def connect():
    for _ in range(60):
        try:
            return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        except psycopg.OperationalError:
            time.sleep(1)
    raise SystemExit("the database does not answer")


class Guestbook(BaseHTTPRequestHandler):
    def do_GET(self):
        database.execute("INSERT INTO guests (name) VALUES ('somebody')")
        (count,) = database.execute("SELECT count(*) FROM guests").fetchone()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{count} guests\n".encode())


database = connect()
database.execute("CREATE TABLE IF NOT EXISTS guests (name text)")
HTTPServer(("", 8000), Guestbook).serve_forever()

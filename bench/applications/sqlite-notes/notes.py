"""Notes, kept in a file."""

import os
import sqlite3

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


def index(request):
    with open(os.environ["LOG"], "a") as log:
        log.write(f"{request.method} {request.url.path}\n")
    with sqlite3.connect(os.environ["DATABASE"]) as connection:
        return JSONResponse([text for (text,) in connection.execute("SELECT text FROM notes")])


app = Starlette(routes=[Route("/", index)])

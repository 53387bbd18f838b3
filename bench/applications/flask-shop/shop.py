"""A shop with one product."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return {"product": "teapot", "price": 12}

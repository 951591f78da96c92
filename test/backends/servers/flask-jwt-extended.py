# Flask-JWT-Extended: access token in the body, refresh token in a cookie with a CSRF token.
import logging
import os
import sys
import threading
from datetime import timedelta

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from werkzeug.serving import make_server

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "a-secret-of-a-test-that-is-long-enough"
app.config["JWT_TOKEN_LOCATION"] = ["headers", "cookies"]
app.config["JWT_COOKIE_SECURE"] = True
app.config["JWT_COOKIE_CSRF_PROTECT"] = True
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(seconds=6)
jwt = JWTManager(app)
blocklist = set()


@jwt.token_in_blocklist_loader
def is_revoked(_header, payload):
    return payload["jti"] in blocklist


@app.post("/login")
def login():
    username = request.json.get("username", None)
    password = request.json.get("password", None)
    if username != "ann" or password != "correct-Horse-1":
        return jsonify(msg="Bad username or password"), 401
    response = jsonify(access_token=create_access_token(identity=username))
    set_refresh_cookies(response, create_refresh_token(identity=username))
    return response


@app.post("/refresh")
@jwt_required(refresh=True)
def refresh():
    return jsonify(access_token=create_access_token(identity=get_jwt_identity()))


@app.delete("/logout")
@jwt_required(refresh=True)
def logout():
    blocklist.add(get_jwt()["jti"])
    response = jsonify(msg="Refresh token revoked")
    unset_jwt_cookies(response)
    return response


@app.get("/me")
@jwt_required()
def me():
    return jsonify(id=get_jwt_identity())


def exit_with_parent():
    sys.stdin.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=exit_with_parent, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()

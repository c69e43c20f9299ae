"""Every operation of a running demo, asked by schemathesis with right and wrong data: as a stranger
and as four roles. Fails where one answer is not what the document says.

    every_operation.py demo.json SCHEMATHESIS FOLDER
"""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

CONFIG = "tests/client/schemathesis.toml"
# By whose part of the document each asks.
APPS, ADMIN = "openapi/openapi.json", "openapi/openapi-admin.json"
ROLES = ["resident", "firm", "district", "admin"]
DOCUMENTS = {"resident": [APPS], "firm": [APPS], "district": [ADMIN], "admin": [ADMIN]}


def token(base: str, account: dict) -> str:
    fields = ["grant_type", "phone", "code", "privacy_version", "username", "password"]
    grant = {name: account[name] for name in fields if account.get(name)}
    if grant["grant_type"] == "otp":
        post(base + "/v1/auth/otp", {"phone": grant["phone"]})
    return post(base + "/v1/auth/token", grant)["access_token"]


def role_of(base: str, signed: str) -> str:
    """What the service says of the token: nothing of it holds any more where it has ended."""
    request = urllib.request.Request(base + "/v1/me", headers={"Authorization": f"Bearer {signed}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["role"]
    except urllib.error.HTTPError as refused:
        return f"nobody ({refused.code})"


def post(url: str, body: dict) -> dict:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        # The round trips have asked for a code already: the next comes within a minute.
        if refused.code != 429:
            raise
        time.sleep(int(refused.headers["Retry-After"]))
        return post(url, body)


def main(demo_file: str, schemathesis: str, folder: str) -> int:
    with open(demo_file, encoding="utf-8") as file:
        demo = json.load(file)
    # All sign in first: later the limit on wrong passwords would meet them.
    tokens: dict[str, str | None] = {"stranger": None}
    for role in ROLES:
        account = next(each for each in demo["accounts"] if each["role"] == role)
        tokens[role] = token(demo["base"], account)
    failed = 0
    for role, signed in tokens.items():
        header = ["--header", f"Authorization: Bearer {signed}"] if signed else []
        # A stranger asks everything.
        for document in DOCUMENTS.get(role, [APPS, ADMIN]):
            command = [schemathesis, "--config-file", CONFIG, "run", document, "--checks", "all"]
            command += ["--url", demo["base"]]
            part = "admin" if document == ADMIN else "apps"
            with open(f"{folder}/schemathesis-{role}-{part}.log", "w+", encoding="utf-8") as log:
                ended = subprocess.run([*command, *header], stdout=log, stderr=subprocess.STDOUT)
                log.seek(0)
                said = log.read()
            if ended.returncode != 0:
                failed += 1
                print(said)
            summary = [line.strip() for line in said.splitlines() if "generated" in line]
            print(f"schemathesis as {role}, {part}: {' '.join(summary) or ended.returncode}")
        # A token that had ended would be refused everywhere, which is a documented answer.
        if signed and (still := role_of(demo["base"], signed)) != role:
            failed += 1
            print(f"who asked as {role} is {still} by the end")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:4]) else 0)

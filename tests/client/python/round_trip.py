"""A round trip with the generated package: a firm is found, an official signs in and reads what is
theirs, and a problem is read as one."""

import json
import sys

from xinwu_admin_client import AuthenticatedClient as AdminClient
from xinwu_admin_client.api.records import list_admin_records
from xinwu_client import AuthenticatedClient, Client
from xinwu_client.api.firms import get_firm, list_firms
from xinwu_client.api.me import get_me
from xinwu_client.api.sign_in import issue_token
from xinwu_client.models import PasswordGrant, PasswordGrantGrantType, Problem

with open(sys.argv[1], encoding="utf-8") as file:
    demo = json.load(file)
stranger = Client(demo["base"])

found = list_firms.sync(client=stranger, q=demo["firm"]["name"])
assert found.items[0].uscc == demo["firm"]["uscc"], found

official = next(each for each in demo["accounts"] if each["role"] == "district")
grant = PasswordGrant(
    grant_type=PasswordGrantGrantType.PASSWORD,
    username=official["username"],
    password=official["password"],
)
signed = issue_token.sync(client=stranger, body=grant)
own = AuthenticatedClient(demo["base"], signed.access_token)
me = get_me.sync(client=own)
assert (me.role, me.username) == ("district", official["username"]), me

admin = AdminClient(demo["base"], signed.access_token)
records = list_admin_records.sync(client=admin, limit=1)
assert len(records.items) == 1, records

refused = get_firm.sync_detailed("91219900MA0D99999N", client=own)
assert refused.status_code == 404 and isinstance(refused.parsed, Problem), refused
assert refused.parsed.code == "not_found", refused.parsed
print("Python: found, signed in, read, refused")

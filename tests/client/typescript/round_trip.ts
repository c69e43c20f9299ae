// A round trip with the generated types: a firm is found, a resident signs in and reads what is
// theirs, a problem is read as one, and an official reads the records of their place.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";
import type { paths as AdminPaths } from "./schema-admin.js";

interface Demo {
  base: string;
  firm: { uscc: string; name: string };
  accounts: {
    role: string;
    phone?: string;
    code?: string;
    privacy_version?: string;
    username?: string;
    password?: string;
  }[];
}

const [, , file] = process.argv;
assert(file, "usage: round_trip.js demo.json");
const demo = JSON.parse(readFileSync(file, "utf8")) as Demo;
// Lists of firms come as text/csv too, where that is asked for.
type Json = "application/json" | "application/problem+json";
const stranger = createClient<paths, Json>({ baseUrl: demo.base });

const found = await stranger.GET("/v1/firms", { params: { query: { q: demo.firm.name } } });
const first = found.data?.items[0];
assert.equal(first?.uscc, demo.firm.uscc);
// Null and never left out: the types say so.
const grade: string | null | undefined = first.credit.grade;
assert.notEqual(grade, undefined);

const resident = demo.accounts.find((account) => account.role === "resident");
assert(resident?.phone && resident.code && resident.privacy_version);
const asked = await stranger.POST("/v1/auth/otp", { body: { phone: resident.phone } });
assert.equal(asked.response.status, 202);
const grant: components["schemas"]["OtpGrant"] = {
  grant_type: "otp",
  phone: resident.phone,
  code: resident.code,
  privacy_version: resident.privacy_version,
};
const signed = await stranger.POST("/v1/auth/token", { body: grant });
assert(signed.data, JSON.stringify(signed.error));
const own = createClient<paths, Json>({
  baseUrl: demo.base,
  headers: { authorization: `Bearer ${signed.data.access_token}` },
});

const me = await own.GET("/v1/me");
assert.equal(me.data?.role, "resident");
const residences = await own.GET("/v1/me/residences");
assert(residences.data?.items);

const refused = await own.GET("/v1/firms/{uscc}", {
  params: { path: { uscc: "91219900MA0D99999N" }, header: { "Accept-Language": "en" } },
});
assert(refused.error);
assert.equal(refused.response.status, 404);
const code: components["schemas"]["Problem"]["code"] = refused.error.code;
assert.equal(code, "not_found");

const official = demo.accounts.find((account) => account.role === "district");
assert(official?.username && official.password);
const admin = createClient<AdminPaths, Json>({ baseUrl: demo.base });
const entered = await admin.POST("/v1/auth/token", {
  body: { grant_type: "password", username: official.username, password: official.password },
});
assert(entered.data, JSON.stringify(entered.error));
const records = await admin.GET("/v1/admin/records", {
  params: { query: { limit: 1 } },
  headers: { authorization: `Bearer ${entered.data.access_token}` },
});
assert.equal(records.data?.items.length, 1);
console.log("TypeScript: found, signed in, read, refused, administered");

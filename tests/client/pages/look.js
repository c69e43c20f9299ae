// Every kind of page in a browser: axe finds nothing, nothing scrolls sideways at 320 px, the
// keyboard comes to the content, text that means harm is text, and paper is paper. Leaves pictures
// for docs/screenshots and the poster's for `read_code.py`. The report's is of the first two sheets of
// `report-month.pdf`, side by side.
//
//     look.js demo.json FOLDER
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [, , file, folder] = process.argv;
assert(file && folder, "usage: look.js demo.json FOLDER");
const demo = JSON.parse(readFileSync(file, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const EVIL = `"><img src=x onerror="document.title='ran'"><script>document.title='ran'</script>`;

const data = async (path) => (await fetch(demo.base + path)).json();
const send = async (path, body, token) => {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(demo.base + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert(answer.ok, `${path}: ${await answer.clone().text()}`);
  return answer.json();
};
const records = await data(`/v1/firms/${demo.firm.uscc}/records?limit=1`);
const place = (await data(`/v1/places?q=${encodeURIComponent(demo.estate.district)}&level=district`)).items[0];
const fresh = (await data("/v1/firms?sort=score&limit=100")).items;
const ungraded = fresh.find((firm) => firm.credit.grade === null);
const barred = (await data("/v1/lists/black")).items[0]?.firm;
const estate = await data(`/v1/estates/${demo.estate.code}`);
const community = estate.places.at(-1).code;
const month = (await data("/v1/statistics")).period;
// Of the month before, everything is reported.
const reported = new Date(Date.UTC(...month.split("-").map(Number).map((part, at) => part - 2 * at), 1)).toISOString().slice(0, 7);
const pages = {
  home: "/",
  asked: "/search",
  search: `/search?q=${encodeURIComponent(demo.estate.name.slice(0, 2))}`,
  long: `/search?q=${"x".repeat(100)}`,
  nothing: "/search?q=zzzz",
  hostile: `/search?q=${encodeURIComponent(EVIL)}`,
  firm: `/firms/${demo.firm.uscc}`,
  "firm-records": `/firms/${demo.firm.uscc}/records`,
  "firm-projects": `/firms/${demo.firm.uscc}/projects`,
  "firm-reviews": `/firms/${demo.firm.uscc}/reviews`,
  estate: `/estates/${demo.estate.code}`,
  poster: `/estates/${demo.estate.code}/poster`,
  project: `/projects/${demo.project}`,
  "project-records": `/projects/${demo.project}/records`,
  "project-reviews": `/projects/${demo.project}/reviews`,
  "project-assessments": `/projects/${demo.project}/assessments`,
  record: `/records/${records.items[0].id}`,
  city: "/places/2102",
  place: `/places/${place.code}`,
  community: `/places/${community}`,
  report: `/statistics?place=${place.code}`,
  "report-month": `/statistics?place=2102&period=${reported}`,
  "report-year": `/statistics?place=${community}&period=${month.slice(0, 4)}`,
  "city-red": "/places/2102/lists/red",
  "city-black": "/places/2102/lists/black",
  "city-score": "/places/2102/rankings/score",
  "city-service": "/places/2102/rankings/service",
  "city-penalties": "/places/2102/rankings/penalties",
  "city-estates": "/places/2102/estates",
  "city-firms": "/places/2102/firms",
  schemes: "/schemes",
  versions: "/schemes/dalian-demo",
  scheme: "/schemes/dalian-demo/versions/1",
  error: "/firms/91219900MA0D99999N",
  refused: "/places/x",
  problem: "/problems/household_has_rated",
  ...(ungraded && { ungraded: `/firms/${ungraded.uscc}` }),
  ...(barred && { barred: `/firms/${barred.uscc}` }),
};

const profile = mkdtempSync(join(tmpdir(), "xinwu-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1280, height: 900 },
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
const tab = await browser.newPage();
const said = [];
tab.on("dialog", (dialog) => { said.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
// The page of an error has its status.
const STATUS = { error: 404, refused: 400 };
tab.on("console", (message) => {
  const isStatus = /status of 40[04]/.test(message.text());
  if (message.type() === "error" && !isStatus) said.push(message.text());
});
tab.on("pageerror", (error) => said.push(String(error)));

const faults = [];
const counts = { pages: 0, passes: 0 };
const open = (path, lang) => tab.goto(`${demo.base}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);

async function inspected(name, isPaper = false) {
  await tab.evaluate(axe);
  const found = await tab.evaluate(
    ([tags, isPaper]) => globalThis.axe.run(document, {
      preload: false,
      runOnly: { type: "tag", values: tags },
      // Nobody touches paper.
      rules: { "heading-order": { enabled: true }, "target-size": { enabled: !isPaper } },
    }),
    [TAGS, isPaper],
  );
  counts.pages += 1;
  counts.passes += found.passes.length;
  for (const each of found.violations) {
    for (const node of each.nodes) faults.push(`${name}: ${each.id}: ${node.html}: ${node.failureSummary}`);
  }
}

async function fits(name) {
  const [wide, wider] = await tab.evaluate(() => {
    const all = [...document.querySelectorAll("body *")];
    const out = all.filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".skip"));
    return [document.documentElement.scrollWidth - innerWidth, out.slice(0, 3).map((each) => each.outerHTML.slice(0, 120))];
  });
  if (wide > 0) faults.push(`${name}: scrolls ${wide} px sideways at 320 px: ${wider.join(" | ")}`);
}

/** What is touched is 44 px high, but for links within text. */
async function touchable(name) {
  const small = await tab.evaluate(() => {
    const touched = document.querySelectorAll("button, input[type=search], nav a, ul.links a, summary, h3 > a");
    return [...touched].filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
      .map((each) => each.outerHTML.slice(0, 120));
  });
  for (const each of small) faults.push(`${name}: less than 44 px high: ${each}`);
}

/** In both languages, by day and by night, on a phone and on paper. */
async function looked(name, path) {
  for (const lang of ["zh", "en"]) {
    const called = `${name} (${lang})`;
    await tab.emulateMedia({ media: "screen", colorScheme: "light" });
    await tab.setViewportSize({ width: 1280, height: 900 });
    const answer = await open(path, lang);
    assert.equal(answer.status(), STATUS[name] ?? 200, called);
    await inspected(called);
    if (await tab.title() === "ran") faults.push(`${called}: a script ran`);
    // The first key leads past what every page has.
    if (name !== "poster") {
      await tab.keyboard.press("Tab");
      const focused = await tab.evaluate(() => document.activeElement?.getAttribute("href"));
      if (focused !== "#main") faults.push(`${called}: the first key leads to ${focused}`);
    }
    await tab.emulateMedia({ colorScheme: "dark" });
    await inspected(`${called}, dark`);
    await tab.emulateMedia({ colorScheme: "light" });
    await tab.setViewportSize({ width: 320, height: 640 });
    await open(path, lang);
    await fits(called);
    await touchable(called);
    await inspected(`${called}, 320 px`);
    await tab.emulateMedia({ media: "print" });
    await inspected(`${called}, print`, true);
    const paper = await tab.pdf({ format: "A4", preferCSSPageSize: true });
    const sheets = paper.toString("latin1").match(/\/Type\s*\/Page[^s]/g)?.length ?? 0;
    if (sheets < 1 || (name === "poster" && sheets !== 1)) faults.push(`${called}: ${sheets} sheets of paper`);
    if (lang === "zh" && ["firm", "poster", "report-month"].includes(name)) writeFileSync(join(folder, `${name}.pdf`), paper);
  }
}
for (const [name, path] of Object.entries(pages)) await looked(name, path);

async function picture(name, path, { width, height, media = "screen", lang = "zh", full = false }) {
  await tab.emulateMedia({ media, colorScheme: "light" });
  await tab.setViewportSize({ width, height });
  await open(path, lang);
  // The margins that a sheet has.
  if (media === "print") await tab.evaluate(() => { document.documentElement.style.padding = "15mm"; });
  await tab.screenshot({ path: join(folder, `${name}.png`), fullPage: full });
}
await picture("phone", pages.estate, { width: 390, height: 844 });
await picture("desktop", pages.firm, { width: 1100, height: 1400 });
await picture("print", pages.firm, { width: 794, height: 1123, media: "print" });
await picture("poster", pages.poster, { width: 794, height: 1123, media: "print" });
// The code must hold what stands beside it.
const beside = await tab.locator(".url").innerText();
assert(beside.endsWith(pages.poster.replace("/poster", "")), beside);
writeFileSync(join(folder, "poster.txt"), `${beside}\n`);
for (const [name, path] of Object.entries(pages)) {
  await picture(`all-${name}-phone`, path, { width: 390, height: 844, full: true });
}
for (const name of ["badge", "trend"]) {
  await tab.emulateMedia({ media: "screen" });
  await tab.setViewportSize({ width: 700, height: 300 });
  await tab.goto(`${demo.base}/v1/firms/${demo.firm.uscc}/${name}.svg?lang=zh`);
  await tab.screenshot({ path: join(folder, `${name}.png`) });
}

// What nobody has done in the demo: the firm objects to its grade.
const { username, password } = demo.accounts.find((account) => account.role === "firm");
const { access_token } = await send("/v1/auth/token", { grant_type: "password", username, password });
const own = (await data(`/v1/firms/${demo.firm.uscc}/evaluations?scheme=dalian-demo&limit=1`)).items[0];
await send(
  `/v1/firms/${demo.firm.uscc}/evaluations/${own.id}/objections`,
  { grounds: "计算有误", evidence: ["说明.pdf"] },
  access_token,
);
const contested = { contested: pages.firm, "contested-estate": pages.estate };
for (const [name, path] of Object.entries(contested)) {
  await looked(name, path);
  assert(await tab.locator(".grade.disputed").count(), `${name} does not say that the grade is contested`);
  await picture(`all-${name}-phone`, path, { width: 390, height: 844, full: true });
}
await browser.close();
rmSync(profile, { recursive: true, force: true });

faults.push(...said.map((each) => `the browser said: ${each}`));
for (const fault of faults) console.error(fault);
console.log(`axe ${axe.match(/axe v([0-9.]+)/)?.[1]}: ${Object.keys({ ...pages, ...contested }).length} pages in two languages, light, dark, 320 px and print: ` +
  `${counts.pages} inspections, ${counts.passes} rules passed, ${faults.length} findings`);
process.exit(faults.length === 0 ? 0 : 1);

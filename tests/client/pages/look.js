// Every kind of page in a browser: axe finds nothing, nothing scrolls sideways at 320 px, the
// keyboard comes to the content, text that means harm is text, and paper is paper. Leaves pictures
// for docs/screenshots and the poster's for `read_code.py`.
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
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const EVIL = `"><img src=x onerror="document.title='ran'"><script>document.title='ran'</script>`;

const data = async (path) => (await fetch(demo.base + path)).json();
const records = await data(`/v1/firms/${demo.firm.uscc}/records?limit=1`);
const place = (await data(`/v1/places?q=${encodeURIComponent(demo.estate.district)}&level=district`)).items[0];
const fresh = (await data("/v1/firms?sort=score&limit=100")).items;
const ungraded = fresh.find((firm) => firm.credit.grade === null);
const barred = (await data("/v1/lists/black")).items[0]?.firm;
const pages = {
  home: "/",
  search: `/search?q=${encodeURIComponent(demo.estate.name.slice(0, 2))}`,
  nothing: "/search?q=zzzz",
  hostile: `/search?q=${encodeURIComponent(EVIL)}`,
  firm: `/firms/${demo.firm.uscc}`,
  estate: `/estates/${demo.estate.code}`,
  poster: `/estates/${demo.estate.code}/poster`,
  project: `/projects/${demo.project}`,
  record: `/records/${records.items[0].id}`,
  city: "/places/2102",
  place: `/places/${place.code}`,
  schemes: "/schemes",
  scheme: "/schemes/dalian-demo/versions/1",
  error: "/firms/91219900MA0D99999N",
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
tab.on("console", (message) => {
  const isStatus = message.text().includes("status of 404");
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

for (const [name, path] of Object.entries(pages)) {
  for (const lang of ["zh", "en"]) {
    const called = `${name} (${lang})`;
    await tab.emulateMedia({ media: "screen", colorScheme: "light" });
    await tab.setViewportSize({ width: 1280, height: 900 });
    const answer = await open(path, lang);
    assert.equal(answer.status(), name === "error" ? 404 : 200, called);
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
    if (lang === "zh" && ["firm", "poster"].includes(name)) writeFileSync(join(folder, `${name}.pdf`), paper);
  }
}

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
await browser.close();
rmSync(profile, { recursive: true, force: true });

faults.push(...said.map((each) => `the browser said: ${each}`));
for (const fault of faults) console.error(fault);
console.log(`axe ${axe.match(/axe v([0-9.]+)/)?.[1]}: ${Object.keys(pages).length} pages in two languages, light, dark, 320 px and print: ` +
  `${counts.pages} inspections, ${counts.passes} rules passed, ${faults.length} findings`);
process.exit(faults.length === 0 ? 0 : 1);

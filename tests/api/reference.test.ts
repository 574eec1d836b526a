/** The reference as people see it, in a real browser: on a desk and on a telephone, by day and by night. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { describedDocument } from "@datafly-signal/management-api/openapi";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../harness/browser.ts";
import { type ApiRig, openApiRig } from "./api-rig.ts";

let rig: ApiRig;
let browser: Browser;

before(async () => {
  [rig, browser] = await Promise.all([openApiRig(), launchBrowser()]);
});

after(async () => {
  await browser.close();
  await rig.close();
});

test("the server's document is the one that the client is made from", async () => {
  const document = (await (await fetch(`${rig.server.management}/openapi.json`)).json()) as {
    info: { version: string };
  };
  assert.deepEqual(document, JSON.parse(JSON.stringify(describedDocument({ version: document.info.version }))));
});

const VIEWS = [
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;

for (const { width, colorScheme } of VIEWS) {
  test(`at ${width} px, ${colorScheme}: nothing is cut off, loaded from elsewhere or complained about`, async () => {
    const context = await browser.newContext({
      viewport: { width, height: 844 },
      colorScheme,
      javaScriptEnabled: true,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => requests.push(request.url()));
    const url = `${rig.server.management}/docs`;
    await page.goto(`${url}#createPipeline`);
    const top = (await page.locator("#createPipeline h3").boundingBox())?.y ?? -1;
    assert.ok(top >= 0 && top < 844, `the address leads to the operation: ${top}`);
    await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
    const widths = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
    assert.deepEqual(widths, [width, width], "no sideways scrolling, with everything unfolded");
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, [url]);
    const contrast = (await page.evaluate(CONTRAST)) as { text: string; ratio: number }[];
    assert.ok(contrast.length > 50);
    assert.deepEqual(
      contrast.filter(({ ratio }) => ratio < 4.5),
      [],
    );
    await context.close();
  });
}

/** The contrast of texts of every kind to what is behind them, as WCAG reckons it. */
const CONTRAST = `(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  const kinds = ["h1", "h2", "h3", "h4", "p", "a", "th", "td", "code", "pre", "li", "summary", "dt", "dd", ".method", ".limits", ".required", ".above", ".who"];
  const some = kinds.flatMap((kind) => [...document.querySelectorAll(kind)].filter((one) => one.closest(":target") === null).slice(0, 8));
  return some.map((one) => {
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
    return { text: one.tagName + "." + one.className + " " + one.textContent.slice(0, 30), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
  });
})()`;

test("it reads without scripts", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${rig.server.management}/docs`);
  await page.locator('nav a[href="#createPipeline"]').click();
  await page.locator("#createPipeline details summary").last().click();
  assert.ok(await page.locator("#createPipeline .errors li").first().isVisible());
  await context.close();
});

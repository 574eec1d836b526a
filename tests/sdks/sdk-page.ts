/** A page in a real browser, on another origin than the gateway, that has an SDK in it. */
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { launchBrowser, startShop } from "../harness/browser.ts";

/** Opens a page whose `globalThis` has the named exports of a package, runs `use` with it, and closes everything. */
export async function onPageWith(
  sdk: { package: string; exports: readonly string[] },
  use: (page: Page) => Promise<void>,
): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const script = await bundle(sdk);
  const shop = await startShop();
  cleanUp.defer(shop.close);
  const browser = await launchBrowser();
  cleanUp.defer(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${shop.url}/orders?utm_source=mail&utm_campaign=spring`);
  await page.addScriptTag({ content: script });
  await use(page);
}

async function bundle(sdk: { package: string; exports: readonly string[] }): Promise<string> {
  const names = sdk.exports.join(", ");
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names} } from "${sdk.package}";\nObject.assign(globalThis, { ${names} });`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: "iife",
    platform: "browser",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

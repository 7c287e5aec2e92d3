// Steps of a page that have no word of their own in driver.mjs; called by Page.run().

import { readFile } from "node:fs/promises";

export const choose = (page, _context, selector, label) => page.selectOption(selector, { label }).then(() => undefined);

/** From the next load on, the page's clock is that much ahead; milliseconds. */
export const clockAhead = (page, _context, ms) =>
  page.addInitScript((by) => {
    const right = Date.now;
    Date.now = () => right() + by;
  }, ms);

/** Clicks what downloads a file: its name and its text. */
export async function download(page, _context, selector) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
  return [file.suggestedFilename(), await readFile(await file.path(), "utf8")];
}

export const focus = (page, _context, selector) => page.focus(selector);

/** From now on the page gets that JSON for what it asks of such addresses, and not the server's. */
export const answers = (page, _context, addresses, body) =>
  page.route(addresses, (route) => route.fulfill({ json: body }));

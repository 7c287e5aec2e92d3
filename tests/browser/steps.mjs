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

/**
 * From the next load on, the page notes when what it is to show is on screen: an element that has the text, without the
 * banner that tells of no connection. `batonTimes.ready` is how long that took from the load's begin, and of each of
 * `batonTimes.returns` `shown - opened` from the opening of a connection; milliseconds.
 */
export const timeScreen = (page, _context, selector, text = "") =>
  page.addInitScript(
    (wanted) => {
      const times = (globalThis.batonTimes = { ...wanted, returns: [] });
      const shown = () =>
        !document.querySelector(".banner.away") &&
        [...document.querySelectorAll(times.selector)].some((one) => one.textContent.includes(times.text));
      const look = () =>
        requestAnimationFrame(() => {
          if (!shown()) return;
          times.ready ??= performance.now();
          const last = times.returns.at(-1);
          if (last) last.shown ??= performance.now();
        });
      const { WebSocket } = globalThis;
      globalThis.WebSocket = class extends WebSocket {
        constructor(...given) {
          super(...given);
          this.addEventListener("open", () => times.returns.push({ opened: performance.now() }));
        }
      };
      const all = { subtree: true, childList: true, characterData: true, attributes: true };
      new MutationObserver(look).observe(document, all);
    },
    { selector, text },
  );

/** From now on `batonKeys` gets, for each key typed into a field, how long it took until the page had been painted; milliseconds. */
export const timeKeys = (page) =>
  page.evaluate(() => {
    const took = (globalThis.batonKeys = []);
    const note = (event) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel(); // Its message comes after the frame.
        port1.onmessage = () => took.push(performance.now() - event.timeStamp);
        port2.postMessage(null);
      });
    addEventListener("input", note, true);
  });

/** From now on `batonFocus` has, for each field of that selector that appears, whether it had the focus by then. */
export const noteFocus = (page, _context, selector) =>
  page.evaluate((wanted) => {
    const had = (globalThis.batonFocus = []);
    const look = (records) => {
      const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node instanceof Element);
      for (const field of added.flatMap((node) => [...node.querySelectorAll(wanted)]))
        had.push(field === document.activeElement);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true });
  }, selector);

/** The first request to such addresses whose body has those words is refused, as one too many. */
export async function refuseFirst(page, _context, addresses, words = "") {
  let refused = false;
  await page.route(addresses, (route) => {
    if (refused || !(route.request().postData() ?? "").includes(words)) return route.fallback();
    refused = true;
    const msg = "too many requests";
    const json = { errorType: "NOT_PERMITTED", msg, errorMessage: msg, reason: "rateLimited" };
    return route.fulfill({ status: 429, json });
  });
}

let held;
/** From now on a request to such addresses whose body has those words waits for `refuseHeld`. */
export async function holdBack(page, _context, addresses, words) {
  let caught;
  held = new Promise((resolve) => (caught = resolve));
  await page.route(addresses, (route) =>
    (route.request().postData() ?? "").includes(words) ? caught(route) : route.fallback(),
  );
}
/** Refuses the request that is held back with that error. */
export const refuseHeld = async (_page, _context, status, json) => (await held).fulfill({ status, json });

export const focus = (page, _context, selector) => page.focus(selector);

/** From now on the page gets that JSON for what it asks of such addresses, and not the server's. */
export const answers = (page, _context, addresses, body) =>
  page.route(addresses, (route) => route.fulfill({ json: body }));

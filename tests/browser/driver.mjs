// Carries out what tests/harness/browser.py asks, in Debian's Chromium, by playwright-core of web/node_modules.
//
// One JSON object a line on standard input: {"id": 1, "on": "browser"|"page1", "do": "click", "with": [...]}. The answer on
// standard output has the same id, and "value" or "error". Lines without an id tell what a page said: "console", "pageerror",
// "request" of a foreign host.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { readFile } from "node:fs/promises";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.BATON_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const contexts = new Map();
const pages = new Map();
let count = 0;

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** What is asked of the browser itself. */
const ofBrowser = {
  /** A new context is a browser profile of its own: cookies, storage, service workers. */
  async context(options) {
    const name = `context${++count}`;
    contexts.set(name, await browser.newContext(options));
    return name;
  },
  async page(contextName) {
    const name = `page${++count}`;
    const page = await contexts.get(contextName).newPage();
    page.setDefaultTimeout(10_000);
    page.on("console", (line) => say({ page: name, console: line.type(), text: line.text() }));
    page.on("pageerror", (error) => say({ page: name, console: "pageerror", text: String(error.stack ?? error) }));
    page.on("request", (request) => say({ page: name, request: request.url(), method: request.method() }));
    pages.set(name, page);
    return name;
  },
  /** The end of a test: nothing of its profiles is left. */
  async closeContexts() {
    await Promise.all([...contexts.values()].map((context) => context.close()));
    contexts.clear();
    pages.clear();
  },
  async offline(contextName, offline) {
    await contexts.get(contextName).setOffline(offline);
  },
};

/** What is asked of a page; selectors are Playwright's ("role=button[name=/answer/i]", "text=...", CSS). */
const ofPage = {
  goto: (page, url) => page.goto(url).then((response) => response?.status()),
  reload: (page) => page.reload().then(() => undefined),
  click: (page, selector, options) => page.click(selector, options),
  fill: (page, selector, text) => page.fill(selector, text),
  press: (page, key) => page.keyboard.press(key),
  type: (page, text) => page.keyboard.type(text),
  text: (page, selector) => page.innerText(selector),
  value: (page, selector) => page.inputValue(selector),
  count: (page, selector) => page.locator(selector).count(),
  enabled: (page, selector) => page.isEnabled(selector),
  wait: (page, selector, state = "visible") =>
    page.waitForSelector(selector, { state }).then(() => undefined),
  /** Asked again and again from outside, since a page's policy forbids its own eval, by which Playwright would wait. */
  async until(page, expression) {
    const end = Date.now() + 10_000;
    while (!(await page.evaluate(expression))) {
      if (Date.now() > end) throw new Error("never true");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
  evaluate: (page, expression) => page.evaluate(expression),
  screenshot: (page, path, options) => page.screenshot({ path, ...options }).then(() => undefined),
  size: (page, width, height) => page.setViewportSize({ width, height }),
  media: (page, options) => page.emulateMedia(options),
  accessibility: (page) => page.locator("body").ariaSnapshot(),
  /** Violations of WCAG 2.2 AA that axe finds; of some of its rules, where they are named. */
  async axe(page, rules) {
    if (!(await page.evaluate(() => "axe" in window)))
      await page.evaluate(await readFile(require.resolve("axe-core/axe.min.js"), "utf8"));
    return page.evaluate(async (rules) => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await window.axe.run(document, { runOnly: rules ?? tags });
      return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html) }));
    }, rules);
  },
  /** Calls an exported function of a module, with the page and its context: for what has no word of its own here. */
  async run(page, file, name, ...args) {
    const module = await import(pathToFileURL(file).href);
    return module[name](page, page.context(), ...args);
  },
  close: (page) => page.close(),
};

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { id, on, do: what, with: args = [] } = JSON.parse(line);
    try {
      const value =
        on === "browser" ? await ofBrowser[what](...args) : await ofPage[what](pages.get(on), ...args);
      say({ id, value: value ?? null });
    } catch (error) {
      say({ id, error: String(error.message ?? error) });
    }
  })
  .on("close", () => browser.close());
say({ ready: browser.version() });

// The sign-in pop-up that the library or the page in the frame opens.

/** Waits for the pop-up at `url`, and signs in there. Comes back once it is closed, or says what it shows. */
export async function signIn(page, context, url, login, password) {
  const there = () => context.pages().find((one) => one !== page && one.url().startsWith(url));
  const popup = there() ?? (await context.waitForEvent("page", (one) => one !== page));
  await popup
    .getByLabel("Login")
    .fill(login)
    .catch((error) => {
      const pages = context.pages().map((one) => one.url());
      throw new Error(`no form to sign in at ${popup.url()}, of the pages ${pages.join(", ")}`, { cause: error });
    });
  await popup.getByLabel("Password").fill(password);
  const closed = popup.waitForEvent("close").then(() => "closed");
  // The library may close it before the click has come back.
  await popup.getByRole("button", { name: "Sign in" }).click().catch(() => undefined);
  const refused = popup
    .waitForFunction(() => {
      const told = document.querySelector("#told").textContent;
      return told === "Signed in." ? "" : told;
    })
    .then((text) => text.jsonValue())
    .catch(() => closed);
  return Promise.race([closed, refused]);
}

/** Clicks a button of the page in the frame. */
export async function clickInFrame(page, context, name) {
  await page.frameLocator("iframe").getByRole("button", { name }).click();
}

/** What the page in the frame shows. */
export async function textInFrame(page) {
  return page.frameLocator("iframe").locator("main").innerText();
}

/**
 * From the next load on, what the frame's first request for a session is answered with is lost, and with it the cookie: the
 * ticket is used all the same.
 */
export const loseFirstSession = (page) =>
  page.addInitScript(() => {
    const { fetch } = globalThis;
    const tickets = (globalThis.batonTickets = []);
    globalThis.fetch = async (path, init) => {
      if (!String(path).endsWith("/v1/session")) return fetch(path, init);
      const first = tickets.push(JSON.parse(init.body).ticket) === 1;
      // Without credentials a browser takes no cookie.
      const answer = await fetch(path, first ? { ...init, credentials: "omit" } : init);
      if (first) throw new TypeError(`lost: HTTP ${answer.status}`);
      return answer;
    };
  });

/** The tickets that the frame has asked for a session with. */
export const tickets = (page) =>
  page.frames().find((one) => one !== page.mainFrame()).evaluate(() => globalThis.batonTickets);

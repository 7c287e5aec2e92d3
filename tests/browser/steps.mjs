// Steps of a page that have no word of their own in driver.mjs; called by Page.run().

export const choose = (page, _context, selector, label) => page.selectOption(selector, { label }).then(() => undefined);

/** From the next load on, the page's clock is that much ahead; milliseconds. */
export const clockAhead = (page, _context, ms) =>
  page.addInitScript((by) => {
    const right = Date.now;
    Date.now = () => right() + by;
  }, ms);

// Steps of a page that have no word of their own in driver.mjs; called by Page.run().

export const choose = (page, _context, selector, label) => page.selectOption(selector, { label }).then(() => undefined);

/**
 * Sends digits one after the other: two requests on their way at once may overtake each other. Behind one that was not
 * taken those that wait are dropped, since without it they are another number.
 *
 * @param send sends a digit; gives back whether it was taken
 * @returns what a key does: it gives back whether its digit was taken
 */
export function digitQueue(
  send: (digit: string) => Promise<boolean>,
): (digit: string) => Promise<boolean> {
  let last = Promise.resolve(true);
  let waiting = 0;
  return (digit) => {
    const before = waiting++ === 0 ? Promise.resolve(true) : last;
    last = before.then((taken) => taken && send(digit)).finally(() => waiting--);
    return last;
  };
}

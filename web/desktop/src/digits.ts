import { newId } from "@baton/client";
import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** The digits of a keypad, on their way. */
export interface Digits {
  /** What a key does: gives back whether its digit was taken. */
  press: (digit: string) => Promise<boolean>;
  /** The server tells by its request's id that a digit was not sent: `why`, in words. Whether it was one of these. */
  lost: (id: string | undefined, why: string) => boolean;
  /** A keypad is opened: it shows what is sent from now on. */
  begin: () => void;
  /** The digits that were sent, as far as anybody knows. */
  shown: ReadonlySignal<string>;
  /** Why the last digit was not sent, in words; until the next one is. */
  failure: ReadonlySignal<string>;
}

/**
 * Sends digits one after the other: two requests on their way at once may overtake each other. Behind one that was not
 * taken those that wait are dropped, since without it they are another number. That a digit was taken is not the last
 * word: the telephone system is asked then, and what it refuses is told by an event, which may also come first.
 *
 * @param send sends a digit by a request of that id; gives back why it was not taken, in words, or nothing
 */
export function digitsOf(send: (digit: string, id: string) => Promise<string>): Digits {
  const sent = signal<readonly { id: string; digit: string; taken: boolean }[]>([]);
  const failure = signal("");
  let last = Promise.resolve(true);
  let waiting = 0;
  let losses = 0;

  const lose = (id: string | undefined, why: string): boolean => {
    const rest = sent.value.filter((one) => one.id !== id);
    if (rest.length === sent.value.length) return false;
    sent.value = rest;
    failure.value = why;
    losses++;
    return true;
  };
  const sendNext = async (digit: string): Promise<boolean> => {
    const id = newId();
    failure.value = "";
    sent.value = [...sent.value, { id, digit, taken: false }];
    const why = await send(digit, id);
    if (why) lose(id, why);
    const here = sent.value.some((one) => one.id === id);
    sent.value = sent.value.map((one) => (one.id === id ? { ...one, taken: true } : one));
    return here;
  };
  return {
    press(digit) {
      const before = waiting++ === 0 ? Promise.resolve(true) : last;
      const lossesBefore = losses;
      last = before
        .then((taken) => taken && losses === lossesBefore && sendNext(digit))
        .finally(() => waiting--);
      return last;
    },
    lost: lose,
    begin() {
      sent.value = sent.value.filter((one) => !one.taken);
      failure.value = "";
    },
    shown: computed(() =>
      sent.value
        .filter((one) => one.taken)
        .map((one) => one.digit)
        .join(""),
    ),
    failure,
  };
}

/**
 * How an agent signs in while this page stands in a frame of another site. A browser gives such a frame a cookie jar of
 * its own (Partitioned), and nobody should type a password into a frame whose address he cannot see. So a pop-up of this
 * origin asks for the password, gets a ticket for it, and hands the ticket to the frame by a message that only this origin
 * can read; the frame gets its session by it.
 *
 * The library opens that pop-up by itself, at the address of this page, when the frame does not speak for its
 * ccpLoadTimeout (5 s by default), and replaces the frame each time that has passed, ten times. So the pop-up looks for
 * the frame that is there now.
 */

import type { Api } from "./api.ts";

/** Pop-up to frame: here is a ticket. */
interface Offer {
  baton: "sign-in";
  ticket: string;
}

/** Frame to pop-up: the session is there. */
interface Thanks {
  baton: "signed-in";
}

const POPUP = "baton-sign-in";
const POPUP_SHAPE = "width=433,height=578";

/** What the frame's button does. */
export interface SignInPrompt {
  open(): void;
}

/** In the frame: waits for a ticket, once; then calls `done`. */
export function askForSignIn(api: Api, done: () => void): SignInPrompt {
  let busy = false;
  const receive = async ({ origin, source, data }: MessageEvent): Promise<void> => {
    if (origin !== location.origin || !isOffer(data) || busy) return;
    busy = true;
    try {
      await api.openSession(data.ticket);
    } catch {
      busy = false; // Used or expired: the pop-up asks anew.
      return;
    }
    window.removeEventListener("message", listener);
    const thanks: Thanks = { baton: "signed-in" };
    source?.postMessage(thanks, { targetOrigin: location.origin });
    done();
  };
  const listener = (event: MessageEvent): void => void receive(event);
  window.addEventListener("message", listener);
  return { open: () => void window.open(location.href, POPUP, POPUP_SHAPE) };
}

/** How often the pop-up looks for the frame, and how long; milliseconds. */
const LOOK_EVERY = 250;
const LOOK_FOR = 20_000;

/**
 * In the pop-up: offers the ticket to this origin's frames of the window that opened it, until one has taken it. Resolves
 * with false where none did within LOOK_FOR.
 */
export function offerTicket(ticket: string): Promise<boolean> {
  const offer: Offer = { baton: "sign-in", ticket };
  return new Promise((resolve) => {
    const post = (): void => {
      for (const each of framesOf(window.opener as Window | null))
        each.postMessage(offer, location.origin);
    };
    const end = (found: boolean): void => {
      clearInterval(interval);
      clearTimeout(timer);
      window.removeEventListener("message", listener);
      resolve(found);
    };
    const listener = ({ origin, data }: MessageEvent): void => {
      if (origin === location.origin && isThanks(data)) end(true);
    };
    window.addEventListener("message", listener);
    const interval = setInterval(post, LOOK_EVERY);
    const timer = setTimeout(() => end(false), LOOK_FOR);
    post();
  });
}

/** The windows that may hold our frame: what opened us, the page around it, and the frames of both. */
function framesOf(opener: Window | null): Window[] {
  if (!opener) return [];
  const around = opener.parent ?? opener;
  const windows = new Set<Window>([opener, around]);
  for (const each of [opener, around]) {
    for (let i = 0; i < each.length; ++i) {
      const frame = each[i];
      if (frame) windows.add(frame);
    }
  }
  return [...windows];
}

function isOffer(value: unknown): value is Offer {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Offer).baton === "sign-in" &&
    typeof (value as Offer).ticket === "string"
  );
}

function isThanks(value: unknown): value is Thanks {
  return typeof value === "object" && value !== null && (value as Thanks).baton === "signed-in";
}

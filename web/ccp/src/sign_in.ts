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
import { isUnauthorized } from "./retry.ts";

/** Pop-up to frame: here is a ticket, which stands for a session of that agent. */
interface Offer {
  baton: "sign-in";
  ticket: string;
  login: string;
}

/** Frame to pop-up: the session is there. */
interface Thanks {
  baton: "signed-in";
}

/** Frame to pop-up: the ticket is used or expired, and there is no session. */
interface Refusal {
  baton: "ticket-refused";
  ticket: string;
}

const THANKS: Thanks = { baton: "signed-in" };

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
    } catch (error) {
      busy = false;
      // Whatever else it was, the ticket may still be good, and is offered again.
      if (!isUnauthorized(error)) return;
      const refusal: Refusal = { baton: "ticket-refused", ticket: data.ticket };
      source?.postMessage(refusal, { targetOrigin: location.origin });
      return;
    }
    window.removeEventListener("message", listener);
    source?.postMessage(THANKS, { targetOrigin: location.origin });
    done();
  };
  const listener = (event: MessageEvent): void => void receive(event);
  window.addEventListener("message", listener);
  return { open: () => void window.open(location.href, POPUP, POPUP_SHAPE) };
}

/**
 * In the frame: thanks for the offer of a session that it has. The library may have replaced the frame that took it before
 * that one could.
 *
 * @param login who is signed in here, where somebody is
 */
export function thankForOffers(login: () => string | undefined): void {
  window.addEventListener("message", ({ origin, source, data }: MessageEvent) => {
    if (origin === location.origin && isOffer(data) && data.login === login())
      source?.postMessage(THANKS, { targetOrigin: location.origin });
  });
}

/** How often the pop-up looks for the frame, and how long; milliseconds. */
const LOOK_EVERY = 250;
const LOOK_FOR = 20_000;

/**
 * In the pop-up: offers a ticket to this origin's frames of the window that opened it, until one has the session. A frame
 * that was replaced while it opened the session has used the ticket up, and its cookie is lost: then there is another one.
 *
 * @param login whose session it is
 * @param getTicket signs in
 * @returns false where no frame had it within LOOK_FOR. Rejects with what `getTicket` rejects with.
 */
export async function offerTicket(
  login: string,
  getTicket: () => Promise<string>,
): Promise<boolean> {
  let offer: Offer | null = { baton: "sign-in", ticket: await getTicket(), login };
  return new Promise((resolve, reject) => {
    const post = (): void => {
      if (!offer) return;
      for (const each of framesOf(window.opener as Window | null))
        each.postMessage(offer, location.origin);
    };
    const end = (): void => {
      clearInterval(interval);
      clearTimeout(timer);
      window.removeEventListener("message", listener);
    };
    const renew = (): void => {
      offer = null;
      getTicket().then(
        (ticket) => {
          offer = { baton: "sign-in", ticket, login };
        },
        (error: unknown) => {
          end();
          reject(error as Error);
        },
      );
    };
    const listener = ({ origin, data }: MessageEvent): void => {
      if (origin !== location.origin) return;
      if (isThanks(data)) {
        end();
        resolve(true);
      } else if (isRefusal(data) && data.ticket === offer?.ticket) {
        renew();
      }
    };
    window.addEventListener("message", listener);
    const interval = setInterval(post, LOOK_EVERY);
    const timer = setTimeout(() => {
      end();
      resolve(false);
    }, LOOK_FOR);
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
  const offer = value as Partial<Offer> | null;
  return (
    says(value, "sign-in") && typeof offer?.ticket === "string" && typeof offer.login === "string"
  );
}

const isThanks = (value: unknown): value is Thanks => says(value, "signed-in");

const isRefusal = (value: unknown): value is Refusal => says(value, "ticket-refused");

const says = (value: unknown, what: string): boolean =>
  typeof value === "object" && value !== null && (value as { baton?: unknown }).baton === what;

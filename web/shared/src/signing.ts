import { type BatonClient, BatonError, type ConnectionState, type SignedIn } from "@baton/client";
import { type Signal, signal } from "@preact/signals";
import { capital } from "./capital.ts";
import { storage } from "./storage.ts";
import { t } from "./texts.ts";

/** How long a refresh shows nothing rather than a page without a connection. */
const LOOK_MS = 1_000;

/** What a page does as people come and go. */
export interface Comings {
  /** Somebody is signed in, and the client is about to connect. With `false` it does not: the page is not for him. */
  entering?: (signed: SignedIn) => boolean | void;
  /** The client has connected. */
  entered?: () => void;
  /** Nobody is signed in any more. */
  forgotten: () => void;
}

/** Who is signed in to a page, and how its client stands with the server. */
export interface Signing {
  who: Signal<SignedIn | null>;
  connection: Signal<ConnectionState>;
  /** Whether the session before a refresh was looked for already. */
  looked: Signal<boolean>;
  /** Why somebody was signed out, in words. */
  signedOutWhy: Signal<string>;
  /** Takes up the session that the browser's cookie holds, if it does. While the server is away the page says so. */
  resume(): Promise<void>;
  /** Signs in; gives back why not, in words, or nothing. */
  signIn(login: string, password: string): Promise<string>;
  /** Signs out; gives back why not, in words, or nothing. The cookie can be ended by the server only. */
  signOut(): Promise<string>;
}

export function signingOf(client: BatonClient, comings: Comings): Signing {
  const who = signal<SignedIn | null>(null);
  const connection = signal<ConnectionState>("closed");
  const looked = signal(false);
  const signedOutWhy = signal("");

  function forget(): void {
    who.value = null;
    comings.forgotten();
  }

  /** Whether the server knows the caller no more. */
  async function hasEnded(): Promise<boolean> {
    try {
      await client.preferences();
      return false;
    } catch (error) {
      return error instanceof BatonError && error.status === 401;
    }
  }

  async function enter(signed: SignedIn): Promise<void> {
    who.value = signed;
    if (comings.entering?.(signed) === false) return;
    try {
      await client.connect();
    } catch (error) {
      if (error instanceof BatonError && error.status === 401) storage.setWho(null);
      forget();
      throw error;
    }
    comings.entered?.();
  }

  client.onConnection((value) => {
    connection.value = value;
    if (value === "signedOut" && who.value) {
      signedOutWhy.value = t("signedOut");
      forget();
    }
  });

  return {
    who,
    connection,
    looked,
    signedOutWhy,

    async resume() {
      // The cookie is all tabs' one: this one must not go on as somebody else.
      storage.onOtherWho(() => location.reload());
      const signed = storage.who();
      try {
        if (signed)
          await Promise.race([
            enter(signed),
            new Promise((resolve) => setTimeout(resolve, LOOK_MS)),
          ]);
      } finally {
        looked.value = true;
      }
    },

    async signIn(login, password) {
      try {
        const signed = await client.signIn(login, password);
        storage.setWho(null); // So that the other tabs are told also where it is the same agent again.
        storage.setWho(signed);
        signedOutWhy.value = "";
        await enter(signed);
        return "";
      } catch (error) {
        if (!(error instanceof BatonError)) return t("unreachable");
        if (error.status === 429)
          return t("signInLater", { seconds: error.data.retryAfterSeconds ?? 1 });
        return error.status === 401 ? t("signInWrong") : capital(error.message);
      }
    },

    async signOut() {
      let why = "";
      try {
        await client.signOut();
      } catch (error) {
        if (!(error instanceof BatonError)) return t("stillSignedIn");
        if (error.status !== 401) {
          // It may have ended all the same, and only the store did not take that: then the cookie is gone.
          if (!(await hasEnded())) return capital(error.message);
          why = capital(error.message);
        }
        client.close(); // The session has ended already.
      }
      storage.setWho(null);
      forget();
      if (why) signedOutWhy.value = why;
      return "";
    },
  };
}

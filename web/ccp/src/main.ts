/** The page /ccp-v2/: in a frame what a desktop embeds, as a window of its own the sign-in. */

import { Api } from "./api.ts";
import { said } from "./baton.ts";
import { Page } from "./page.ts";
import { persist } from "./retry.ts";
import { offerTicket } from "./sign_in.ts";

function part<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Shows one of the page's sections. */
function turnTo(id: "agent" | "signed-out" | "form"): void {
  for (const each of document.querySelectorAll<HTMLElement>("main > *"))
    each.hidden = each.id !== id;
}

async function inFrame(): Promise<void> {
  let origins: string[] = [];
  const find = async (): Promise<void> => {
    origins = await new Api().embedders();
  };
  await persist(find, () => true);
  const page = new Page(window.parent, origins, {
    show: (who, state, connected) => {
      turnTo("agent");
      if (connected) part("not-ended").textContent = "";
      part("who").textContent = who;
      part("state").textContent = connected ? state : "Baton is not reached; it is tried again.";
    },
    signIn: (prompt) => {
      turnTo("signed-out");
      part("open").onclick = () => prompt.open();
    },
    signOutRefused: (why) => {
      // In either section: which one is shown depends on whether the session ended.
      part("state").textContent = part("not-ended").textContent = why;
    },
  });
  part("sign-out").onclick = () => void page.signOut();
  await page.start();
}

function asWindow(): void {
  const api = new Api();
  const form = part<HTMLFormElement>("form");
  const told = part("told");
  const button = part<HTMLButtonElement>("sign-in");
  turnTo("form");
  part<HTMLInputElement>("login").focus();
  const submit = async (): Promise<void> => {
    button.disabled = true;
    told.textContent = "";
    const field = (name: string): string => String(new FormData(form).get(name) ?? "");
    try {
      const [login, password] = [field("login"), field("password")];
      const signIn = async (): Promise<string> => {
        const ticket = await api.signIn(login, password);
        told.textContent = "Signed in.";
        return ticket;
      };
      if (await offerTicket(login, signIn)) return window.close();
      told.textContent =
        "You are signed in, but the desktop that asked for it was not found. Close this window, reload the desktop, and sign in again.";
    } catch (error) {
      told.textContent = said(error);
    } finally {
      button.disabled = false;
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    void submit();
  };
}

if (window.parent === window) {
  asWindow();
} else {
  inFrame().catch((error: unknown) => {
    turnTo("agent");
    part("sign-out").hidden = true;
    part("state").textContent = said(error);
  });
}

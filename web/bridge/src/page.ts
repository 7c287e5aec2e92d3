/// <reference types="vite/client" />
// The page /amazon/: the instance's own CCP, and the bridge beside it. Nothing but the configuration says which.
import streamsAddress from "amazon-connect-streams/release/connect-streams.js?url";
import packageOfStreams from "amazon-connect-streams/package.json";
import { capital } from "@baton/shared/capital.ts";
import { Bridge, type BridgeState } from "./bridge.ts";
import type { ContactClient } from "./cold-transfer.ts";
import { signIn as toBaton } from "./sign-in.ts";

/** What the server's configuration says (`[amazon]`). */
interface PageConfig {
  ccpUrl: string;
  region: string;
  /** Agents and queues are to be reached by the SDK's cold transfer. */
  coldTransfer: boolean;
}

const TEXTS: Record<BridgeState, string> = {
  connecting: "Connecting to Baton",
  signedOut: "Not signed in to Baton",
  waiting: "Waiting for the Contact Control Panel",
  standby: "Standing by: another tab acts",
  refused: "Not taken by Baton",
  active: "Connected",
  closed: "Closed",
};

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as T;
}

const state = element("state");
const signIn = element<HTMLFormElement>("sign-in");
const refused = element("refused");

/** The library as it is published: a script that makes `window.connect`. */
function loadStreams(): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = streamsAddress;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("amazon-connect-streams could not be loaded"));
    document.head.append(script);
  });
}

/** The SDK's client on the channel that the library holds to the CCP. It is loaded only where it is wanted. */
async function sdkClient(): Promise<ContactClient> {
  const { ContactClient } = await import("@amazon-connect/contact");
  const config = connect.core.getSDKClientConfig();
  return new ContactClient(config as ConstructorParameters<typeof ContactClient>[0]);
}

async function main(): Promise<void> {
  const answer = await fetch("config.json");
  const config = (await answer.json()) as PageConfig;
  if (!config.ccpUrl) {
    state.textContent = "No instance is configured: set amazon.ccp_url.";
    return;
  }
  await loadStreams();
  connect.core.initCCP(element("ccp"), {
    ccpUrl: config.ccpUrl,
    loginPopup: true,
    loginPopupAutoClose: true,
    softphone: { allowFramedSoftphone: true },
    ...(config.region ? { region: config.region } : {}),
  });
  // Without it transfers are add and leave, as ever.
  const contactClient = config.coldTransfer ? await sdkClient().catch(() => undefined) : undefined;
  const bridge = new Bridge({
    instance: config.ccpUrl,
    libraryVersion: packageOfStreams.version,
    ...(contactClient ? { contactClient } : {}),
    onState: (now, why) => {
      state.textContent = why === undefined ? TEXTS[now] : `${TEXTS[now]}: ${why}`;
      state.dataset["state"] = now;
      signIn.hidden = now !== "signedOut";
    },
  });
  signIn.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(signIn);
    refused.textContent = "";
    void toBaton(given.get("login"), given.get("password")).then((why) => {
      refused.textContent = capital(why);
      if (!why) bridge.retry();
    });
  });
  await bridge.start();
}

main().catch((error: unknown) => {
  state.textContent = String(error);
});

/**
 * The bridge between Baton and an agent's own session at Amazon Connect. Load it beside `amazon-connect-streams`:
 *
 *     connect.core.initCCP(container, { ccpUrl, ... });
 *     await connectBridge({ instance: ccpUrl });
 *
 * Without dependencies at run time.
 *
 * @packageDocumentation
 */
import { Bridge, type BridgeOptions } from "./bridge.ts";

export { Bridge } from "./bridge.ts";
export type { BridgeOptions, BridgeState } from "./bridge.ts";
export type { ColdDestination, ContactClient } from "./cold-transfer.ts";
export type { Command, ContactDigest, Digest, Outcome } from "./messages.ts";

/** Makes a bridge and starts it. */
export async function connectBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = new Bridge(options);
  await bridge.start();
  return bridge;
}

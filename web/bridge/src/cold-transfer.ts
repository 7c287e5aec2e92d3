/// <reference types="amazon-connect-streams" />
import { failed, failureOf } from "./failure.ts";
import type { Command, Outcome } from "./messages.ts";

/** An agent or a queue, as the SDK takes it. It takes no numbers here. */
export interface ColdDestination {
  type: "agent" | "queue";
  endpointARN: string;
  name: string;
}

/** What of the `ContactClient` of `@amazon-connect/contact` is used. */
export interface ContactClient {
  transfer(contactId: string, quickConnect: ColdDestination): Promise<unknown>;
}

/** What the library's types leave out of `getSDKClientConfig()`. */
interface Provider {
  getProxy?: () => { connectionStatus?: string };
}

/** Transfers by the SDK: the destination is added and the agent leaves in one step. */
export class ColdTransfer {
  constructor(
    private readonly client: ContactClient,
    private readonly streams: typeof connect,
  ) {}

  /**
   * Asks the SDK once, and gives back what came of its promise. Without an open channel to the CCP nothing is asked:
   * the SDK would keep the request, give it up after 30 s, and send it all the same once there is a channel.
   */
  async carryOut(command: Command): Promise<Outcome> {
    const to = command.endpoint;
    if (!command.contactId || !to?.endpointARN || to.type === "phone_number")
      return failed("BadEndpointException", "it is neither an agent nor a queue");
    const status = this.channel();
    if (status !== undefined && status !== "ready")
      return failed("NoChannel", `the SDK has no open channel to the CCP (${status})`);
    try {
      await this.client.transfer(command.contactId, {
        type: to.type,
        endpointARN: to.endpointARN,
        name: to.name ?? "",
      });
      return { ok: true };
    } catch (error) {
      return { ok: false, error: failureOf(error) };
    }
  }

  /** How the SDK's channel stands; undefined: the library does not tell. */
  private channel(): string | undefined {
    try {
      const { provider } = this.streams.core.getSDKClientConfig();
      return (provider as Provider).getProxy?.().connectionStatus;
    } catch {
      return undefined;
    }
  }
}

/// <reference types="amazon-connect-streams" />
import type { ColdTransfer } from "./cold-transfer.ts";
import { failed, failureOf } from "./failure.ts";
import type { Command, Failure, Outcome } from "./messages.ts";

const noContact = (): Outcome => failed("NoContact", "the agent's session has no such contact");
const noClient = (): Outcome => failed("NoChannel", "the page has no client of the SDK");

function contactOf(agent: connect.Agent, id: string | undefined): connect.Contact | undefined {
  return agent.getContacts().find((contact) => contact.getContactId() === id);
}

/**
 * Asks the library for one thing, once. Gives back what it called back with; where it never does, as after a 401 or 403,
 * that never comes. Nothing is decided and nothing is tried again here.
 */
export function carryOut(
  agent: connect.Agent,
  command: Command,
  cold?: ColdTransfer,
): Promise<Outcome> {
  if (command.action === "coldTransfer") {
    if (!contactOf(agent, command.contactId)) return Promise.resolve(noContact());
    return cold ? cold.carryOut(command) : Promise.resolve(noClient());
  }
  return new Promise((resolve) => {
    const callbacks = {
      success: (): void => resolve({ ok: true }),
      failure: (told: unknown): void => resolve({ ok: false, error: failureOf(told) }),
    };
    try {
      const refused = ask(agent, command, callbacks);
      if (refused) resolve(refused);
    } catch (error) {
      // A handle of what is over throws at once.
      const failure: Failure = failureOf(error);
      resolve({ ok: false, error: { ...failure, name: failure.name || "StateError" } });
    }
  });
}

function ask(
  agent: connect.Agent,
  command: Command,
  callbacks: connect.SuccessFailOptions,
): Outcome | undefined {
  switch (command.action) {
    case "mute":
      agent.mute();
      return { ok: true };
    case "unmute":
      agent.unmute();
      return { ok: true };
    case "makeCall":
      if (!command.endpoint?.phoneNumber) return failed("BadEndpointException", "no number");
      agent.connect(endpointOf(command), callbacks as connect.ConnectOptions);
      return undefined;
    case "setState": {
      const wanted = command.state;
      const state = agent
        .getAgentStates()
        .find(
          (each) =>
            each.name === wanted?.name && (!wanted.type || String(each.type) === wanted.type),
        );
      if (!state) return failed("InvalidStateException", `there is no state ${wanted?.name ?? ""}`);
      agent.setState(state, callbacks);
      return undefined;
    }
    default:
      break;
  }
  const contact = contactOf(agent, command.contactId);
  if (!contact) return noContact();
  switch (command.action) {
    case "addConnection":
      contact.addConnection(endpointOf(command), callbacks);
      break;
    case "leaveContact":
    case "disconnect":
      // The agent's own connection and nobody else's.
      contact.getAgentConnection().destroy(callbacks);
      break;
    case "resumeCustomer":
    case "resume":
      contact.getInitialConnection().resume(callbacks);
      break;
    case "hold":
      contact.getInitialConnection().hold(callbacks);
      break;
    case "sendDigits":
      contact.getInitialConnection().sendDigits(command.digits ?? "", callbacks);
      break;
    case "accept":
      contact.accept(callbacks);
      break;
    case "reject":
      contact.reject(callbacks);
      break;
    case "clear":
      contact.clear(callbacks);
      break;
    default:
      return failed("", `the bridge knows no command ${command.action}`);
  }
  return undefined;
}

/** Plain data: the library sends it to the frame by structured clone. */
function endpointOf(command: Command): connect.Endpoint {
  return { ...command.endpoint } as unknown as connect.Endpoint;
}

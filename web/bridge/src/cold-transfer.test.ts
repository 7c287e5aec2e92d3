/// <reference types="amazon-connect-streams" />
import { expect, test, vi } from "vitest";
import { carryOut } from "./carry-out.ts";
import { ColdTransfer, type ContactClient } from "./cold-transfer.ts";
import type { Command } from "./messages.ts";

const ARN = "arn:aws:connect:eu-central-1:1:instance/i/transfer-destination/d";

const command = (type: "queue" | "agent" | "phone_number" = "queue"): Command => ({
  command: 7,
  epoch: 1,
  action: "coldTransfer",
  at: new Date().toISOString(),
  contactId: "c-1",
  endpoint: {
    endpointARN: ARN,
    endpointId: ARN,
    type,
    name: "Sales",
    phoneNumber: null,
    agentLogin: null,
    queue: null,
  },
});

const agent = { getContacts: () => [{ getContactId: () => "c-1" }] } as unknown as connect.Agent;

/** The library, whose SDK channel stands so; undefined: it does not tell. */
const streams = (status: string | undefined): typeof connect =>
  ({
    core: {
      getSDKClientConfig: () => {
        if (status === undefined) throw new Error("Provider is not initialized");
        return { provider: { getProxy: () => ({ connectionStatus: status }) } };
      },
    },
  }) as unknown as typeof connect;

const cold = (transfer: () => Promise<unknown>, library = streams("ready")) => {
  const client = { transfer: vi.fn<ContactClient["transfer"]>(transfer) };
  return { client, by: new ColdTransfer(client, library) };
};

test.each(["queue", "agent"] as const)(
  "a %s is asked for once, as the SDK takes it",
  async (type) => {
    const { client, by } = cold(async () => undefined);
    expect(await carryOut(agent, command(type), by)).toEqual({ ok: true });
    expect(client.transfer.mock.calls).toEqual([
      ["c-1", { type, endpointARN: ARN, name: "Sales" }],
    ]);
  },
);

test.each([
  [
    { errorKey: "clientTimeout", reason: "Client Timeout", details: { timeoutMs: 30_000 } },
    { name: "clientTimeout", message: "Client Timeout" },
  ],
  [
    Object.assign(new Error("ConnectError"), { errorKey: "denied", reason: "No." }),
    { name: "denied", message: "No." },
  ],
  [new TypeError("x is undefined"), { name: "TypeError", message: "x is undefined" }],
  [undefined, { name: "", message: "" }],
])("what it rejects with is told, and it is not tried again", async (rejection, error) => {
  const { client, by } = cold(() => Promise.reject(rejection));
  expect(await carryOut(agent, command(), by)).toEqual({
    ok: false,
    error: { ...error, status: 0 },
  });
  expect(client.transfer).toHaveBeenCalledTimes(1);
});

test("what it throws is told like a rejection", async () => {
  const { by } = cold(() => {
    throw new Error("Provider is not initialized");
  });
  expect(await carryOut(agent, command(), by)).toMatchObject({
    ok: false,
    error: { message: "Provider is not initialized" },
  });
});

test("as long as it does not settle, nothing is told", async () => {
  const { by } = cold(() => new Promise(() => undefined));
  const told = vi.fn();
  void carryOut(agent, command(), by).then(told);
  await new Promise((later) => setTimeout(later));
  expect(told).not.toHaveBeenCalled();
});

test.each(["notConnected", "connecting", "initializing", "reset", "error"])(
  "on a channel that is %s the SDK is not asked: it would do it whenever there is one",
  async (status) => {
    const { client, by } = cold(async () => undefined, streams(status));
    expect(await carryOut(agent, command(), by)).toMatchObject({
      ok: false,
      error: { name: "NoChannel" },
    });
    expect(client.transfer).not.toHaveBeenCalled();
  },
);

test("where the library does not tell of its channel, the SDK is asked", async () => {
  const { client, by } = cold(async () => undefined, streams(undefined));
  expect(await carryOut(agent, command(), by)).toEqual({ ok: true });
  expect(client.transfer).toHaveBeenCalledTimes(1);
});

test("numbers, contacts that are gone, and pages without a client are refused here", async () => {
  const { client, by } = cold(async () => undefined);
  const name = async (asked: Command, using: ColdTransfer | undefined): Promise<unknown> => {
    const outcome = await carryOut(agent, asked, using);
    return outcome.ok ? "ok" : outcome.error.name;
  };
  expect(await name(command("phone_number"), by)).toBe("BadEndpointException");
  expect(await name({ ...command(), contactId: "c-2" }, by)).toBe("NoContact");
  expect(await name(command(), undefined)).toBe("NoChannel");
  expect(client.transfer).not.toHaveBeenCalled();
});

import { expect, test } from "vitest";
import { failureOf } from "./failure.ts";

test("the library's JSON text is read, and its stack is left out", () => {
  const told = JSON.stringify({
    type: "BadEndpointException",
    message: "The endpoint is not valid.",
    stack: ["https://instance.example"],
    retryStatus: "none",
    statusCode: 400,
  });
  expect(failureOf(told)).toEqual({
    name: "BadEndpointException",
    message: "The endpoint is not valid.",
    status: 400,
  });
});

test.each([
  ["{}", { name: "", message: "", status: 0 }],
  ["error", { name: "", message: "error", status: 0 }],
  ["null", { name: "", message: "null", status: 0 }],
  [undefined, { name: "", message: "", status: 0 }],
  [{ type: "x" }, { name: "", message: "", status: 0 }],
  ['{"type":7,"message":[],"statusCode":"400"}', { name: "", message: "", status: 0 }],
  [
    '{"type":"a.b#InvalidStateException"}',
    { name: "InvalidStateException", message: "", status: 0 },
  ],
])("%j is taken for what it says", (told, expected) => {
  expect(failureOf(told)).toEqual(expected);
});

test("what the library throws about a contact that is over has a name", () => {
  expect(failureOf(new Error("Contact c-1 no longer exists."))).toEqual({
    name: "StateError",
    message: "Contact c-1 no longer exists.",
    status: 0,
  });
});

test("what the SDK rejects with is read, whether it is an Error or its time-out", () => {
  const rejected = {
    errorKey: "accessDenied",
    reason: "The agent may not transfer.",
    namespace: "aws.connect.contact",
    details: { url: "https://instance.example" },
  };
  const expected = { name: "accessDenied", message: "The agent may not transfer.", status: 0 };
  expect(failureOf(rejected)).toEqual(expected);
  expect(failureOf(Object.assign(new Error("ConnectError"), rejected))).toEqual(expected);
  expect(failureOf({ errorKey: "clientTimeout", reason: "Client Timeout" })).toEqual({
    name: "clientTimeout",
    message: "Client Timeout",
    status: 0,
  });
  expect(failureOf({ errorKey: 7, message: "No." })).toEqual({
    name: "",
    message: "No.",
    status: 0,
  });
});

test.each([
  ["a".repeat(128), 128],
  ["a".repeat(129), 128],
])("a name of more than 128 bytes is cut, too", (errorKey, units) => {
  expect(failureOf({ errorKey }).name).toBe(errorKey.slice(0, units));
});

test.each([
  ["a".repeat(2_048), 2_048],
  ["a".repeat(2_049), 2_048],
  ["€".repeat(700), 682], // Of three bytes each.
  ["😀".repeat(513), 1_024], // Of four bytes and two units each.
])("a message of more than 2,048 bytes is cut between characters", (message, units) => {
  for (const told of [message, new Error(message), JSON.stringify({ message })])
    expect(failureOf(told).message).toBe(message.slice(0, units));
});

/**
 * The library for desktops: a connection to Baton that publishes requests and tells events. Without dependencies, for
 * browsers and Node.js 22.
 *
 * @packageDocumentation
 */
export { attachBus, type MessageBus } from "./bus.ts";
export { BatonClient, newId } from "./client.ts";
export type { ClientOptions, ConnectionState, CsvFile, Reply, RunningTransfer } from "./client.ts";
export { BatonError, BatonUnreachable } from "./error.ts";
export { isOutcome, OUTCOMES } from "./messages.ts";
export type * from "./messages.ts";
export type { Position } from "./positions.ts";

// A STAND-IN of the Contact Control Panel's frame, for tests: it speaks the frame's side of what the unmodified
// amazon-connect-streams expects (acknowledge, agent::update, api_request and its response, broadcast, becomeMaster) and,
// where the test says so, the SDK's channel with its requests. It asks tests/harness/ccp_frame.py for everything else, which
// holds the agent's session, so that it outlives this page.
"use strict";

const host = window.parent;
const service = new WebSocket(`ws://${location.host}/session`);
/** Set by the test: the frame says nothing any more, as one whose process hangs. */
let silent = false;

const tell = (event, data) => {
  if (!silent) host.postMessage(data === undefined ? { event } : { event, data }, "*");
};

/** The library reckons with Date objects where JSON has texts. */
const revive = (key, value) =>
  typeof value === "string" && /(timestamp|timeStamp|Timestamp)$/.test(key) ? new Date(value) : value;

/** The SDK's channel to the host, once it is open. */
let sdk;
function openSdk() {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    if (data.type === "cross-domain-site-ready") {
      const status = { initialized: true, startTime: new Date() };
      port1.postMessage({ type: "acknowledge", connectionId: "connection-1", status, healthCheckInterval: 0 });
      sdk = port1;
    } else if (data.type === "request") {
      const { requestId, namespace, command, data: asked } = data;
      service.send(JSON.stringify({ requestId, namespace, command, data: asked }));
    }
  };
  host.postMessage({ type: "cross-domain-adapter-init" }, "*", [port2]);
}

service.addEventListener("open", () => tell("acknowledge", { id: "port-1" }));
service.addEventListener("message", (message) => {
  const said = JSON.parse(message.data, revive);
  if (said.silent !== undefined) silent = said.silent;
  if (said.sdk) openSdk();
  if (said.sdkResponse && !silent) sdk.postMessage({ type: "response", ...said.sdkResponse });
  if (said.update) tell("agent::update", said.update);
  if (said.response) tell("api_response", { event: "api_response", ...said.response });
});

window.addEventListener("message", ({ data, source }) => {
  if (source !== host || !data || typeof data.event !== "string") return;
  switch (data.event) {
    case "synchronize":
      tell("acknowledge", { id: "port-1" });
      break;
    case "api_request":
      service.send(JSON.stringify({ requestId: data.data.requestId, method: data.data.method, params: data.data.params }));
      break;
    case "broadcast":
      tell(data.data.event, data.data.data);
      // What the panel's softphone tells once it has done it.
      if (data.data.event === "mute") tell("agent::mute_toggle", { muted: data.data.data.mute });
      break;
    case "master_request":
      tell("master_response", {
        event: "master_response",
        requestId: data.data.requestId,
        err: null,
        data: { masterId: "port-1", isMaster: true, takeOver: false, topic: data.data.params?.topic },
      });
      break;
  }
});

// A desktop of the unmodified amazon-connect-streams, which writes down what the library tells it.
"use strict";

/** What happened, in order: "agent Busy", "contact connecting", "legs agent connecting, *inbound connected", ... */
const story = [];
const waiting = new Set();

function tell(line) {
  story.push(line);
  for (const look of [...waiting]) look();
}

/** Waits until `condition` holds. It is looked at anew whenever the library tells something. */
function until(condition, what = String(condition), within = 20000) {
  return new Promise((resolve, reject) => {
    const look = () => {
      let value;
      try {
        value = condition();
      } catch {
        return; // The library throws for what is no more, or not yet.
      }
      if (!value) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(value === true || typeof value !== "object" ? value : true);
    };
    const timer = setTimeout(() => {
      waiting.delete(look);
      reject(new Error(`not within ${within / 1000} s: ${what}\n${story.join("\n")}`));
    }, within);
    waiting.add(look);
    look();
  });
}

/** A method of the library that takes callbacks, as a promise; what it fails with is parsed. */
function call(object, method, ...given) {
  return new Promise((resolve, reject) => {
    const callbacks = {
      success: (data) => resolve(data ?? null),
      failure: (error) => reject(new Error(`FAILURE ${error}`)),
    };
    object[method](...given, callbacks);
  });
}

/** What a method fails with, parsed. */
async function failure(object, method, ...given) {
  try {
    await call(object, method, ...given);
  } catch (error) {
    return JSON.parse(error.message.replace(/^FAILURE /, ""));
  }
  throw new Error(`${method} did not fail`);
}

function legs(contact) {
  return contact
    .getConnections()
    .map((leg) => `${leg.isInitialConnection() ? "*" : ""}${leg.getType()} ${leg.getStatus().type}`)
    .join(", ");
}

let agent;

/** The one contact, or undefined. */
function contact() {
  return agent.getContacts()[0];
}

function customer() {
  return contact().getInitialConnection();
}

function start(ccpUrl, params = {}) {
  connect.core.initCCP(document.getElementById("ccp"), { ccpUrl, loginPopupAutoClose: true, ...params });
  connect.core.onInitialized(() => tell("initialized"));
  connect.core.onAuthFail(() => tell("auth fail"));
  connect.core.getEventBus().subscribe(connect.EventType.ACK_TIMEOUT, () => tell("ack timeout"));
  connect.agent((one) => {
    agent = one;
    tell(`agent is ${agent.getState().name}`);
    agent.onStateChange(({ oldState, newState }) => tell(`agent ${oldState} -> ${newState}`));
    agent.onAfterCallWork(() => tell("agent acw"));
    agent.onError(() => tell("agent error"));
    agent.onMuteToggle(({ muted }) => tell(muted ? "muted" : "unmuted"));
    agent.onEnqueuedNextState(() => tell(`next ${agent.getNextState().name}`));
    agent.onRefresh(() => tell("refresh"));
  });
  connect.contact((one) => {
    tell(`contact is ${one.getStatus().type}`);
    let before = "";
    one.onConnecting(() => tell("contact connecting"));
    one.onAccepted(() => tell("contact accepted"));
    one.onConnected(() => tell("contact connected"));
    one.onMissed(() => tell("contact missed"));
    one.onACW(() => tell("contact acw"));
    one.onEnded(() => tell("contact ended"));
    one.onDestroy(() => tell("contact destroyed"));
    one.onRefresh((now) => {
      const shown = legs(now);
      if (shown !== before) tell(`legs ${shown}`);
      before = shown;
    });
  });
}

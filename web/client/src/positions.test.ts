import { describe, expect, it } from "vitest";
import type { ServerEvent } from "./messages.ts";
import { Positions } from "./positions.ts";

const event = (
  sequence: number | undefined,
  { agent = "agent1", epoch = "e1", topic = "Agent", subtopic = "SetAgentState" } = {},
): ServerEvent => ({ channel: "Amazon", topic, subtopic, agent, epoch, sequence }) as ServerEvent;
const sync = (topic: string, sequence: number, { agent = "agent1", epoch = "e1" } = {}) =>
  event(sequence, { agent, epoch, topic, subtopic: "StateSync" });

describe("Positions", () => {
  it("takes what comes next once", () => {
    const positions = new Positions();
    expect(positions.take(sync("InboundCall", 7))).toBe("new");
    expect(positions.take(event(8))).toBe("new");
    expect(positions.take(event(8))).toBe("seen");
    expect(positions.take(event(7))).toBe("seen");
    expect(positions.take(event(9))).toBe("new");
    expect(positions.value()).toEqual({ epoch: "e1", sequences: { agent1: 9 } });
  });

  it("notices a gap, and stays before it", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(event(5))).toBe("gap");
    expect(positions.take(event(4))).toBe("new");
  });

  it("counts each agent by himself", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(event(40, { agent: "agent2" }))).toBe("new");
    expect(positions.take(event(4))).toBe("new");
  });

  it("goes to where a state sync stands, forwards and backwards", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(sync("InboundCall", 9))).toBe("new");
    expect(positions.take(event(10))).toBe("new");
  });

  it("stands there with the last of the three syncs only: who lost the others has not the state", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    for (const topic of ["App", "Agent"]) {
      expect(positions.take(sync(topic, 9, { epoch: "e2" }))).toBe("new");
      expect(positions.query()).toBe("?epoch=e1&after=3");
    }
    expect(positions.take(sync("InboundCall", 9, { epoch: "e2" }))).toBe("new");
    expect(positions.query()).toBe("?epoch=e2&after=9");
  });

  it("asks for the whole state of each agent whose syncs did not all come", () => {
    const positions = new Positions();
    for (const topic of ["App", "Agent", "InboundCall"]) positions.take(sync(topic, 9));
    positions.take(sync("App", 4, { agent: "agent2" }));
    expect(positions.query(["agent1", "agent2"])).toBe(
      "?agents=agent1%2Cagent2&epoch=e1&after=agent1%3A9",
    );
  });

  it("takes no reply for a place, whatever epoch it tells", () => {
    const positions = new Positions();
    expect(positions.take(event(undefined))).toBe("new");
    expect(positions.query()).toBe("?epoch=none&after=0");
  });

  it("begins anew with a new store", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(event(1, { epoch: "e2" }))).toBe("new");
    expect(positions.value()).toEqual({ epoch: "e2", sequences: { agent1: 1 } });
  });

  it("begins anew when it is told to", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    positions.forget();
    expect(positions.query()).toBe("?epoch=none&after=0");
    expect(positions.take(event(9))).toBe("new");
  });

  it("lets replies pass, which have no number", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(event(undefined))).toBe("new");
    expect(positions.value().sequences).toEqual({ agent1: 3 });
  });

  it("goes on after a gap where it follows everybody, whose past nobody tells again", () => {
    const positions = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(positions.take(event(5))).toBe("gap");
    expect(positions.query("*")).toBe("?agents=*");
    expect(positions.take(event(6))).toBe("new");
    expect(positions.take(event(7))).toBe("new");
  });

  it("asks for what was missed, and at first for the whole state", () => {
    expect(new Positions().query()).toBe("?epoch=none&after=0");
    expect(new Positions().query(["agent1", "agent2"])).toBe(
      "?agents=agent1%2Cagent2&epoch=none&after=0",
    );
    const one = new Positions({ epoch: "e1", sequences: { agent1: 3 } });
    expect(one.query(["agent2"])).toBe("?agents=agent2&epoch=none&after=0");
    expect(one.query()).toBe("?epoch=e1&after=3");
    expect(one.query(["agent1", "agent2"])).toBe(
      "?agents=agent1%2Cagent2&epoch=e1&after=agent1%3A3",
    );
  });
});

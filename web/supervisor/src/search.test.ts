import { describe, expect, it } from "vitest";
import { linkTo, parse, viewOf } from "./route.ts";
import { conditionsOf, faultOf, queryOf } from "./search.ts";

const NONE = conditionsOf({});

describe("a search", () => {
  it("asks for what is filled in alone, with times in UTC", () => {
    expect(queryOf(NONE)).toEqual({});
    const from = "2026-01-05T09:30";
    expect(queryOf({ ...NONE, agent: "agent1", state: "failed", from })).toEqual({
      agent: "agent1",
      state: "failed",
      from: new Date(2026, 0, 5, 9, 30).toISOString(),
    });
  });

  it("says what is wrong before it asks", () => {
    expect(faultOf(NONE)).toBeNull();
    expect(faultOf({ ...NONE, contactId: "d675473e" })).toBe("badContactId");
    expect(faultOf({ ...NONE, contactId: "D675473E-7dbc-4a9b-ad92-b78f26e70b3b" })).toBeNull();
    expect(faultOf({ ...NONE, from: "2026-01-06T00:00", to: "2026-01-05T00:00" })).toBe("badTimes");
  });

  it("stands in the address, so that a refresh finds it", () => {
    const link = linkTo({ view: "find", agent: "anna maria", state: "" });
    expect(link).toBe("#view=find&agent=anna+maria");
    expect(conditionsOf(parse(link))).toEqual({ ...NONE, agent: "anna maria" });
  });
});

describe("the address", () => {
  it("shows what happens now where it names no view that there is", () => {
    expect(viewOf(parse(""))).toBe("live");
    expect(viewOf(parse("#view=nothing"))).toBe("live");
    expect(viewOf(parse("#view=figures&range=day"))).toBe("figures");
  });
});

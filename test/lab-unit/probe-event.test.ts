import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyProbeEvent, parseProbeEvent, type ProbeEvent, printProbeEvent } from "#lab/probes/probe-event.ts";

const word = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);
const sequence = fc.nat();
const atNs = fc.bigInt({ min: 0n, max: 1n << 62n });
const event: fc.Arbitrary<ProbeEvent> = fc.oneof(
  fc.record({ kind: fc.constant("sent" as const), sequence, atNs }),
  fc.record({ kind: fc.constant("answered" as const), sequence, atNs, pod: word, seenFrom: word }),
  fc.record({ kind: fc.constant("failed" as const), sequence, failure: fc.stringMatching(/^[A-Za-z]{1,9}( \d{3})?$/) }),
);

describe("the prober's stream", () => {
  it("reads back what it printed", () => {
    fc.assert(
      fc.property(event, (it) => {
        expect(parseProbeEvent(printProbeEvent(it))).toEqual(it);
      }),
    );
  });

  it.each(["", "ready", "s", "s one 2", "a 1 soon web-1", "x 1 2"])("has no event in %j", (line) => {
    expect(parseProbeEvent(line)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (line) => void parseProbeEvent(line)));
  });

  it("makes one record of a probe and its answer", () => {
    const sent = applyProbeEvent(undefined, { kind: "sent", sequence: 7, atNs: 5n });
    expect(sent).toMatchObject({ sequence: 7, sentNs: 5n, receivedNs: undefined, failure: undefined });
    const answer = { kind: "answered", sequence: 7, atNs: 9n, pod: "web-1", seenFrom: "192.0.2.2" } as const;
    expect(applyProbeEvent(sent, answer)).toMatchObject({ receivedNs: 9n, pod: "web-1", seenFrom: "192.0.2.2" });
    const failed = applyProbeEvent(sent, { kind: "failed", sequence: 7, failure: "status 503" });
    expect(failed).toMatchObject({ receivedNs: undefined, failure: "status 503" });
  });

  it("has no record for an answer to nothing", () => {
    expect(applyProbeEvent(undefined, { kind: "failed", sequence: 1, failure: "timeout" })).toBeUndefined();
  });
});

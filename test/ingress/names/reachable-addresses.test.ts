import { describe, expect, it } from "vitest";
import { reachableAddresses } from "#ingress/names/reachable-address.ts";

const NODE = "192.0.2.7";
const { forQuestions, forRequests } = reachableAddresses({
  env: { KUBERNETES_SERVICE_HOST: "10.96.0.1" },
  isOfThisNode: (address) => address === NODE,
});

describe("reachableAddresses()", () => {
  it.each([
    { what: "a Service", address: "10.96.0.10", questions: true, requests: true },
    { what: "the API server", address: "10.96.0.1", questions: false, requests: false },
    { what: "the node: where this ingress may be, too", address: NODE, questions: true, requests: false },
    { what: "loopback", address: "127.0.0.1", questions: false, requests: false },
    { what: "no address", address: "x", questions: false, requests: false },
  ])("$what: for questions $questions, for requests and copies $requests", ({ address, questions, requests }) => {
    expect([forQuestions(address), forRequests(address)]).toEqual([questions, requests]);
  });

  it("knows no API server outside of a cluster", () => {
    const outside = reachableAddresses({ env: {}, isOfThisNode: () => false });
    expect(outside.forRequests("10.96.0.1")).toBe(true);
  });
});

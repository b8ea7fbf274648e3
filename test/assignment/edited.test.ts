// Who yields when Services that share an address no longer can.
import { planAssignments } from "#src/assignment/plan.ts";
import { sharingTermsOf } from "#src/assignment/sharing.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Cluster, pool, service, type Short, snapshot, summary } from "./build.ts";

const four = pool("four", ["192.0.2.8/30"]);
const old: Short = { sharingKey: "k", createdMs: 1, ports: ["TCP/80"] };
const young: Short = { sharingKey: "k", createdMs: 2, ports: ["TCP/81"] };
const youngest: Short = { sharingKey: "k", createdMs: 3, ports: ["TCP/82"] };

function shared(): Cluster {
  const cluster = new Cluster([four]);
  expect(cluster.put(service("a", old), service("b", young), service("c", youngest))).toEqual({
    a: "keep 192.0.2.8 AddressAssigned",
    b: "keep 192.0.2.8 AddressAssigned",
    c: "keep 192.0.2.8 AddressAssigned",
  });
  return cluster;
}

describe("a Service that shares its address and is edited", () => {
  it.each<{ name: string; edited: Short }>([
    { name: "takes another key", edited: { ...old, sharingKey: "l" } },
    { name: "drops its key", edited: { ...old, sharingKey: "" } },
    { name: "takes a port of another", edited: { ...old, ports: ["TCP/80", "TCP/82"] } },
    { name: "turns to Local", edited: { ...old, externalTrafficPolicy: "Local" } },
  ])("L8 yields though it is the oldest, and it alone of three: it $name", ({ edited }) => {
    expect(shared().put(service("a", edited))).toEqual({
      a: "keep 192.0.2.9 AddressAssigned",
      b: "keep 192.0.2.8 AddressAssigned",
      c: "keep 192.0.2.8 AddressAssigned",
    });
  });

  it("L8 yields though it is the oldest, also where the controller starts anew on the statuses", () => {
    const holds = { has: ["192.0.2.8"] };
    const noted = (short: Short) => ({ ...short, ...holds, sharedTerms: sharingTermsOf(service("any", short)) });
    const services = [
      service("a", { ...noted(old), sharingKey: "l" }),
      service("b", noted(young)),
      service("c", noted(youngest)),
    ];
    const plan = planAssignments(snapshot([four], services));
    expect(summary(plan)).toEqual({
      a: "assign 192.0.2.9 AddressAssigned",
      b: "keep 192.0.2.8 AddressAssigned",
      c: "keep 192.0.2.8 AddressAssigned",
    });
    expect(plan.assignments.get("default/a")?.released[0]?.message).toBe(
      "192.0.2.8: it stays with default/b, because this Service was changed and " +
        'their sharing keys differ ("k" and "l").',
    );
  });

  it("L8 keeps its address where the edit is no conflict, and holds it by the new terms from then on", () => {
    const cluster = shared();
    const moved = { ...old, ports: ["TCP/90"] };
    expect(cluster.put(service("a", moved))["a"]).toBe("keep 192.0.2.8 AddressAssigned");
    // Now the other one is edited into the conflict.
    expect(cluster.put(service("b", { ...young, ports: ["TCP/90"] }))).toEqual({
      a: "keep 192.0.2.8 AddressAssigned",
      b: "keep 192.0.2.9 AddressAssigned",
      c: "keep 192.0.2.8 AddressAssigned",
    });
  });

  it("L8 is one of two that are edited at once: the younger yields", () => {
    const ports = ["TCP/99"];
    expect(shared().put(service("a", { ...old, ports }), service("b", { ...young, ports }))).toMatchObject({
      a: "keep 192.0.2.8 AddressAssigned",
      b: "keep 192.0.2.9 AddressAssigned",
    });
  });

  it("L8 is the only one that may lose its address, however many share it and whatever is edited", () => {
    const edits = fc.record({
      sharingKey: fc.constantFrom("k", "l", ""),
      ports: fc.subarray(["TCP/0", "TCP/1", "TCP/2", "TCP/3", "TCP/9"], { minLength: 1 }),
      externalTrafficPolicy: fc.constantFrom("Cluster" as const, "Local" as const),
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.nat(3), edits, (count, at, edit) => {
        const cluster = new Cluster([four]);
        const names = Array.from({ length: count }, (_, number) => `s${number}`);
        const one = (number: number, more: Short = {}) =>
          service(`s${number}`, { sharingKey: "k", createdMs: number, ports: [`TCP/${number}`], ...more });
        cluster.put(...names.map((_, number) => one(number)));
        const edited = at % count;
        const after = cluster.put(one(edited, edit));
        for (const name of names) if (name !== `s${edited}`) expect(after[name]).toBe("keep 192.0.2.8 AddressAssigned");
        expect(after[`s${edited}`]).toMatch(/^keep 192\.0\.2\.[89] AddressAssigned$/);
      }),
      { numRuns: 300 },
    );
  });
});

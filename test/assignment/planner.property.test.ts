import { type Ip, printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import type { Service } from "#src/model/service.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labels, poolSets, rests, shorts, snapshots, V4, V6 } from "./arbitrary.ts";
import { host, ip, marksOf, pool, rest, service, snapshot } from "./build.ts";

const names = Array.from({ length: 9 }, (_, number) => `s${number}`);
const named = fc.constantFrom(...names);

type Step = (state: State) => void;

/** What a controller keeps: one snapshot that changes in place, and what it knows to be different. */
class State {
  readonly services: Map<string, Service>;
  readonly unreadable = new Map<string, readonly Ip[]>();
  readonly changed = new Set<string>();
  readonly planner = new AssignmentPlanner();
  readonly former: Map<string, readonly Ip[]>;
  rest: Omit<AssignmentSnapshot, "services" | "unreadable" | "former">;

  constructor({ services, former, ...rest }: AssignmentSnapshot) {
    this.services = new Map(services);
    this.former = new Map(former);
    this.rest = rest;
    for (const key of services.keys()) this.changed.add(key);
  }

  get snapshot(): AssignmentSnapshot {
    return { ...this.rest, services: this.services, unreadable: this.unreadable, former: this.former };
  }

  put(one: Service): void {
    this.unreadable.delete(one.key);
    this.services.set(one.key, one);
    this.changed.add(one.key);
    // As the controller does: what a Service has is noted when it is looked at.
    if (one.assignedAddresses.length > 0) this.former.set(one.key, one.assignedAddresses);
  }

  remove(name: string): void {
    const key = `default/${name}`;
    this.services.delete(key);
    this.unreadable.delete(key);
    this.changed.add(key);
  }

  spoil(name: string): void {
    const key = `default/${name}`;
    const before = this.services.get(key);
    if (before === undefined) return;
    this.remove(name);
    this.unreadable.set(key, [...before.assignedAddresses, ...before.externalIps]);
  }

  /** The status of a Service holds what was decided for it. */
  write(name: string): void {
    const key = `default/${name}`;
    const [before, assignment] = [this.services.get(key), this.planner.assignments.get(key)];
    if (before === undefined || assignment === undefined) return;
    const resting = new Map(this.rest.resting);
    for (const released of assignment.released) resting.set(printIp(released.ip), rest(this.rest.nowMs, key));
    this.rest = { ...this.rest, resting };
    this.put({ ...before, ...marksOf(assignment) });
  }

  settle(): ReturnType<AssignmentPlanner["plan"]> {
    const update = this.planner.plan(this.snapshot, this.changed);
    this.changed.clear();
    return update;
  }
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(named, shorts, fc.subarray(V4.slice(0, 3), { maxLength: 2 }))
      .map(([name, short, leaving]) => (state: State) => {
        const leavingAddresses = leaving.filter((text) => short.has?.includes(text) !== true).map(ip);
        state.put({ ...service(name, short), ...(leavingAddresses.length > 0 ? { leavingAddresses } : {}) });
      }),
  },
  {
    weight: 4,
    arbitrary: fc.subarray(names).map((some) => (state: State) => some.forEach((name) => state.write(name))),
  },
  { weight: 2, arbitrary: named.map((name) => (state: State) => state.remove(name)) },
  { weight: 1, arbitrary: named.map((name) => (state: State) => state.spoil(name)) },
  {
    weight: 1,
    arbitrary: rests.map((resting) => (state: State) => {
      state.rest = { ...state.rest, resting };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant((state: State) => {
      const resting = new Map(state.rest.resting);
      for (const one of state.planner.givenUp()) resting.delete(printIp(one));
      state.rest = { ...state.rest, resting };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(undefined, ...poolSets).map((pools) => (state: State) => {
      state.rest = { ...state.rest, pools };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.subarray([...V4, ...V6]).map((nodes) => (state: State) => {
      state.rest = { ...state.rest, hostAddresses: new Map(nodes.map((text) => [text, host(text)])) };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...labels).map((namespace) => (state: State) => {
      state.rest = { ...state.rest, namespaces: new Map([["default", namespace]]) };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.subarray([...V4, ...V6]).map((texts) => (state: State) => {
      state.rest = { ...state.rest, networkAddresses: new Map(texts.map((text) => [text, ip(text)])) };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.nat(200_000).map((durationMs) => (state: State) => {
      state.rest = { ...state.rest, nowMs: state.rest.nowMs + durationMs };
    }),
  },
);

describe("AssignmentPlanner properties", () => {
  it("decides after any changes what a plan from nothing decides", () => {
    fc.assert(
      fc.property(
        snapshots,
        fc.array(fc.array(steps, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
        (first, rounds) => {
          const state = new State(first);
          for (const round of [[], ...rounds]) {
            for (const step of round) step(state);
            const before = new Map(state.planner.assignments);
            const { decided, gone } = state.settle();
            const whole = planAssignments(state.snapshot);
            expect(new Map(state.planner.assignments)).toEqual(whole.assignments);
            expect(state.planner.usage()).toEqual(whole.pools);
            expect(state.planner.givenUp()).toEqual(whole.givenUp);
            for (const [key, assignment] of whole.assignments)
              if (!decided.includes(key))
                expect(state.planner.assignments.get(key)).toBe(before.get(key) ?? assignment);
            expect([...gone.keys()].sort()).toEqual(
              [...before.keys()].filter((key) => !state.services.has(key)).sort(),
            );
          }
        },
      ),
      { numRuns: 700 },
    );
  });

  it("looks at a changed Service and at those that share with it, not at the others", () => {
    const at = (number: number) => `10.0.${number >> 8}.${number & 255}`;
    const services = Array.from({ length: 2_000 }, (_, number) => service(`s${number}`, { has: [at(number)] }));
    const sharers = ["a", "b", "c"].map((name, number) =>
      service(name, { has: ["10.1.0.0"], sharingKey: "k", ports: [`TCP/${number + 1}`] }),
    );
    const state = new State(snapshot([pool("p", ["10.0.0.0/15"])], [...services, ...sharers]));
    expect(state.settle().decided).toHaveLength(2_003);
    expect(state.settle().decided).toEqual([]);
    state.put(service("s7", { has: [at(7)], ports: ["TCP/443"] }));
    expect(state.settle().decided).toEqual(["default/s7"]);
    state.put(service("b", { has: ["10.1.0.0"], sharingKey: "k", ports: ["TCP/5"] }));
    expect(state.settle().decided).toEqual(["default/a", "default/b", "default/c"]);
    state.put(service("new"));
    expect(state.settle().decided).toEqual(["default/new"]);
    state.put(service("newer"));
    expect(state.settle().decided).toEqual(["default/new", "default/newer"]);
    state.write("new");
    state.write("newer");
    expect(state.settle().decided).toEqual(["default/new", "default/newer"]);
    expect(state.settle().decided).toEqual([]);
  });
});

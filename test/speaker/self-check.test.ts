import { expect, it } from "vitest";
import { SelfCheck } from "#speaker/self-check.ts";
import type { Unheard } from "#src/election/membership.ts";
import type { Problem } from "#src/model/problem.ts";

it("SelfCheck keeps 64 Problems: of virtual routers, which any machine can make up, those that the others leave room for", () => {
  const nodes = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const members = nodes.map((node) => ({ node, address: "192.0.2.1" }));
  const unheard = new Map<string, Unheard>();
  const check = new SelfCheck({ node: "self", heartbeatPort: 7946, membership: { unheard: () => unheard } });
  const router: Problem = {
    code: "VIRTUAL_ROUTER_HAS_ADDRESS",
    at: { kind: "speaker", nodes: ["self"] },
    what: "w",
    why: "y",
    fix: "f",
    severity: "error",
  };
  const announcing = Array.from({ length: 70 }, (_, index) => ({ ...router, what: `w${index}` }));
  const counts = (): readonly number[] => {
    check.review({ members: members as never, nodes: new Map() as never, announcing });
    const routers = check.problems.filter(({ code }) => code === router.code);
    return [check.problems.length - routers.length, routers.length];
  };
  expect(counts()).toEqual([0, 64]);
  unheard.set("n1", "silent").set("n2", "relayed");
  expect(counts()).toEqual([2, 62]);
  for (const node of nodes) unheard.set(node, "relayed");
  expect(counts()).toEqual([64, 0]);
});

import { describe, expect, it } from "vitest";
import type { MigrationFacts } from "#src/migration/migration-facts.ts";
import { migrationProcedure } from "#src/migration/migration-procedure.ts";

/** The command that looks at Hawser, for MetalLB that serves a class. */
function lookCommand(loadBalancerClass: string | undefined, alsoClassless = false): string | undefined {
  const facts = {
    metallb: { namespace: "metallb-system", era: "custom-resources" },
    converted: [],
    serviceClass: { loadBalancerClass, alsoClassless },
    configMap: "hawser-system/hawser",
  } as unknown as MigrationFacts;
  return migrationProcedure(facts).find(({ title }) => title === "Look")?.commands[0];
}

describe("G migrationProcedure() looks at Hawser with the flags that its programs have", () => {
  it.each([
    { loadBalancerClass: undefined, alsoClassless: false, is: "hawser status" },
    {
      loadBalancerClass: "example.com/lb",
      alsoClassless: false,
      is: "hawser status --load-balancer-class=example.com/lb",
    },
    { loadBalancerClass: "x", alsoClassless: true, is: "hawser status --load-balancer-class=x --also-classless" },
    {
      loadBalancerClass: "it's; rm x",
      alsoClassless: false,
      is: String.raw`hawser status '--load-balancer-class=it'\''s; rm x'`,
    },
  ])("$is", ({ loadBalancerClass, alsoClassless, is }) =>
    expect(lookCommand(loadBalancerClass, alsoClassless)).toBe(is),
  );
});

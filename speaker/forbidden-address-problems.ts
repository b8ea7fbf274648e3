import { printIp } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ForbiddenUse } from "./wanted-index.ts";

/** More are not named one by one. */
const MAX_PROBLEMS = 64;

const FIX =
  "Let the Service have an address of a pool: remove this one from its status, and from its request if it asks for it";

/** A Problem for each address of a Service that no speaker announces; those beyond a number are counted in the last one. */
export function forbiddenAddressProblems(uses: readonly ForbiddenUse[]): readonly Problem[] {
  const problems = uses.slice(0, MAX_PROBLEMS).map(({ ip, services, forbidden: { use } }): Problem => ({
    code: "SERVICE_ADDRESS_FORBIDDEN",
    at: { kind: "statuses", services },
    what: `Does not announce ${printIp(ip)}`,
    why: `it is ${use}`,
    fix: FIX,
    severity: "error",
  }));
  const more = uses.length - problems.length;
  if (more === 0) return problems;
  const what = `Does not announce ${more} more addresses`;
  const why = "each is the address of a machine or a gateway, or reserved";
  return [
    ...problems,
    {
      code: "SERVICE_ADDRESS_FORBIDDEN",
      at: { kind: "statuses", services: [] },
      what,
      why,
      fix: FIX,
      severity: "error",
    },
  ];
}

import { printIp } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ForbiddenUse } from "./wanted-index.ts";

/** More are not named one by one. */
const MAX_PROBLEMS = 64;

/** A Problem for each address of a Service that no speaker announces. */
export function forbiddenAddressProblems(uses: readonly ForbiddenUse[]): readonly Problem[] {
  return uses.slice(0, MAX_PROBLEMS).map(({ ip, services, forbidden: { use } }) => ({
    code: "SERVICE_ADDRESS_FORBIDDEN",
    where: `status of ${services.map((key) => `Service "${key}"`).join(", ")}`,
    what: `Does not announce ${printIp(ip)}`,
    why: `it is ${use}`,
    fix: "Let the Service have an address of a pool: remove this one from its status, and from its request if it asks for it",
    severity: "error",
  }));
}

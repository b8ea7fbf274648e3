import { complain, type Field } from "#src/model/field.ts";

/** Why what is for BGP is ignored. */
export const NO_BGP = "Hawser announces by ARP and NDP and does not speak BGP";

/** Warns that what is in a field, which only BGP needs, is not served. */
export function complainOfBgp(field: Field, what: string): void {
  complain(field, "BGP_NOT_SERVED", {
    what,
    why: NO_BGP,
    fix: "Remove it, or keep it for MetalLB",
    severity: "warning",
  });
}

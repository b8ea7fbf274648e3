import type { Ip } from "#src/ip/address.ts";
import type { Assignment } from "./snapshot.ts";

/** What a Service has of ours by a decision: nothing where its status keeps what another provider wrote. */
export function ownAddresses({ addresses, reason }: Pick<Assignment, "addresses" | "reason">): readonly Ip[] {
  return reason === "AddressNotOurs" ? [] : addresses;
}

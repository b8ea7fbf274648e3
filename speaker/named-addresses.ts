import type { Ip } from "#src/ip/address.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import { MAX_PROBLEM_TEXTS } from "#src/model/speaker-report.ts";

/** Texts of addresses that a Problem names. */
const MAX_TEXTS = 5;

/** What a Problem says of addresses: the first few in words, and more of them for programs. */
export interface NamedAddresses {
  readonly named: string;
  readonly addresses: readonly string[];
}

export function namedAddresses(ips: Iterable<Ip>): NamedAddresses {
  const texts = printAddresses(ips);
  const named = `${texts.slice(0, MAX_TEXTS).join(", ")}${texts.length > MAX_TEXTS ? " and more" : ""}`;
  return { named, addresses: texts.slice(0, MAX_PROBLEM_TEXTS) };
}

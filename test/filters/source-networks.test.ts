import { describe, expect, it } from "vitest";
import type { FilterRequest } from "#src/filters/filter-request.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import { parseIp } from "#src/ip/address.ts";
import { networkSet } from "#src/model/network-set.ts";
import { parseNetworks } from "#src/model/annotations/parse-networks.ts";

const setOf = (text: string) => (text === "" ? undefined : networkSet(parseNetworks(text)!));
const from = (address: string) => ({ clientIp: parseIp(address) }) as FilterRequest;

describe("checkSource()", () => {
  it.each([
    { allowed: "10.0.0.0/8", denied: "", address: "10.1.2.3", reason: undefined },
    { allowed: "10.0.0.0/8", denied: "", address: "11.0.0.0", reason: "address-not-allowed" },
    { allowed: "0.0.0.0/0", denied: "", address: "2001:db8::1", reason: "address-not-allowed" },
    { allowed: "2001:db8::/32", denied: "", address: "2001:db8::1", reason: undefined },
    { allowed: "10.0.0.0/8", denied: "", address: "unknown", reason: "address-not-allowed" },
    { allowed: "", denied: "10.0.0.1", address: "10.0.0.1", reason: "address-denied" },
    { allowed: "", denied: "10.0.0.1", address: "10.0.0.2", reason: undefined },
    { allowed: "", denied: "10.0.0.1", address: "unknown", reason: "address-denied" },
    { allowed: "10.0.0.0/8", denied: "10.0.0.1", address: "10.0.0.1", reason: "address-denied" },
    { allowed: "10.0.0.1", denied: "10.0.0.0/8", address: "10.0.0.1", reason: "address-denied" },
  ])("L3 $address, allowed $allowed and denied $denied: $reason", ({ allowed, denied, address, reason }) => {
    const sources = { allowed: setOf(allowed), denied: setOf(denied) };
    expect(checkSource(sources, from(address))?.reason).toBe(reason);
  });
});

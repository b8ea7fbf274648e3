import { describe, expect, it } from "vitest";
import { parseNetworks } from "#src/model/annotations/parse-networks.ts";
import { printCidr } from "#src/ip/cidr.ts";

describe("parseNetworks()", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    [" 10.0.0.0/8 ,\n 192.0.2.1,", "10.0.0.0/8 192.0.2.1/32"],
    ["2001:db8::1,2001:db8:1::/48", "2001:db8::1/128 2001:db8:1::/48"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0,::/0", "0.0.0.0/0 ::/0"],
  ])("reads %j", (text, networks) => {
    expect(parseNetworks(text)?.map(printCidr).join(" ")).toBe(networks);
  });

  it.each([
    "nonsense",
    "10.0.0.0/33",
    "10.0.0.0/8 10.1.0.0/16",
    "10.0.0.0/8,nonsense",
    "10.0.0/8",
    "10.0.0.1-10.0.0.9",
    ",",
    "",
  ])("cannot read %j", (text) => {
    expect(parseNetworks(text)).toBeUndefined();
  });
});

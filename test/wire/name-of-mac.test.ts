import { describe, expect, it } from "vitest";
import { nameOfMac } from "#src/wire/name-of-mac.ts";

describe("nameOfMac()", () => {
  it.each([
    ["00:00:5e:00:01:33", "VRRP or CARP, virtual router 51"],
    ["00:00:5E:00:02:01", "VRRP for IPv6, virtual router 1"],
    ["00:00:0c:07:ac:0a", "HSRP, group 10"],
    ["00:00:5e:00:03:01", undefined],
    ["02:00:5e:00:01:33", undefined],
    ["00:00:5e:00:01", undefined],
  ])("J %s is %s", (mac, name) => {
    expect(nameOfMac(mac)).toBe(name);
  });
});

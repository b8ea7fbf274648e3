import { describe, expect, it } from "vitest";
import type { Link } from "#src/linux/link.ts";
import { whyUnusable } from "#src/linux/why-unusable.ts";

const usable: Link = {
  index: 2,
  name: "eth0",
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  up: true,
  broadcast: true,
  noArp: false,
  loopback: false,
  masterIndex: undefined,
  masterKind: undefined,
  kind: "veth",
  addresses: [],
};

describe("whyUnusable()", () => {
  it.each(["eth0", "eno1", "enp3s0f0np0", "bond0", "br0", "br-lan", "eth0.100", "wlan0", "vmbr0"])(
    "has nothing against %s, whatever its driver",
    (name) => {
      expect(whyUnusable({ ...usable, name })).toBeUndefined();
    },
  );

  it.each<[string, Partial<Link>]>([
    ["loopback", { name: "lo", loopback: true, broadcast: false }],
    ["down", { up: false }],
    ["no-arp", { noArp: true }],
    ["no-broadcast", { broadcast: false }],
    ["enslaved", { masterIndex: 7 }],
    ["enslaved", { masterIndex: 7, masterKind: "bond" }],
    ["vrf", { kind: "vrf" }],
    ["no-ethernet-address", { mac: new Uint8Array(0) }],
  ])("says %s", (reason, change) => {
    expect(whyUnusable({ ...usable, ...change })).toBe(reason);
  });

  const container = ["veth12ab", "docker0", "cbr0", "cni0", "cali0a1", "lxcbr0", "lxc_health", "tunl0", "flannel.1"];
  it.each([...container, "kube-ipvs0", "dummy0", "virbr0", "nodelocaldns"])("leaves %s out by its name", (name) => {
    expect(whyUnusable({ ...usable, name })).toBe("excluded-name");
  });

  it("names what stays true before what passes", () => {
    expect(whyUnusable({ ...usable, masterIndex: 7, up: false })).toBe("enslaved");
  });
});

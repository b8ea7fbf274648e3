import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { joinSelectors, takesInterface, whyNoSelector } from "#src/model/takes-interface.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const lan = { name: "eth0", addresses: [ipOf("192.0.2.11"), ipOf("2001:db8::11")] };
const vlan = { name: "eth0.100", addresses: [ipOf("198.51.100.11")] };
const wan = { name: "enp3s0f0np0", addresses: [] };
const docker = { name: "docker0", addresses: [ipOf("172.17.0.1")] };
const all = [lan, vlan, wan, docker];

describe("takesInterface()", () => {
  it.each([
    { selectors: [], taken: ["eth0", "eth0.100", "enp3s0f0np0", "docker0"] },
    { selectors: ["eth0"], taken: ["eth0"] },
    { selectors: ["eth*"], taken: ["eth0", "eth0.100"] },
    { selectors: ["eth?"], taken: ["eth0"] },
    { selectors: ["e*0"], taken: ["eth0", "eth0.100", "enp3s0f0np0"] },
    { selectors: ["*.100", "enp?s*"], taken: ["eth0.100", "enp3s0f0np0"] },
    { selectors: ["eth0*", "!*.*"], taken: ["eth0"] },
    { selectors: ["!docker*"], taken: ["eth0", "eth0.100", "enp3s0f0np0"] },
    { selectors: ["!eth0", "eth0"], taken: [] },
    { selectors: ["192.0.2.0/24"], taken: ["eth0"] },
    { selectors: ["192.0.2.77/24"], taken: ["eth0"] },
    { selectors: ["192.0.2.0/28", "2001:db8::/32"], taken: ["eth0"] },
    { selectors: ["0.0.0.0/0", "!172.16.0.0/12"], taken: ["eth0", "eth0.100"] },
    { selectors: ["enp*", "198.51.100.0/24"], taken: ["eth0.100", "enp3s0f0np0"] },
    // A dot is a dot, and a network of another family holds no address.
    { selectors: ["eth.*", "::/0"], taken: ["eth0"] },
  ])("takes $taken by $selectors", ({ selectors, taken }) => {
    expect(all.filter((one) => takesInterface(selectors, one)).map(({ name }) => name)).toEqual(taken);
  });

  it("takes by any pattern what the same regular expression takes", () => {
    const text = (...letters: readonly string[]) =>
      fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(text("a", "b", "*", "?"), text("a", "b"), (pattern, name) => {
        const same = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(takesInterface([pattern], { name, addresses: [] })).toBe(same.test(name));
      }),
    );
  });
});

describe("joinSelectors()", () => {
  it.each([
    { lists: [["eth1"], ["eth0", "eth1"]], joined: ["eth0", "eth1"] },
    { lists: [["eth0"], []], joined: ["*"] },
    { lists: [["eth*"], ["!docker*"]], joined: ["!docker*", "*"] },
    { lists: [["eth*", "!eth1"], ["eth1"]], joined: ["!eth1", "eth*", "eth1"] },
    { lists: [[], ["eth*", "!eth1"]], joined: ["!eth1", "*"] },
  ])("makes $joined of $lists", ({ lists, joined }) => expect(joinSelectors(lists)).toEqual(joined));
});

describe("whyNoSelector()", () => {
  it.each(["eth0", "enp3s0f0np0", "eth0.100", "eth*", "*", "!docker*", "?*0", "192.0.2.0/24", "!2001:db8::/32"])(
    "has nothing against %s",
    (text) => expect(whyNoSelector(text)).toBeUndefined(),
  );

  it.each([
    { text: "192.0.2.0/33", why: "this is not a network" },
    { text: "eth0/1", why: "this is not a network" },
    { text: "!/", why: "this is not a network" },
    { text: "eth[01]", why: "a pattern has only" },
    { text: "eth{0,1}", why: "a pattern has only" },
    { text: "!!eth0", why: "a pattern has only" },
    { text: "eth!0", why: "a pattern has only" },
    { text: "", why: "1 to 15 characters" },
    { text: "!", why: "1 to 15 characters" },
    { text: "eth 0", why: "1 to 15 characters" },
    { text: "abcdefghijklmnop*", why: "1 to 15 characters" },
  ])("refuses $text", ({ text, why }) => expect(whyNoSelector(text)?.why).toContain(why));
});

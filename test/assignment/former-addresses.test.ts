import { describe, expect, it } from "vitest";
import { FormerAddresses } from "#src/assignment/former-addresses.ts";
import { ip } from "./build.ts";

const [A, B] = [ip("192.0.2.1"), ip("192.0.2.2")];

describe("FormerAddresses", () => {
  it("remembers what a namespace had also where Services of 100,000 names come and go in another one", () => {
    const former = new FormerAddresses();
    former.note("quiet/web", [A]);
    for (let at = 0; at < 100_000; at++) former.note(`loud/s${at}`, [B]);
    expect([former.byKey.get("quiet/web"), former.byKey.has("loud/s0"), former.byKey.has("loud/s99999")]).toEqual([
      [A],
      false,
      true,
    ]);
    expect(former.byKey.size).toBeLessThan(70_000);
  });

  it("is bounded also where it is restored, and where each name has a namespace of its own", () => {
    const former = new FormerAddresses();
    for (let at = 0; at < 100_000; at++) former.restore(`n${at}/web`, A);
    expect(former.byKey.size).toBeLessThan(70_000);
  });
});

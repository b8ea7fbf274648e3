import { expect, it } from "vitest";
import { type HoldingChange, keyOfPair } from "#src/model/address-history.ts";
import { keptAddresses } from "#src/model/kept-addresses.ts";

/** `9 released a/b 192.0.2.1`, the latest first; held pairs; what is kept then, at 99 where it was not noted. */
const cases = [
  { name: "nothing", changes: [], held: [], kept: [] },
  { name: "a released address", changes: ["9 released x/a 1", "5 assigned x/a 1"], held: [], kept: ["9 x/a 1"] },
  {
    name: "for the Service that released it last",
    changes: ["9 released x/b 1", "7 assigned x/b 1", "5 released x/a 1", "1 assigned x/a 1"],
    held: [],
    kept: ["9 x/b 1"],
  },
  { name: "none that its Service has", changes: ["5 assigned x/a 1"], held: ["x/a 1"], kept: [] },
  { name: "one that its Service lost since", changes: ["5 assigned x/a 1"], held: [], kept: ["99 x/a 1"] },
  {
    name: "for the one that had it after a Service that lost it unseen",
    changes: ["9 released x/b 1", "7 assigned x/b 1", "1 assigned x/a 1"],
    held: [],
    kept: ["9 x/b 1"],
  },
  {
    name: "none that another Service has that shared it",
    changes: ["9 released x/b 1", "7 assigned x/a 1"],
    held: ["x/a 1"],
    kept: [],
  },
  {
    name: "the longest free first",
    changes: ["9 released x/a 1", "8 released x/b 2", "7 released x/c 3"],
    held: [],
    kept: ["7 x/c 3", "8 x/b 2", "9 x/a 1"],
  },
];

it.each(cases)("D keptAddresses() finds $name", ({ changes, held, kept }) => {
  const pairOf = (service = "", address = "") => keyOfPair({ address, service });
  const holdings = changes.map((text): HoldingChange => {
    const [at = "", change, service = "", address = ""] = text.split(" ");
    return { at: at.padStart(2, "0"), change: change as HoldingChange["change"], address, service };
  });
  const found = keptAddresses(
    { holdings },
    { held: new Set(held.map((text) => pairOf(...text.split(" ")))), at: "99" },
  );
  expect(found.map(({ at, service, address }) => `${Number(at)} ${service} ${address}`)).toEqual(kept);
});

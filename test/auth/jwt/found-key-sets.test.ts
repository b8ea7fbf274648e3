import { describe, expect, it } from "vitest";
import { FoundKeySets, type KeyObject } from "#src/auth/jwt/found-key-sets.ts";
import type { KubeObject } from "#src/model/object.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { object } from "#test/model/build.ts";

const textOf = (kid: string) => JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", x: "AAAA", kid }] });
const SECRET: KeyObject = { kind: "Secret", object: "shop/keys", key: "jwks" };
const CONFIG_MAP: KeyObject = { kind: "ConfigMap", object: "shop/keys", key: "jwks" };

const objectOf = (kind: string, more: object) =>
  object(JSON.stringify({ apiVersion: "v1", kind, metadata: { name: "keys", namespace: "shop" }, ...more }));
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Which key ids are found, and what is wrong. */
function readOne(named: KeyObject, found: KubeObject | undefined | null) {
  const { sets, problems } = new FoundKeySets().read([named, named], () => found);
  const keys = [...sets.values()].map((set) => set.hasKeyId("a"));
  return [keys, problems.map(({ at, why }) => `${printPlace(at)} ${why}`)];
}

describe("FoundKeySets", () => {
  it.each<[string, KeyObject, KubeObject | undefined | null, readonly boolean[] | RegExp]>([
    ["a Secret in base64", SECRET, objectOf("Secret", { data: { jwks: base64(textOf("a")) } }), [true]],
    ["a Secret in a manifest", SECRET, objectOf("Secret", { stringData: { jwks: textOf("a") } }), [true]],
    ["a ConfigMap", CONFIG_MAP, objectOf("ConfigMap", { data: { jwks: textOf("a") } }), [true]],
    ["an object that was not looked up", SECRET, null, []],
    ["an object that does not exist", SECRET, undefined, /does not exist/],
    ["an object without the key", SECRET, objectOf("Secret", { data: { other: "" } }), /does not have this key/],
    ["an object without data", CONFIG_MAP, objectOf("ConfigMap", {}), /does not have this key/],
    ["a text that is not a key set", CONFIG_MAP, objectOf("ConfigMap", { data: { jwks: "a" } }), /not a map in JSON/],
  ])("reads %s", (_name, named, found, expected) => {
    const isFault = expected instanceof RegExp;
    expect(readOne(named, found)).toEqual(isFault ? [[], [expect.stringMatching(expected)]] : [expected, []]);
  });

  it("gives the same value for keys that are the same, and another one for others", () => {
    const all = new FoundKeySets();
    const of = (kid: string, more: object = {}) =>
      all
        .read([CONFIG_MAP], () => objectOf("ConfigMap", { data: { jwks: textOf(kid) }, ...more }))
        .sets.get("ConfigMap shop/keys jwks");
    const first = of("a");
    expect([of("a", { immutable: true }) === first, of("b") === first, of("a") === first]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

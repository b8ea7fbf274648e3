import type { KubeObject } from "#src/model/object.ts";
import { readJwks } from "#src/model/policies/jwk.ts";
import type { JwksSource } from "#src/model/policies/jwks-source.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { recordOf, textOf } from "#src/model/record.ts";
import { keySet, type KeySet } from "./key-set.ts";

/** A Secret or ConfigMap with the keys of an issuer. */
export interface KeyObject {
  readonly kind: "Secret" | "ConfigMap";
  /** `namespace/name`. */
  readonly object: string;
  /** Of its `data`. */
  readonly key: string;
}

/** What policies of a namespace name; undefined: the keys are not in an object. */
export function keyObjectOf(source: JwksSource, namespace: string): KeyObject | undefined {
  if (source.kind === "uri" || source.kind === "inline") return undefined;
  return { kind: source.kind, object: `${namespace}/${source.name}`, key: source.key };
}

/** Names the keys in an object. */
export function keyObjectText({ kind, object, key }: KeyObject): string {
  return `${kind} ${object} ${key}`;
}

/** Keys that were read before are the same value again: what was verified with them counts. */
export class FoundKeySets {
  #known = new Map<string, { readonly text: string; readonly keys: KeySet | string }>();

  /** Reads the keys of these objects, by `keyObjectText`. Gives what is wrong with them. */
  read(
    named: readonly KeyObject[],
    /** Undefined: there is none; null: that is not known. */
    objectOf: (named: KeyObject) => KubeObject | undefined | null,
  ): { readonly sets: ReadonlyMap<string, KeySet>; readonly problems: readonly Problem[] } {
    const sets = new Map<string, KeySet>();
    const problems = new Map<string, Problem>();
    const known = new Map<string, { readonly text: string; readonly keys: KeySet | string }>();
    for (const one of named) {
      const name = keyObjectText(one);
      const object = objectOf(one);
      if (known.has(name) || object === null) continue;
      const found = object === undefined ? undefined : this.#readOne(name, dataText(object, one));
      if (found !== undefined) known.set(name, found);
      const keys = found?.keys ?? "it does not exist";
      if (typeof keys === "string") problems.set(name, unusable(one, keys));
      else sets.set(name, keys);
    }
    this.#known = known;
    return { sets, problems: [...problems.values()] };
  }

  #readOne(name: string, text: string): { readonly text: string; readonly keys: KeySet | string } {
    const before = this.#known.get(name);
    if (before?.text === text) return before;
    if (text === "") return { text, keys: "it does not have this key, or nothing under it" };
    const read = readJwks(text);
    return { text, keys: typeof read === "string" ? read : keySet(read) };
  }
}

/** Secrets have base64 in `data`; ConfigMaps have text. */
export function dataText(object: KubeObject, { kind, key }: KeyObject): string {
  const data = recordOf(object["data"]);
  const text = Object.hasOwn(data, key) ? textOf(data[key]) : "";
  if (kind === "ConfigMap") return text;
  const plain = recordOf(object["stringData"]);
  return Object.hasOwn(plain, key) ? textOf(plain[key]) : Buffer.from(text, "base64").toString("utf8");
}

function unusable({ kind, object, key }: KeyObject, why: string): Problem {
  return {
    code: "JWKS_UNAVAILABLE",
    at: objectAt(kind, object, `data[${JSON.stringify(key)}]`),
    what: "Cannot verify tokens with the keys of this object",
    why,
    fix: `Write the JSON Web Key Set of the issuer there. Until then requests with a token are answered 503`,
    severity: "error",
  };
}

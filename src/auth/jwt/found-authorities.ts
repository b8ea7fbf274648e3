import { readCertificates } from "#src/auth/read-certificates.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { dataText, type KeyObject, keyObjectText } from "./found-key-sets.ts";

/** Authorities by which the servers of keys are verified. What was read last stays in use while the object is missing or cannot be read. */
export class FoundAuthorities {
  #known: ReadonlyMap<string, string> = new Map();

  /** Reads these objects, by `keyObjectText`, as PEM. Gives what is wrong with them. */
  read(
    named: readonly KeyObject[],
    /** Undefined: there is none; null: that is not known. */
    objectOf: (named: KeyObject) => KubeObject | undefined | null,
  ): { readonly pems: ReadonlyMap<string, string>; readonly problems: readonly Problem[] } {
    const pems = new Map<string, string>();
    const problems = new Map<string, Problem>();
    for (const one of named) {
      const name = keyObjectText(one);
      // Several URIs may name one object.
      if (pems.has(name) || problems.has(name)) continue;
      const object = objectOf(one);
      const before = this.#known.get(name);
      const text = object ? dataText(object, one) : "";
      // The same text again was good, and can be read.
      const read = text === before ? before : readCertificates(text);
      const pem = read ?? before;
      if (pem !== undefined) pems.set(name, pem);
      if (object === null || read !== undefined) continue;
      problems.set(name, unusable(one, object === undefined ? "it does not exist" : UNREADABLE, before !== undefined));
    }
    this.#known = pems;
    return { pems, problems: [...problems.values()] };
  }
}

const UNREADABLE = "it has no certificate in PEM under this key that OpenSSL can read";

function unusable({ kind, object, key }: KeyObject, why: string, hasLast: boolean): Problem {
  return {
    code: "JWKS_UNAVAILABLE",
    at: objectAt(kind, object, `data[${JSON.stringify(key)}]`),
    what: "Cannot verify the server of keys of tokens by this object",
    why,
    fix: `Write the certificates of its authorities there. ${hasLast ? "The last ones stay in use" : "Until then requests with a token are answered 503"}`,
    severity: hasLast ? "warning" : "error",
  };
}

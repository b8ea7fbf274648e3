import { lowerBound } from "#src/collections/lower-bound.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { compareAge } from "#src/routing/ingress/routing-snapshot.ts";
import { MAX_CLAIMS_PER_HOST } from "./certificate-claims.ts";

interface Claim {
  readonly ingress: Ingress;
  readonly values: readonly string[];
}

/** What Ingresses say of names, for each name that of the oldest Ingress first. An Ingress says one thing of a name. */
export class AgedClaims {
  /** In the order of age. */
  readonly #claims = new Map<string, Claim[]>();

  add(name: string, ingress: Ingress, values: readonly string[]): void {
    const claims = this.#claims.get(name);
    const claim = { ingress, values };
    if (claims === undefined) this.#claims.set(name, [claim]);
    else claims.splice(placeOf(claims, ingress), 0, claim);
  }

  remove(name: string, ingress: Ingress): void {
    const claims = this.#claims.get(name);
    if (claims === undefined) return;
    const at = placeOf(claims, ingress);
    if (claims[at]?.ingress.key === ingress.key) claims.splice(at, 1);
    if (claims.length === 0) this.#claims.delete(name);
  }

  /** Who says something of a name. */
  *ingressesOf(name: string): Generator<Ingress> {
    for (const { ingress } of this.#claims.get(name) ?? []) yield ingress;
  }

  /** All values of a name, each where the oldest Ingress has it. */
  *of(name: string): Generator<string> {
    for (const { values } of this.#claims.get(name) ?? []) yield* values;
  }

  /** The first values of a name, each once, as many as are kept; undefined where nothing is said of it. */
  first(name: string): readonly string[] | undefined {
    if (!this.#claims.has(name)) return undefined;
    const found = new Set<string>();
    for (const value of this.of(name)) {
      found.add(value);
      if (found.size === MAX_CLAIMS_PER_HOST) break;
    }
    return [...found];
  }
}

/** Where an Ingress is among claims, or has to come. */
function placeOf(claims: readonly Claim[], ingress: Ingress): number {
  return lowerBound(claims, (claim) => compareAge(claim.ingress, ingress) < 0);
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Definition } from "#lab/cluster/definition.ts";
import { metallbFolder } from "./build-metallb.ts";

/** MetalLB's own definitions of its kinds, of the version whose programs are built, which must be so. */
export function metallbDefinitions(): readonly Definition[] {
  return definitionsIn("crd");
}

/**
 * The newest MetalLB's own definition of a kind; that of AddressPool is of the last MetalLB that had it. Throws for a kind that
 * is not its own.
 */
export function metallbDefinition(kind: string): Definition {
  const all = [...definitionsIn("crd-newest"), ...definitionsIn("crd-address-pool")];
  const found = all.find(({ spec }) => spec.names.kind === kind);
  if (found === undefined) throw new Error(`MetalLB does not define ${kind}`);
  return found;
}

function definitionsIn(folder: string): readonly Definition[] {
  const path = join(metallbFolder(), folder);
  return readdirSync(path).map((name) => parse(readFileSync(join(path, name), "utf8")) as Definition);
}

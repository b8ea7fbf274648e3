import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Definition } from "#lab/cluster/definition.ts";
import { metallbFolder } from "./build-metallb.ts";

/** MetalLB's own definitions of its kinds, as its manifests install them. MetalLB must be built. */
export function metallbDefinitions(): readonly Definition[] {
  return definitionsIn("crd");
}

/** MetalLB's own definition of a kind; that of AddressPool is of the last version that had it. Throws for a kind that is not its own. */
export function metallbDefinition(kind: string): Definition {
  const found = [...metallbDefinitions(), ...definitionsIn("crd-0.13")].find(({ spec }) => spec.names.kind === kind);
  if (found === undefined) throw new Error(`MetalLB does not define ${kind}`);
  return found;
}

function definitionsIn(folder: string): readonly Definition[] {
  const path = join(metallbFolder(), folder);
  return readdirSync(path).map((name) => parse(readFileSync(join(path, name), "utf8")) as Definition);
}

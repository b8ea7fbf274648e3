import { complain, descend } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";

/** Says that an object of metallb.io is in another namespace than the one that is read: MetalLB reads only its own, too. */
export function notRead(object: KubeObject, metallbNamespace: string): readonly Problem[] {
  const root = rootField(object);
  complain(descend(root, "metadata", "namespace"), "RESOURCE_NOT_READ", {
    what: `Ignored this ${object.kind}`,
    why: `MetalLB's objects are read in the namespace "${metallbNamespace}"`,
    fix: `Write namespace: ${metallbNamespace}, or run the programs with --metallb-namespace ${object.metadata.namespace}`,
    severity: "warning",
  });
  return root.problems;
}

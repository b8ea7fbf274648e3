// Objects of metallb.io in few words.
import { parse } from "yaml";
import type { KubeObject } from "#src/model/object.ts";

/** An object in MetalLB's namespace; `spec` is YAML. */
export function resource(
  kind: string,
  spec: string | undefined,
  {
    version = "v1beta1",
    name = "it",
    ...metadata
  }: Partial<KubeObject["metadata"]> & { readonly version?: string } = {},
): KubeObject {
  const full = { namespace: "metallb-system", createdMs: 0, labels: {}, annotations: {}, name, ...metadata };
  const rest = spec === undefined ? {} : { spec: parse(spec) as unknown };
  return { apiVersion: `metallb.io/${version}`, kind: kind as KubeObject["kind"], metadata: full, ...rest };
}

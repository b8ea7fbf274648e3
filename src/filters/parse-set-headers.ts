import { readHeaderMap } from "#src/model/header-map.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";

/** Header fields of answers that are written in place of all others of their names. */
export interface SetHeaders {
  /** In lower case. */
  readonly names: ReadonlySet<string>;
  /** Each line with its end. */
  readonly lines: string;
}

/** Reads a ConfigMap (v1) as header fields of answers. `allowed`: names in lower case, or all; others are left out with a Problem. */
export function parseSetHeaders(
  object: KubeObject,
  allowed: ReadonlySet<string> | "all",
): { readonly value: SetHeaders; readonly problems: readonly Problem[] } {
  const { headers, problems } = readHeaderMap(object, ({ name, value }) => {
    if (allowed !== "all" && !allowed.has(name.toLowerCase()))
      return {
        why: "the option --allowed-response-headers of the ingress does not name it",
        fix: `Start the ingress with --allowed-response-headers ${name}, or remove the field from the ConfigMap`,
      };
    return /\$[A-Za-z{]/.test(value)
      ? { why: "Hawser writes no variables into answers", fix: "Write the value itself" }
      : undefined;
  });
  const lines = headers.map(({ name, value }) => `${name}: ${value}\r\n`).join("");
  return { value: { names: new Set(headers.map(({ name }) => name.toLowerCase())), lines }, problems };
}

import type { Ingress } from "#src/model/ingress.ts";
import { FIRST_PORT } from "./backend.ts";

/** The key of `defaultIngress`. No object has it. */
export const DEFAULT_INGRESS_KEY = "";

/**
 * What `--default-backend-service` (`namespace/name`) says, as an Ingress that no cluster has: it claims no host, and its default backend gets the
 * requests that no rule matches. So all that is attached to Ingresses, or read of them, holds for these requests, too.
 */
export function defaultIngress(serviceKey: string): Ingress {
  const [namespace = "", serviceName = ""] = serviceKey.split("/");
  return {
    key: DEFAULT_INGRESS_KEY,
    namespace,
    name: "",
    // It is younger than any.
    createdMs: Number.MAX_SAFE_INTEGER,
    className: undefined,
    closed: undefined,
    defaultBackend: { serviceName, servicePort: FIRST_PORT },
    rules: [],
    tls: [],
    settings: {},
  };
}

/** Names the paths of an Ingress in a text. */
export function namePaths(ingress: Pick<Ingress, "key">): string {
  return isDefaultIngress(ingress) ? "paths that no rule matches" : `paths of Ingress "${ingress.key}"`;
}

/** Whether an Ingress is that of `--default-backend-service`. */
export function isDefaultIngress({ key }: Pick<Ingress, "key">): boolean {
  return key === DEFAULT_INGRESS_KEY;
}

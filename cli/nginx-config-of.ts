import { missingConfig } from "#src/model/ingress-nginx/missing-config.ts";
import { readNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";

/** What the ConfigMap `key` of --nginx-config-map says of all Ingresses; nothing where the option is not given. */
export function nginxConfigOf(
  key: string | undefined,
  object: KubeObject | undefined,
): { readonly nginxConfig: RoutesInput["nginxConfig"]; readonly problems: readonly Problem[] } {
  if (key === undefined) return { nginxConfig: undefined, problems: [] };
  if (object === undefined) return { nginxConfig: null, problems: [missingConfig(key, true)] };
  const nginxConfig = readNginxConfig(object, "unknown");
  return { nginxConfig, problems: nginxConfig.problems };
}

import { type NginxConfig, readNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { object } from "#test/model/build.ts";

/** What ingress-nginx's ConfigMap with this data says, beside what its program does where that is known. */
export function nginxConfigOf(
  data: Readonly<Record<string, unknown>>,
  isInForce: Parameters<typeof readNginxConfig>[1] = "unknown",
): NginxConfig {
  const metadata = { namespace: "ingress-nginx", name: "config" };
  return readNginxConfig(object(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data })), isInForce);
}

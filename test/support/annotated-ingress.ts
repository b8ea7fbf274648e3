import { type Ingress, parseIngress } from "#src/model/ingress.ts";
import type { Parsed } from "#src/model/problem.ts";
import { object, valueOf } from "#test/model/build.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

/** What is read of an Ingress that sends all of `a.com`, or another path, to the Service `s`, with these annotations of ingress-nginx. */
export function readAnnotated(
  annotations: Readonly<Record<string, string>>,
  name = "i",
  { host = "a.com", path = "/", pathType = "Prefix" } = {},
): Parsed<Ingress> {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [NGINX + key, value]));
  const backend = { service: { name: "s", port: { number: 80 } } };
  const rules = [{ host, http: { paths: [{ path, pathType, backend }] } }];
  const metadata = { name, namespace: "default", annotations: prefixed };
  const manifest = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } };
  return parseIngress(object(JSON.stringify(manifest)));
}

/** Such an Ingress, which has to be readable. */
export function annotatedIngress(...of: Parameters<typeof readAnnotated>): Ingress {
  return valueOf(readAnnotated(...of));
}

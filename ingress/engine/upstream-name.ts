/** The Service of a backend (`namespace/name:port`), without its namespace. */
export function backendServiceName(backend: string): string {
  return backend.slice(backend.indexOf("/") + 1).replace(/:[^:]*$/, "");
}

/** As ingress-nginx names a backend: `shop-web-80` for `shop/web:80`. */
export function upstreamName(backend: string): string {
  return backend.replace("/", "-").replace(":", "-");
}

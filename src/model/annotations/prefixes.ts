/** The prefixes of annotations that have the names of ingress-nginx. */
export const PREFIXES = {
  ours: "hawser.dev/",
  nginx: "nginx.ingress.kubernetes.io/",
  /** That of ingress-nginx before 0.9, and of many articles. */
  oldNginx: "ingress.kubernetes.io/",
} as const;

/** In the order in which they win. */
export const OWN_PREFIXES: readonly string[] = [PREFIXES.ours, PREFIXES.nginx, PREFIXES.oldNginx];

/** Those too of HAProxy Ingress, Higress and Voyager, which took over the names. */
export const NGINX_PREFIXES: readonly string[] = [
  ...OWN_PREFIXES,
  "haproxy-ingress.github.io/",
  "higress.io/",
  "ingress.appscode.com/",
];

/** How a path is compared with a request (networking.k8s.io/v1 `pathType`). */
export type PathType = "Exact" | "Prefix" | "ImplementationSpecific";

/** A backend as an Ingress names it; the port is by number or by the Service port's name. */
export interface IngressBackend {
  readonly serviceName: string;
  readonly servicePort: number | string;
}

export interface IngressPath {
  /** Starts with `/`, except that ImplementationSpecific may be empty (read as `/`). */
  readonly path: string;
  readonly pathType: PathType;
  readonly backend: IngressBackend;
}

export interface IngressRule {
  /** Lower case; empty for the catch-all; `*.example.com` for one label. */
  readonly host: string;
  readonly paths: readonly IngressPath[];
}

export interface IngressTls {
  readonly hosts: readonly string[];
  readonly secretName: string | undefined;
}

/** An Ingress, strictly read, from any of networking.k8s.io/v1, networking.k8s.io/v1beta1 and extensions/v1beta1. */
export interface Ingress {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** `spec.ingressClassName`, else the annotation `kubernetes.io/ingress.class`; undefined where neither is set. */
  readonly className: string | undefined;
  readonly defaultBackend: IngressBackend | undefined;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly IngressTls[];
  /**
   * From `rewrite-target`. `replacePrefix`: the matched path is replaced (the meaning before ingress-nginx 0.22,
   * prefix `ingress.kubernetes.io/`).
   */
  readonly rewrite: { readonly kind: "replacePrefix"; readonly target: string } | undefined;
}

/** An IngressClass, strictly read. */
export interface IngressClass {
  readonly name: string;
  readonly controller: string;
  readonly isDefault: boolean;
}

import { isBackend } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";

/** A Service that an Ingress sends requests to. */
export interface BackendTarget {
  /** `namespace/name`. */
  readonly serviceKey: string;
  /** By number or by name; undefined: the first one. */
  readonly port: number | string | undefined;
}

/** All Services that an Ingress sends requests to: of its paths, its default backend, and the annotation `default-backend`. */
export function backendTargets({ namespace, rules, defaultBackend, settings }: Ingress): readonly BackendTarget[] {
  const targets = [...rules.flatMap(({ paths }) => paths.map(({ target }) => target)), defaultBackend];
  const found = targets.flatMap((target): BackendTarget[] =>
    target !== undefined && isBackend(target)
      ? [{ serviceKey: `${namespace}/${target.serviceName}`, port: target.servicePort }]
      : [],
  );
  const { defaultBackend: other } = settings;
  return other === undefined ? found : [...found, { serviceKey: `${namespace}/${other}`, port: undefined }];
}

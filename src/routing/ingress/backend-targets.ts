import type { IngressBackend } from "#src/model/ingress-backend.ts";
import { isBackend } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { allTerms } from "#src/model/path-terms.ts";
import { FIRST_PORT } from "./backend.ts";

/** A Service that an Ingress sends requests to. */
export interface BackendTarget {
  /** `namespace/name`. */
  readonly serviceKey: string;
  /** By number or by name; undefined: the first one. */
  readonly port: number | string | undefined;
  /** Its place in the object: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
}

/** All Services that an Ingress sends requests to: of its paths, its default backend, and the annotation `default-backend`. */
export function backendTargets(ingress: Ingress): readonly BackendTarget[] {
  const { namespace, rules, defaultBackend } = ingress;
  const paths = rules.flatMap((rule) => rule.paths);
  const whole = defaultBackend === undefined ? [] : [{ target: defaultBackend, at: "spec.defaultBackend" }];
  const found = [...paths, ...whole].flatMap(({ target, at }): BackendTarget[] =>
    isBackend(target) ? [{ serviceKey: `${namespace}/${target.serviceName}`, port: portOf(target), at }] : [],
  );
  const others = allTerms(ingress).flatMap(({ settings }) => settings.defaultBackend ?? []);
  return others.length === 0 ? found : [...found, ...others.map((name) => otherTarget(`${namespace}/${name}`))];
}

function portOf({ servicePort }: IngressBackend): BackendTarget["port"] {
  return servicePort === FIRST_PORT ? undefined : servicePort;
}

function otherTarget(serviceKey: string): BackendTarget {
  return { serviceKey, port: undefined, at: "metadata.annotations" };
}

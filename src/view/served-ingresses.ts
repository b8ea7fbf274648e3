import { passwordClaims } from "#src/auth/find-password-lists.ts";
import {
  type Ingress,
  type IngressClass,
  ingressClassName,
  parseIngress,
  parseIngressClass,
} from "#src/model/ingress.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { isServed } from "#src/routing/ingress/routing-snapshot.ts";
import { certificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import { certificateSecretClaims } from "#src/tls/find-certificate-secrets.ts";
import type { RoutesInput } from "./routes-input.ts";

/** An Ingress of the class that is served. */
export interface ServedIngress {
  readonly object: KubeObject;
  /** Undefined where nothing of it can be read. */
  readonly ingress: Ingress | undefined;
  readonly problems: readonly Problem[];
}

/** The Ingresses of the class that is served, by `namespace/name`. */
export function servedIngresses({
  ingresses = [],
  classes = [],
  scope,
}: Pick<RoutesInput, "ingresses" | "classes" | "scope">): ReadonlyMap<string, ServedIngress> {
  const byName = ingressClasses(classes);
  const served = new Map<string, ServedIngress>();
  for (const object of ingresses) {
    const read = parseIngress(object);
    const ingress = read.ok ? read.value : undefined;
    const className = ingress === undefined ? ingressClassName(object) : ingress.className;
    const { namespace } = object.metadata;
    if (isServed({ className, namespace }, byName, scope))
      served.set(keyOf(object.metadata), { object, ingress, problems: read.problems });
  }
  return served;
}

/** The IngressClasses that can be read, by name. */
export function ingressClasses(objects: readonly KubeObject[]): ReadonlyMap<string, IngressClass> {
  const byName = new Map<string, IngressClass>();
  for (const object of objects) {
    const read = parseIngressClass(object);
    if (read.ok) byName.set(read.value.name, read.value);
  }
  return byName;
}

/** The Secrets (`namespace/name`) that these Ingresses name, for certificates, of ours and of endpoints, or for names and passwords. */
export function namedSecrets(served: ReadonlyMap<string, ServedIngress>): ReadonlySet<string> {
  const ingresses = readIngresses(served);
  const passwords = passwordClaims(ingresses).map(({ secret }) => secret);
  const ofEndpoints = certificateSecretClaims(ingresses).map(({ secret }) => secret);
  return new Set([...claimedSecrets(certificateClaims(ingresses)), ...passwords, ...ofEndpoints]);
}

/** Those of them that can be read. */
export function readIngresses(served: ReadonlyMap<string, ServedIngress>): readonly Ingress[] {
  return [...served.values()].flatMap(({ ingress }) => ingress ?? []);
}

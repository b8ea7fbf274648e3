import { oidcSecretClaims } from "#src/auth/oidc/find-oidc-secrets.ts";
import { passwordClaims } from "#src/auth/find-password-lists.ts";
import {
  type Ingress,
  type IngressClass,
  ingressClassName,
  parseIngress,
  parseIngressClass,
} from "#src/model/ingress.ts";
import { type NginxConfig, withNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import { type HttpPolicy, parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Problem } from "#src/model/problem.ts";
import { attachPolicies, type PolicyFinding } from "#src/routing/ingress/attach-policies.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { PolicyTargets } from "#src/routing/ingress/policy-targets.ts";
import { isServed } from "#src/routing/ingress/routing-snapshot.ts";
import { certificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import { certificateSecretClaims } from "#src/tls/find-certificate-secrets.ts";
import type { RoutesInput } from "./routes-input.ts";

/** An Ingress of the class that is served. */
export interface ServedIngress {
  /** Undefined for that of `--default-backend-service`, which is not an object. */
  readonly object: KubeObject | undefined;
  /** Undefined where nothing of it can be read. */
  readonly ingress: Ingress | undefined;
  /** What is wrong between policies that are attached to it, and between them and it. */
  readonly findings: readonly PolicyFinding[];
  readonly problems: readonly Problem[];
}

/** The Ingresses of the class that is served, by `namespace/name`, with the policies that are attached to them, and that of `--default-backend-service`. */
export function servedIngresses({
  ingresses = [],
  classes = [],
  policies = [],
  scope,
  nginxConfig,
  defaultService,
  passesTls,
}: Pick<
  RoutesInput,
  "ingresses" | "classes" | "policies" | "scope" | "nginxConfig" | "defaultService" | "passesTls"
>): ReadonlyMap<string, ServedIngress> {
  const byName = ingressClasses(classes);
  const targets = new PolicyTargets();
  for (const { policy } of readPolicies(policies)) targets.add(policy);
  const served = new Map<string, ServedIngress>();
  for (const object of ingresses) {
    const read = parseIngress(withConfig(object, nginxConfig), { passesTls });
    const ingress = read.ok ? read.value : undefined;
    const className = ingress === undefined ? ingressClassName(object) : ingress.className;
    const { namespace } = object.metadata;
    if (!isServed({ className, namespace }, byName, scope)) continue;
    const attached = ingress && attachPolicies(ingress, targets.of(ingress));
    served.set(keyOf(object.metadata), {
      object,
      ingress: attached?.ingress,
      findings: attached?.findings ?? [],
      problems: read.problems,
    });
  }
  if (defaultService !== undefined) {
    const written = defaultIngress(defaultService);
    const { ingress, findings } = attachPolicies(written, targets.of(written));
    served.set(ingress.key, { object: undefined, ingress, findings, problems: [] });
  }
  return served;
}

/** The Ingress as the ingress reads it; closed while what holds for all Ingresses cannot be read. */
function withConfig(object: KubeObject, config: NginxConfig | null | undefined): KubeObject {
  if (config === undefined) return object;
  if (config !== null && !config.closesAll) return withNginxConfig(object, config);
  return { ...object, metadata: { ...object.metadata, hasUnreadableAnnotations: true } };
}

/** Policies, with what is wrong with each itself. */
export function readPolicies(
  objects: readonly KubeObject[],
): readonly { readonly policy: HttpPolicy; readonly problems: readonly Problem[] }[] {
  return objects.flatMap((object) => {
    const read = parseHttpPolicy(object);
    return read.ok ? [{ policy: read.value, problems: read.problems }] : [];
  });
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

/** The Secrets (`namespace/name`) that these Ingresses name, for certificates, of ours and of endpoints, for names and passwords, or for sign-in. */
export function namedSecrets(served: ReadonlyMap<string, ServedIngress>): ReadonlySet<string> {
  const ingresses = readIngresses(served);
  const passwords = passwordClaims(ingresses).map(({ secret }) => secret);
  const ofEndpoints = certificateSecretClaims(ingresses).map(({ secret }) => secret);
  const ofSignIns = oidcSecretClaims(ingresses).map(({ secret }) => secret);
  return new Set([...claimedSecrets(certificateClaims(ingresses)), ...passwords, ...ofEndpoints, ...ofSignIns]);
}

/** Those of them that can be read. */
export function readIngresses(served: ReadonlyMap<string, ServedIngress>): readonly Ingress[] {
  return [...served.values()].flatMap(({ ingress }) => ingress ?? []);
}

import { findPasswordLists, type FoundPasswords, passwordClaims } from "#src/auth/find-password-lists.ts";
import { findOidcSecrets, type FoundOidcSecrets, oidcSecretClaims } from "#src/auth/oidc/find-oidc-secrets.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts, type RouteConflict } from "#src/routing/ingress/find-route-conflicts.ts";
import { namedPorts, withNamedPorts } from "#src/routing/ingress/named-ports.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import {
  certificateSecretClaims,
  findCertificateSecrets,
  type FoundCertificateSecrets,
} from "#src/tls/find-certificate-secrets.ts";
import type { RoutesInput } from "./routes-input.ts";
import { type SeenCertificates, seeCertificates } from "./seen-certificates.ts";
import { readIngresses, readPolicies, type ServedIngress, servedIngresses } from "./served-ingresses.ts";

/** What the ingress makes of the objects: the same table, of the same functions. */
export interface SeenRoutes {
  readonly input: RoutesInput;
  /** By `namespace/name`. */
  readonly served: ReadonlyMap<string, ServedIngress>;
  readonly table: RouteTable;
  /** What is wrong with policies (`namespace/name`), themselves or with Ingresses that are served. */
  readonly policyProblems: ReadonlyMap<string, readonly Problem[]>;
  /** The names of Services of type ExternalName, by `namespace/name`. In the table they are the addresses of these. */
  readonly externalNames: ReadonlyMap<string, string>;
  /** Rules that take no requests. */
  readonly conflicts: readonly RouteConflict[];
  readonly certificates: SeenCertificates;
  readonly passwords: FoundPasswords;
  /** What is needed for TLS to endpoints. */
  readonly endpointSecrets: FoundCertificateSecrets;
  /** What is needed for sign-in. */
  readonly signInSecrets: FoundOidcSecrets;
}

/** Reads the objects, and compiles the route table as the ingress does. */
export function seeRoutes(input: RoutesInput): SeenRoutes {
  const served = servedIngresses(input);
  const ingresses = readIngresses(served);
  const services = readAll(input.services, parseService);
  const externals = new Map(services.filter(({ type }) => type === "ExternalName").map((one) => [one.key, one]));
  const ports = namedPorts(ingresses, externals);
  const objects = {
    ingresses,
    services: services.map((one) => (externals.has(one.key) ? withNamedPorts(one, ports.get(one.key)) : one)),
    slices: readAll(input.slices, parseEndpointSlice),
  };
  const snapshot = {
    ...routingSnapshot(objects),
    compat: input.compat,
    // Nothing is looked up: the name is in the place of its addresses.
    addressesOf: (key: string) => (input.servesExternalNames ? [externals.get(key)?.externalName ?? []].flat() : []),
  };
  return {
    input,
    served,
    table: buildRoutes(snapshot),
    externalNames: new Map([...externals].map(([key, { externalName = "" }]) => [key, externalName])),
    policyProblems: policyProblems(input, served),
    conflicts: findRouteConflicts(snapshot),
    certificates: seeCertificates(ingresses, input),
    passwords: findPasswordLists(passwordClaims(ingresses), input.secretOf),
    endpointSecrets: findCertificateSecrets(certificateSecretClaims(ingresses), input.secretOf),
    signInSecrets: findOidcSecrets(oidcSecretClaims(ingresses), input.secretOf),
  };
}

function policyProblems(
  { policies = [] }: RoutesInput,
  served: ReadonlyMap<string, ServedIngress>,
): ReadonlyMap<string, readonly Problem[]> {
  const own = readPolicies(policies).map(({ policy, problems }) => [policy.key, problems] as const);
  const problems = new Map<string, readonly Problem[]>(own.filter(([, found]) => found.length > 0));
  for (const { findings } of served.values())
    for (const { policy, problem } of findings) problems.set(policy, [...(problems.get(policy) ?? []), problem]);
  return problems;
}

function readAll<T>(
  objects: readonly KubeObject[] | undefined,
  parse: (object: KubeObject) => Parsed<T>,
): readonly T[] {
  return (objects ?? []).flatMap((object) => {
    const read = parse(object);
    return read.ok ? [read.value] : [];
  });
}

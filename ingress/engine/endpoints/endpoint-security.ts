import { DEFAULT_ENDPOINT_TLS, type EndpointTls } from "#src/filters/endpoint-tls.ts";
import type { SecureTarget } from "#ingress/io/secure-target.ts";
import type { ForwardDecision } from "#ingress/engine/decide-request.ts";

/** Why TLS cannot be spoken to endpoints as their rule says: they are not asked then. */
export type NoSecurity = "closed-secret" | "closed-unsupported";

/** Knows how TLS is spoken to endpoints. */
export interface EndpointSecurity {
  /** `serviceName`: what the certificate has to be for, where the rule does not say. The same values give the same target. */
  targetOf(tls: EndpointTls, serviceName: string, protocol: SecureTarget["protocol"]): SecureTarget | NoSecurity;
}

/** Speaks no TLS to endpoints. */
export const NO_ENDPOINT_SECURITY: EndpointSecurity = { targetOf: () => "closed-unsupported" };

/** How TLS is spoken to the endpoint of a request; undefined: not at all. */
export function securityOf(
  { rule, backend }: Pick<ForwardDecision, "rule" | "backend">,
  isClientSecure: boolean,
  security: EndpointSecurity,
): SecureTarget | NoSecurity | undefined {
  const { transport } = rule.filters;
  if (transport === undefined && backend.isSecure !== true) return undefined;
  const { scheme = backend.isSecure === true ? "https" : "http", tls = DEFAULT_ENDPOINT_TLS } = transport ?? {};
  const isSecure = scheme === "https" || scheme === "grpcs" || (scheme === "client" && isClientSecure);
  if (!isSecure) return undefined;
  const name = backend.isExternal === true ? backend.host : `${backend.host}.svc`;
  return security.targetOf(tls, name, scheme === "grpcs" ? "h2" : "http/1.1");
}

/** Whether HTTP/2 is spoken to the endpoint of a request: as its rule says, or else the port of its Service. */
export function speaksHttp2({ rule, backend }: Pick<ForwardDecision, "rule" | "backend">): boolean {
  const scheme = rule.filters.transport?.scheme;
  return scheme === undefined ? backend.isHttp2 === true : scheme === "grpc" || scheme === "grpcs";
}

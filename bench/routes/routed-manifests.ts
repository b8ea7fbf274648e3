import { selfSigned } from "#ingress/tls/self-signed.ts";

/** An object of Kubernetes as it is written. */
export type RoutedManifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
} & Readonly<Record<string, unknown>>;

/** Teams, each with a namespace and the Secret of a certificate for its hosts. */
const TEAMS = 100;
const CREATED = "2026-01-01T00:00:00Z";
/** Of so many Ingresses one has a policy, where there are any. */
const POLICY_EVERY = 5;

/** The host of the `number`th Ingress. */
export function routedHost(number: number): string {
  return `app-${number}.${namespaceOf(number)}.bench.test`;
}

function namespaceOf(number: number): string {
  return `team-${number % TEAMS}`;
}

/** The Secrets, and what goes with each of so many Ingresses: a Service, an EndpointSlice, and perhaps a policy. */
export function* routedManifests(ingresses: number, hasPolicies: boolean): Generator<RoutedManifest> {
  for (let team = 0; team < Math.min(TEAMS, ingresses); team++) yield* secrets(team);
  for (let number = 0; number < ingresses; number++) {
    yield routedIngress(number);
    if (number % 31 === 30) yield canary(number);
    yield* routedService(number, 8_080);
    if (hasPolicies && number % POLICY_EVERY === 0) yield routedPolicy(number, 100);
  }
}

/** What popular charts write, as often as they do: of 31, 12 the size of bodies, 7 redirects to HTTPS, 7 timeouts, and so on. */
function annotationsOf(number: number): Readonly<Record<string, string>> {
  const of = (factor: number, times: number): boolean => (number * factor) % 31 < times;
  return {
    ...(of(1, 12) && { "proxy-body-size": "50m" }),
    ...(of(3, 7) && { "ssl-redirect": "true" }),
    ...(of(5, 7) && { "proxy-read-timeout": "600", "proxy-send-timeout": "600" }),
    ...(of(7, 7) && { "backend-protocol": "HTTP" }),
    ...(of(11, 3) && { "configuration-snippet": 'more_set_headers "X-Frame-Options: SAMEORIGIN";\n' }),
    ...(of(13, 3) && { "whitelist-source-range": "10.0.0.0/8,192.168.0.0/16" }),
    ...(of(17, 3) && { "proxy-buffer-size": "16k", "proxy-buffering": "on" }),
    ...(of(19, 2) && { "rewrite-target": "/$2", "use-regex": "true" }),
    ...(of(23, 2) && { "auth-type": "basic", "auth-secret": "users" }),
    ...(of(29, 2) && { "enable-cors": "true" }),
  };
}

/** @param more annotations besides, by name without prefix */
export function routedIngress(number: number, more: Readonly<Record<string, string>> = {}): RoutedManifest {
  const annotations = { ...annotationsOf(number), ...more };
  return ingressOf(number, `app-${number}`, annotations, `app-${number}`);
}

function canary(number: number): RoutedManifest {
  return ingressOf(number, `app-${number}-canary`, { canary: "true", "canary-weight": "10" }, `app-${number}`);
}

function ingressOf(
  number: number,
  name: string,
  annotations: Readonly<Record<string, string>>,
  serviceName: string,
): RoutedManifest {
  const isPattern = annotations["use-regex"] === "true";
  const backend = { service: { name: serviceName, port: { number: 80 } } };
  const path = isPattern ? "/api(/|$)(.*)" : "/";
  const paths = [{ path, pathType: isPattern ? "ImplementationSpecific" : "Prefix", backend }];
  const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  const host = routedHost(number);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadataOf(number, name, { annotations: Object.fromEntries(prefixed) }),
    spec: { rules: [{ host, http: { paths } }], tls: [{ hosts: [host], secretName: "tls" }] },
  };
}

/** The Service of the `number`th Ingress, with one endpoint on a port of loopback. */
export function routedService(number: number, port: number): readonly [RoutedManifest, RoutedManifest] {
  const name = `app-${number}`;
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadataOf(number, name),
      spec: { type: "ClusterIP", ports: [{ port: 80, targetPort: port, protocol: "TCP" }], selector: { app: name } },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: metadataOf(number, `${name}-1`, { labels: { "kubernetes.io/service-name": name } }),
      addressType: "IPv4",
      ports: [{ name: "", port, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
  ];
}

/** A policy at the `number`th Ingress: so many requests a second, and a field for the endpoint. */
export function routedPolicy(number: number, requests: number): RoutedManifest {
  return {
    apiVersion: "hawser.dev/v1alpha1",
    kind: "HTTPPolicy",
    metadata: metadataOf(number, `app-${number}`),
    spec: {
      targetRefs: [{ kind: "Ingress", name: `app-${number}` }],
      rateLimits: [{ requests, per: "second", key: [{ type: "ClientAddress" }] }],
      requestHeaderModifier: { set: [{ name: "X-Team", value: namespaceOf(number) }] },
    },
  };
}

/** Of a team: its certificate, and names with passwords. */
function secrets(team: number): readonly RoutedManifest[] {
  const { cert, key } = selfSigned(`*.${namespaceOf(team)}.bench.test`, Date.now());
  return [
    { ...secretOf(team, "tls", { "tls.crt": cert, "tls.key": key }), type: "kubernetes.io/tls" },
    secretOf(team, "users", { auth: "user:$apr1$benchsal$8v44ewKistJzdF4s3hCdY/" }),
  ];
}

function secretOf(number: number, name: string, texts: Readonly<Record<string, string>>): RoutedManifest {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return { apiVersion: "v1", kind: "Secret", metadata: metadataOf(number, name), data: Object.fromEntries(data) };
}

function metadataOf(number: number, name: string, more: Readonly<Record<string, unknown>> = {}) {
  return { name, namespace: namespaceOf(number), creationTimestamp: CREATED, ...more };
}

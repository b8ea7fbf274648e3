import type { ClosedReason } from "#src/model/closed-reason.ts";
import type { HttpsRedirect, Rewrite } from "#src/model/annotation-effects.ts";
import type { PathType } from "#src/model/ingress-path.ts";
import type { NestedText } from "./nested-texts.ts";
import type { ShardedMap } from "./sharded-map.ts";

/** All that decides where a request goes. Immutable: a change makes a new table that shares what stayed. */
export interface RouteTable {
  /** By host as written in the rule: `example.com`, `*.example.com`, or empty for the catch-all. */
  readonly hosts: ShardedMap<HostRoutes>;
  /** By the Service's `namespace/name`: its backends. */
  readonly services: ShardedMap<ServiceBackends>;
}

/** The backends of one Service by port, each under its number and its name. */
export type ServiceBackends = ReadonlyMap<string, Backend>;

/** The rules of one host, merged from all Ingresses that name it. */
export interface HostRoutes {
  readonly exact: ReadonlyMap<string, Route>;
  /** Prefix and ImplementationSpecific paths in the order of their text. */
  readonly prefixes: readonly PrefixEntry[];
  /** In the order of their text, each text once; usually none. */
  readonly closedPatterns: readonly ClosedPattern[];
  readonly defaultRoute: Route | undefined;
  /** Any of them is closed: mostly none is, and then no other spelling of a path has to be looked for. */
  readonly hasClosed: boolean;
}

/** A path that matches by its beginning. */
export interface PrefixEntry extends NestedText {
  /** Normalised; without final slash where whole elements are compared. */
  readonly text: string;
  /** Prefix compares whole elements; ImplementationSpecific does not, as in ingress-nginx. */
  readonly wholeElements: boolean;
  readonly route: Route;
}

/** A regular expression in place of a path, which closes whatever it could match. */
export interface ClosedPattern extends NestedText {
  /** What each path that it could match begins with, in lower case. */
  readonly text: string;
  /** Paths of rules that are longer go before it; infinite where the pattern itself cannot be read. */
  readonly length: number;
  readonly route: Route;
}

/** One rule of an Ingress, ready to use. */
export interface Route {
  /** `namespace/name` of the Ingress. */
  readonly ingressKey: string;
  /** Normalised; as written where it is a regular expression; empty for a default backend. */
  readonly path: string;
  readonly pathType: PathType | "default";
  /** Why requests are answered 503 and no other rule is asked; undefined: they are forwarded. */
  readonly closed: ClosedReason | undefined;
  /** Empty where the route is closed, as the port is. */
  readonly serviceKey: string;
  /** Number in decimal, or name. */
  readonly servicePort: string;
  /** What becomes of the path (annotation `rewrite-target`); the target is visible ASCII. */
  readonly rewrite: Rewrite | undefined;
  /** An Ingress has a `tls` entry for the host: plain requests may be sent on to HTTPS. */
  readonly hasTls: boolean;
  readonly httpsRedirect: HttpsRedirect;
}

/** A Service port with the endpoints that may be picked now. */
export interface Backend {
  /** `namespace/name:port`, the port by number. */
  readonly key: string;
  /** Empty: answered 503. */
  readonly endpoints: readonly BackendEndpoint[];
}

/** One address and port of a backend. */
export interface BackendEndpoint {
  /** Pod UID, address and port: a pod that inherits an address is another endpoint. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
}

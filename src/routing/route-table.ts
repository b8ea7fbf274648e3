import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import type { HostPattern } from "#src/pattern/host-pattern.ts";
import type { PathPattern } from "#src/pattern/path-pattern.ts";
import type { HostGuards } from "./host-guard.ts";
import type { NestedText } from "./nested-texts.ts";
import type { Rule } from "./rule.ts";
import type { ShardedMap } from "./sharded-map.ts";

/** All that decides where a request goes. Immutable: a change makes a new table that shares what stayed. */
export interface RouteTable {
  /** By host as written in the rule: `example.com`, `*.example.com`, or empty for the catch-all. */
  readonly hosts: ShardedMap<HostRoutes>;
  /** Further names of hosts, by name or `*.example.com`: which host's rules serve them. No rule names any of them. */
  readonly aliases: ShardedMap<string>;
  /** Expressions for hosts that neither a rule nor an alias names; the first that matches counts. */
  readonly aliasPatterns: readonly AliasPattern[];
  /** For requests that no rule matches; undefined: they are answered 404. So they are while its Service has no endpoint. */
  readonly fallback: Rule | undefined;
  /** By the keys that rules have: a port that has a name has two, and the first TCP port of a Service one without a port. */
  readonly backends: ShardedMap<Backend>;
  /** Hosts whose TLS connections are passed on unread; mostly none, and then nothing is looked at before a handshake. */
  readonly passthroughs: number;
}

/** A regular expression for further names of a host. */
export interface AliasPattern {
  /** With `~` before it. */
  readonly text: string;
  readonly pattern: HostPattern;
  readonly host: string;
  /** Of the Ingress that has it. */
  readonly namespace: string;
}

/** The rules of one host, merged from all Ingresses that name it. */
export interface HostRoutes {
  readonly exact: ReadonlyMap<string, Rule>;
  /** Prefix and ImplementationSpecific paths in the order of their text. */
  readonly prefixes: readonly PrefixEntry[];
  /** Regular expressions, by what the paths that they match begin with; usually none. */
  readonly patterns: readonly PatternEntry[];
  /** In the order of their text, each text once; usually none. */
  readonly closedPatterns: readonly ClosedPattern[];
  readonly fallback: Rule | undefined;
  /** Go before all others; usually none. */
  readonly guards: HostGuards;
  /** Any of them is closed or restricted: mostly none is, and then no other spelling of a path has to be looked for. */
  readonly hasGuarded: boolean;
  /** An Ingress has a `tls` entry for the host. */
  readonly hasTls: boolean;
  /** Which client certificates are asked for, also where no rule matches; missing: none. */
  readonly clientCertificates?: ClientCertificatePolicy;
  /** Says of TLS connections for the host where they go unread; missing: they are read. */
  readonly passthrough?: Rule;
}

/** A path that matches by its beginning. */
export interface PrefixEntry extends NestedText {
  /** Normalised; without final slash where whole elements are compared. */
  readonly text: string;
  /** Prefix compares whole elements; ImplementationSpecific does not, as in ingress-nginx. */
  readonly wholeElements: boolean;
  readonly rule: Rule;
}

/** The regular expressions in place of paths whose matches all begin with one text. */
export interface PatternEntry extends NestedText {
  /** In lower case. */
  readonly text: string;
  readonly routes: readonly PatternRoute[];
}

/** One regular expression in place of a path. */
export interface PatternRoute {
  readonly pattern: PathPattern;
  /** Of all expressions of the host the lowest that matches counts: the longest text goes first, as in ingress-nginx. */
  readonly rank: number;
  /** Paths of rules that are longer go before it. */
  readonly length: number;
  readonly rule: Rule;
}

/** A regular expression in place of a path, which closes whatever it could match. */
export interface ClosedPattern extends NestedText {
  /** What each path that it could match begins with, in lower case. */
  readonly text: string;
  /** Paths of rules that are longer go before it; infinite where the pattern itself cannot be read. */
  readonly length: number;
  readonly rule: Rule;
}

/** What a rule forwards to, with the endpoints that may be picked now: a port of a Service. */
export interface Backend {
  /** `namespace/name:port`, the port by number. */
  readonly key: string;
  /** For requests that name no host: `name.namespace`, under which it is known in the cluster. */
  readonly host: string;
  /** Its endpoints speak TLS, unless an annotation says otherwise. */
  readonly isSecure?: true;
  /** The port of the Service says that its endpoints speak HTTP/2, without TLS. */
  readonly isHttp2?: true;
  /** The host is a name outside of the cluster. */
  readonly isExternal?: true;
  /** The address of the Service itself, for rules that leave the choice to it; undefined: it has none. */
  readonly serviceAddress?: string;
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

import type { RuleFilters } from "#src/filters/rule-filters.ts";
import type { SourceNetworks } from "#src/filters/source-networks.ts";
import type { Redirect } from "#src/model/annotations/redirects.ts";
import type { ClosedReason } from "#src/model/closed-reason.ts";
import type { AppliedPart } from "#src/model/path-terms.ts";
import type { SnippetStatus } from "#src/model/snippets/snippet.ts";
import type { PathType } from "#src/model/ingress-path.ts";
import type { Balancing } from "./balancing.ts";
import type { Canary } from "./canary.ts";

/** What is done with the requests for one path of a host. Whatever it was written in comes to this. */
export interface Rule {
  readonly origin: RuleOrigin;
  readonly filters: RuleFilters;
  /** The filters say who may come in, or how often. */
  readonly isRestricted: boolean;
  /** What policies say of it; missing: none is attached. Rules of an Ingress with the same policies share it. */
  readonly applied?: readonly AppliedPart[];
  /** Policies (`namespace/name`) that are attached to its path, also those of which nothing counts. */
  readonly policies?: readonly string[];
  /** Its requests are not in the access log. */
  readonly isUnlogged?: true;
  /** An Ingress has a `tls` entry for the host. */
  readonly hasTls?: true;
  readonly action: RuleAction;
}

/** Where a rule was written. */
export interface RuleOrigin {
  /** `namespace/name` of the Ingress; empty for `--default-backend-service`. */
  readonly object: string;
  /** Normalised; as written where it is a regular expression; empty for a default backend. */
  readonly path: string;
  readonly pathType: PathType | "default";
}

export type RuleAction = ForwardAction | ClosedAction | RedirectAction | RespondAction;

/** Requests are sent to an endpoint of a backend. */
export interface ForwardAction {
  readonly kind: "forward";
  /** Its key in the table: `namespace/name:port`, the port as it is written, by number or by name. */
  readonly backend: string;
  /** The Service itself chooses the endpoint: requests are sent to its address, if it has one. */
  readonly isByService?: boolean | undefined;
  /** The backend that gets the requests while this one has no endpoint. */
  readonly fallback?: string | undefined;
  /** How its endpoints are chosen; undefined: in turns. */
  readonly balancing?: Balancing | undefined;
  /** Another backend that gets a part of the requests. */
  readonly canary?: Canary | undefined;
}

/** Requests are redirected, before any filter: nginx does so in its rewrite phase. */
interface RedirectAction extends Redirect {
  readonly kind: "redirect";
}

/** Requests are answered with a status, before any filter, as by `return` in nginx. */
interface RespondAction {
  readonly kind: "respond";
  /** Clients from elsewhere are answered 403. */
  readonly sources?: SourceNetworks;
  readonly status: SnippetStatus;
}

/** Requests are answered 503, and no other rule is asked. */
interface ClosedAction {
  readonly kind: "closed";
  readonly reason: ClosedReason;
}

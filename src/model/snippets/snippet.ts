import type { Redirect } from "#src/model/annotations/redirects.ts";
import type { NetworkSet } from "#src/model/network-set.ts";
import type { ReadDirective } from "./read-snippet.ts";
import type { HostPattern } from "#src/pattern/host-pattern.ts";

/** What a snippet of nginx configuration says, as far as Hawser does it: no text of it becomes configuration of anything. */
export interface Snippet {
  /** Fields of requests, in order; an empty value takes the client's away. */
  readonly requestFields: readonly SnippetField[];
  readonly responseFields: readonly SnippetResponseField[];
  /** From which addresses clients may come in; undefined: the snippet says nothing of it. */
  readonly sources: SnippetSources | undefined;
  /** The answer to every request. */
  readonly answer: SnippetAnswer | undefined;
  /** Of a snippet for hosts alone. */
  readonly locations: readonly SnippetLocation[];
}

/** A header field: its name as written, and a value of visible ASCII, blanks and tabs. */
export interface SnippetField {
  readonly name: string;
  readonly value: string;
}

/** `set` replaces what the endpoint sent, `clear` takes it away, and `add` leaves it. `onErrors`: also with answers that are errors. */
export interface SnippetResponseField extends SnippetField {
  readonly act: "set" | "add" | "clear";
  readonly onErrors: boolean;
}

/** As the two lists of networks of annotations: those that are denied are so whatever is allowed. */
export interface SnippetSources {
  readonly allowed: NetworkSet | undefined;
  readonly denied: NetworkSet | undefined;
}

/** A redirect, or a status without anything else. */
export type SnippetAnswer =
  | { readonly kind: "redirect"; readonly redirect: Redirect }
  | { readonly kind: "respond"; readonly status: SnippetStatus };

export const SNIPPET_STATUSES = [204, 401, 403, 404, 405, 410, 500, 503] as const;

export type SnippetStatus = (typeof SNIPPET_STATUSES)[number];

/** Paths of the hosts of the Ingress, also those of other Ingresses, that are answered without an endpoint. */
export interface SnippetLocation {
  readonly match: LocationMatch;
  /** `closed`: what nginx would do Hawser does not have. */
  readonly answer: SnippetAnswer | { readonly kind: "closed" };
  /** Clients from elsewhere are answered 403. */
  readonly sources?: SnippetSources;
  readonly responseFields: readonly SnippetResponseField[];
  /** The directive that closes it. */
  readonly because?: ReadDirective;
}

/** `expression`: at any place in the path, without regard to case. */
export type LocationMatch =
  | { readonly kind: "exact" | "prefix"; readonly path: string }
  | { readonly kind: "expression"; readonly path: string; readonly pattern: HostPattern };

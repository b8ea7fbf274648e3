import type { Field } from "#src/model/field.ts";

/** All that is known of an annotation of an Ingress, or of several that say the same. */
export interface AnnotationRecord {
  /** Without prefix; `*` stands for any text, and counts where no record has the name itself. */
  readonly names: readonly string[];
  /** What it says, for docs/annotations.md. */
  readonly doc: string;
  /** Under which prefixes Hawser does what it says; under others, and where this is missing, `risks` count. */
  readonly served?: ServedBy<unknown>;
  /** Why Hawser need not do anything for it: it is about how nginx works inside. Such an annotation has no Problem. */
  readonly needless?: string;
  /** What a value of a `needless` annotation looks like: another one has a Problem, because its writer meant something else. */
  readonly form?: { readonly fits: (text: string) => boolean; readonly fix: string };
  /**
   * What becomes of an Ingress that has it where Hawser does not serve it: the first risk that its value asks for. Asked
   * for none, it changes nothing. Missing: it is ignored with a warning, whatever its value.
   */
  readonly risks?: readonly AnnotationRisk[];
  /** Of one that is ignored: what Hawser does not have, and the way out. */
  readonly lacks?: { readonly why: string; readonly fix: string };
  /** `host`: it holds for all paths of the hosts of its Ingress, also those of other Ingresses. Default: for its own paths. */
  readonly scope?: "host";
  /** The annotation of Hawser that says the same, or will. */
  readonly instead?: string;
}

/** An annotation that Hawser serves. */
export interface ServedAnnotation<T> extends AnnotationRecord {
  readonly served: ServedBy<T>;
}

interface ServedBy<T> {
  /** The first that is written counts. */
  readonly prefixes: readonly string[];
  /** Reads a value that is not blank. Undefined, with a Problem: it cannot be used, and the `risks` of the record count. */
  readonly parse: (field: Field) => T | undefined;
}

interface AnnotationRisk {
  readonly effect: AnnotationEffect;
  /**
   * Whether a value asks for anything; default: any that is not blank. `siblings` gives the values of other annotations
   * of the same prefix; of all prefixes that Hawser serves where that is one of them.
   */
  readonly asks?: (value: string, siblings: (name: string) => string | undefined) => boolean;
}

/**
 * What becomes of an Ingress, or a part of it, whose annotation Hawser does not serve.
 * `restriction`: it says who may come in, or how often, and all its paths are closed. `snippet`: the same where the text
 * has a directive that may restrict. `reaches-other`: requests would reach something else than written; all paths are closed.
 * `root`, `hosts`, `www-hosts`: only the path `/`, or the hosts that the annotation adds, are closed. `canary`: the Ingress
 * takes no requests and closes nothing. `fallback` and `ignored`: it is served without, with a warning.
 */
export type AnnotationEffect =
  | "restriction"
  | "snippet"
  | "reaches-other"
  | "root"
  | "hosts"
  | "www-hosts"
  | "canary"
  | "fallback"
  | "ignored";

/** Annotations that one controller, or several, have under the same prefixes. */
export interface AnnotationFamily {
  readonly title: string;
  /** Each ends with a slash; the empty one is for names without. */
  readonly prefixes: readonly string[];
  readonly records: readonly AnnotationRecord[];
}

import type { FieldRewrites } from "./field-rewrites.ts";

/** What is done to the head of an answer. */
export interface ResponseEdit {
  /** Names, in lower case, of fields that do not pass as the endpoint, or Hawser, wrote them. */
  readonly removes: ReadonlySet<string>;
  /** Lines of Latin-1 characters that are added, each with its end. */
  readonly lines: string;
  /** What of the endpoint's own values is written otherwise. */
  readonly rewrites: FieldRewrites | undefined;
}

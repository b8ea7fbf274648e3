import type { FieldRewrites } from "./field-rewrites.ts";

/** What is done to the head of an answer. */
export interface ResponseEdit {
  /** Names, in lower case, of fields that do not pass as the endpoint, or Hawser, wrote them. */
  readonly removes: ReadonlySet<string>;
  /** Lines of Latin-1 characters that are added, each with its end. */
  readonly lines: string;
  /** What of the endpoint's own values is written otherwise. */
  readonly rewrites: FieldRewrites | undefined;
  /** Lines that are added to answers that are not errors, as nginx has it unless told otherwise. */
  readonly linesWithoutError?: string;
}

/** Statuses of answers with which nginx adds header fields unless told otherwise. */
const WITHOUT_ERROR: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** The lines that an edit adds to an answer of this status. */
export function addedLines({ lines, linesWithoutError = "" }: ResponseEdit, status: number): string {
  return WITHOUT_ERROR.has(status) ? lines + linesWithoutError : lines;
}

/** What is removed and added, without what is rewritten. */
export type FieldEdit = Omit<ResponseEdit, "rewrites">;

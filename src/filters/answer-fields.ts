import { mergeEdits } from "./merge-edits.ts";
import type { SetHeaders } from "./parse-set-headers.ts";
import type { ResponseEdit } from "./response-edit.ts";

/** What is done to the heads of all answers, whatever their rules say; undefined: nothing. */
export interface AnswerFields {
  readonly ofPlain: ResponseEdit | undefined;
  /** By TLS, for a host with a certificate of its own. */
  readonly ofSecure: ResponseEdit | undefined;
}

/** Without `hsts` there is no field Strict-Transport-Security of ours (RFC 6797 section 6.1). */
export function answerFields(of: {
  /** Names, in lower case, of fields that do not pass. */
  readonly hidden: ReadonlySet<string>;
  readonly hsts:
    | { readonly maxAgeSeconds: number; readonly hasSubdomains: boolean; readonly isPreloaded: boolean }
    | undefined;
}): AnswerFields {
  const { hidden, hsts } = of;
  const ofPlain = hidden.size === 0 ? undefined : { removes: hidden, lines: "", rewrites: undefined };
  if (hsts === undefined) return { ofPlain, ofSecure: ofPlain };
  const parts = [
    `max-age=${hsts.maxAgeSeconds}`,
    ...(hsts.hasSubdomains ? ["includeSubDomains"] : []),
    ...(hsts.isPreloaded ? ["preload"] : []),
  ];
  const lines = `Strict-Transport-Security: ${parts.join("; ")}\r\n`;
  return {
    ofPlain,
    ofSecure: { removes: hidden.union(new Set(["strict-transport-security"])), lines, rewrites: undefined },
  };
}

/** With fields of all answers, which win over those of options. */
export function withSetHeaders(of: AnswerFields, set: SetHeaders | undefined): AnswerFields {
  if (set === undefined) return of;
  const added: ResponseEdit = { removes: set.names, lines: set.lines, rewrites: undefined };
  const merged = (edit: ResponseEdit | undefined) => (edit === undefined ? added : mergeEdits(edit, added));
  return { ofPlain: merged(of.ofPlain), ofSecure: merged(of.ofSecure) };
}

/** Where no option says anything. */
export const NO_ANSWER_FIELDS: AnswerFields = { ofPlain: undefined, ofSecure: undefined };

import { hashText } from "#src/balancing/hash-text.ts";
import type { HashPart } from "#src/model/annotations/upstream-hash-by.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";
import { hostText, targetText } from "#ingress/engine/request-route.ts";
import type { RequestTexts } from "#ingress/engine/request-texts.ts";

/** What of a request can be hashed. */
export interface HashedRequest {
  readonly bytes: Buffer;
  readonly head: RequestHead;
  readonly texts: RequestTexts;
  /** Normalised. */
  readonly path: string;
  readonly clientAddress: string;
  readonly isSecure: boolean;
}

/** The hash of the text that these parts make of a request; undefined where all variables are empty. */
export function hashOfRequest(parts: readonly HashPart[], request: HashedRequest): number | undefined {
  let text = "";
  let isEmpty = true;
  for (const part of parts) {
    const value = textOf(part, request);
    if (part.kind !== "text" && value !== "") isEmpty = false;
    text += value;
  }
  return isEmpty ? undefined : hashText(text);
}

function textOf(part: HashPart, request: HashedRequest): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "header":
      return request.texts.header(part.name) ?? "";
    case "cookie":
      return request.texts.cookie(part.name) ?? "";
    case "argument":
      return request.texts.argument(part.name) ?? "";
    default:
      return VARIABLES[part.name](request);
  }
}

type VariableName = Extract<HashPart, { kind: "variable" }>["name"];

const queryOf = ({ bytes, head: { queryStart, queryEnd } }: HashedRequest): string =>
  queryEnd > queryStart ? bytes.toString("latin1", queryStart + 1, queryEnd) : "";
const hostOf = ({ bytes, head }: HashedRequest): string => hostText(bytes, head).toLowerCase().replace(/:\d*$/, "");

const VARIABLES: Readonly<Record<VariableName, (request: HashedRequest) => string>> = {
  args: queryOf,
  query_string: queryOf,
  remote_addr: ({ clientAddress }) => clientAddress,
  binary_remote_addr: ({ clientAddress }) => clientAddress,
  uri: ({ path }) => path,
  document_uri: ({ path }) => path,
  host: hostOf,
  server_name: hostOf,
  request_method: ({ bytes, head }) => bytes.toString("latin1", head.start, head.methodEnd),
  request_uri: ({ bytes, head }) => targetText(bytes, head),
  scheme: ({ isSecure }) => (isSecure ? "https" : "http"),
};

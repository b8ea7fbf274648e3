import type { RequestHead } from "./request-head.ts";

/** The authority that decides the route: of an absolute target, else Host; empty for HTTP/1.0 without it. */
export function hostText(bytes: Buffer, head: RequestHead): string {
  if (head.authorityEnd !== 0) return bytes.toString("latin1", head.authorityStart, head.authorityEnd);
  if (head.hostLine === -1) return "";
  return bytes.toString("latin1", head.lines.valueStart[head.hostLine], head.lines.valueEnd[head.hostLine]);
}

/** The path without query; `*` (OPTIONS) and an absolute target without path count as the root. */
export function pathText(bytes: Buffer, head: RequestHead): string {
  const path = bytes.toString("latin1", head.pathStart, head.queryStart);
  return path === "" || path === "*" ? "/" : path;
}

/** The path with its query as the client sent them, without fragment. */
export function targetText(bytes: Buffer, head: RequestHead): string {
  return pathText(bytes, head) + bytes.toString("latin1", head.queryStart, head.queryEnd);
}

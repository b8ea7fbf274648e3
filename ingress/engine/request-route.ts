import type { RequestHead } from "./request-head.ts";

/** Where the authority begins that decides the route: of an absolute target, else of the field Host. */
export function hostStart({ authorityStart, authorityEnd, hostLine, lines }: RequestHead): number {
  if (authorityEnd !== 0) return authorityStart;
  return hostLine === -1 ? 0 : lines.valueStart[hostLine]!;
}

/** Where it ends; where it begins, for HTTP/1.0 without it. */
export function hostEnd({ authorityEnd, hostLine, lines }: RequestHead): number {
  if (authorityEnd !== 0) return authorityEnd;
  return hostLine === -1 ? 0 : lines.valueEnd[hostLine]!;
}

/** The authority itself; empty where there is none. */
export function hostText(bytes: Buffer, head: RequestHead): string {
  return bytes.toString("latin1", hostStart(head), hostEnd(head));
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

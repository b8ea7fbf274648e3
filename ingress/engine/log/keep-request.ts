import { readBasicCredentials } from "#src/auth/basic-credentials.ts";
import { spells } from "#ingress/engine/ascii.ts";
import type { KeptText, KeptTexts } from "./kept-texts.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";
import { targetText } from "#ingress/engine/request-route.ts";

const HTTP_1_0 = Buffer.from("HTTP/1.0");
const HTTP_1_1 = Buffer.from("HTTP/1.1");
const HTTP_2_0 = Buffer.from("HTTP/2.0");
const NAMES: readonly (readonly [KeptText, Buffer])[] = [
  ["referer", Buffer.from("referer")],
  ["userAgent", Buffer.from("user-agent")],
  ["forwardedFor", Buffer.from("x-forwarded-for")],
  ["user", Buffer.from("authorization")],
];

/** Keeps of a request head what the format of the access log needs of it; the ids excepted. */
export function keepRequest(
  kept: KeptTexts,
  { bytes, head }: { readonly bytes: Buffer; readonly head: RequestHead },
  needs: ReadonlySet<KeptText>,
): void {
  if (needs.has("method")) kept.keep("method", bytes, head.start, head.methodEnd);
  if (needs.has("target")) keepTarget(kept, bytes, head);
  if (needs.has("host")) keepHost(kept, bytes, head);
  if (needs.has("protocol")) kept.keep("protocol", protocolOf(head), 0, HTTP_1_1.length);
  for (const [text, name] of NAMES) if (needs.has(text)) keepField(kept, { bytes, head, text, name });
}

/** As nginx says it. */
function protocolOf({ isHttp2, minorVersion }: RequestHead): Buffer {
  if (isHttp2) return HTTP_2_0;
  return minorVersion === 0 ? HTTP_1_0 : HTTP_1_1;
}

function keepTarget(kept: KeptTexts, bytes: Buffer, head: RequestHead): void {
  const { pathStart, queryStart, queryEnd } = head;
  const isWhole = queryStart > pathStart && !(queryStart - pathStart === 1 && bytes[pathStart] === 0x2a);
  if (isWhole) {
    kept.keep("target", bytes, pathStart, queryEnd);
    return;
  }
  const target = Buffer.from(targetText(bytes, head), "latin1");
  kept.keep("target", target, 0, target.length);
}

function keepHost(
  kept: KeptTexts,
  bytes: Buffer,
  { authorityStart, authorityEnd, hostLine, lines }: RequestHead,
): void {
  if (authorityEnd !== 0) kept.keep("host", bytes, authorityStart, authorityEnd);
  else if (hostLine !== -1) kept.keep("host", bytes, lines.valueStart[hostLine]!, lines.valueEnd[hostLine]!);
}

/** The first field with a name. */
function keepField(
  kept: KeptTexts,
  {
    bytes,
    head,
    text,
    name,
  }: { readonly bytes: Buffer; readonly head: RequestHead; readonly text: KeptText; readonly name: Buffer },
): void {
  const { nameStart, nameEnd, valueStart, valueEnd, count } = head.lines;
  for (let index = 0; index < count; index++) {
    if (!spells(bytes, nameStart[index]!, nameEnd[index]!, name)) continue;
    if (text === "user") keepUser(kept, bytes.toString("latin1", valueStart[index], valueEnd[index]));
    else kept.keep(text, bytes, valueStart[index]!, valueEnd[index]!);
    return;
  }
}

/** The name alone: a password is in no log. */
function keepUser(kept: KeptTexts, authorization: string): void {
  const user = readBasicCredentials(authorization)?.user;
  if (user === undefined) return;
  const name = Buffer.from(user, "latin1");
  kept.keep("user", name, 0, name.length);
}

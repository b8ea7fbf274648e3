import { spells } from "#ingress/engine/ascii.ts";
import { HeaderField } from "#ingress/engine/header-field.ts";
import { methodIs, type RequestHead } from "#ingress/engine/request-head.ts";

const CONTENT_TYPE = Buffer.from("content-type");
const GRPC = Buffer.from("application/grpc");

/** What may follow the type: a format of messages, parameters. Not `-web`, whose clients understand answers of HTTP/1.1. */
const AFTER_TYPE: ReadonlySet<string> = new Set(["", "+", ";", " "]);

/** Whether a request is one of gRPC, which understands no other answers than its own. */
export function isGrpc(bytes: Buffer, head: RequestHead): boolean {
  if (!methodIs(bytes, head, "POST")) return false;
  const { lines } = head;
  for (let index = 0; index < lines.count; index++) {
    // The class of Content-Type: most lines are not looked at.
    if (lines.field[index] !== HeaderField.Credential) continue;
    if (!spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, CONTENT_TYPE)) continue;
    const start = lines.valueStart[index]!;
    const typeEnd = start + GRPC.length;
    const end = lines.valueEnd[index]!;
    const isType = typeEnd <= end && spells(bytes, start, typeEnd, GRPC);
    return isType && AFTER_TYPE.has(bytes.toString("latin1", typeEnd, Math.min(end, typeEnd + 1)));
  }
  return false;
}

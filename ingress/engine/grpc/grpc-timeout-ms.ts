import { spells } from "#ingress/engine/ascii.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";

const TIMEOUT = Buffer.from("grpc-timeout");

/** By unit, in milliseconds. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** The milliseconds that the client gives a request of gRPC; undefined: no bound, or one that cannot be read. */
export function grpcTimeoutMs(bytes: Buffer, { lines }: RequestHead): number | undefined {
  for (let index = 0; index < lines.count; index++) {
    if (spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, TIMEOUT))
      return readTimeout(bytes.toString("latin1", lines.valueStart[index], lines.valueEnd[index]));
  }
  return undefined;
}

/** At most eight digits and a unit, by the protocol of gRPC over HTTP/2. */
function readTimeout(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Math.ceil(Number(digits) * UNITS[unit]!);
}

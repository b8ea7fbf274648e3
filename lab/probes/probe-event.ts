import type { ProbeRecord } from "./gap.ts";

/** What the prober process probes, as the JSON of its one argument. */
export interface ProbeSettings {
  /** udp: echo on one socket; tcp: a new connection until the banner; http: a new connection and a GET. */
  readonly mode: "udp" | "tcp" | "http";
  readonly target: string;
  readonly port: number;
  /** Spacing of probes in milliseconds, whatever the answers: open loop. Fractions are allowed. */
  readonly everyMs: number;
  /** tcp and http: how long an answer may take. Below the kernel's 1 s, so that a repeated SYN counts as a loss. */
  readonly timeoutMs: number;
  /** http: the Host header. */
  readonly host: string;
  /** http: the request target. */
  readonly path: string;
}

/** One line of the stream: a probe went out, was answered, or failed. Pure; `parseProbeEvent` reads it back. */
export type ProbeEvent =
  | { readonly kind: "sent"; readonly sequence: number; readonly atNs: bigint }
  | {
      readonly kind: "answered";
      readonly sequence: number;
      readonly atNs: bigint;
      readonly pod: string;
      readonly seenFrom: string;
    }
  | { readonly kind: "failed"; readonly sequence: number; readonly failure: string };

export function printProbeEvent(event: ProbeEvent): string {
  const { kind, sequence } = event;
  if (kind === "sent") return `s ${sequence} ${event.atNs}`;
  return kind === "failed"
    ? `f ${sequence} ${event.failure}`
    : `a ${sequence} ${event.atNs} ${event.pod} ${event.seenFrom}`;
}

/** Undefined for a line that is none of ours. */
export function parseProbeEvent(line: string): ProbeEvent | undefined {
  const [kind = "", sequenceText = "", third = "", pod = "", seenFrom = ""] = line.split(" ");
  const sequence = Number(sequenceText);
  if (!Number.isInteger(sequence)) return undefined;
  if (kind === "f") return { kind: "failed", sequence, failure: line.slice(`f ${sequenceText} `.length) };
  if (!/^\d+$/.test(third)) return undefined;
  if (kind === "s") return { kind: "sent", sequence, atNs: BigInt(third) };
  return kind === "a" ? { kind: "answered", sequence, atNs: BigInt(third), pod, seenFrom } : undefined;
}

/** The record after an event; undefined where an answer has no record to belong to. */
export function applyProbeEvent(record: ProbeRecord | undefined, event: ProbeEvent): ProbeRecord | undefined {
  if (event.kind === "sent") {
    const { sequence, atNs: sentNs } = event;
    return { sequence, sentNs, receivedNs: undefined, pod: undefined, seenFrom: undefined, failure: undefined };
  }
  if (record === undefined) return undefined;
  if (event.kind === "failed") return { ...record, failure: event.failure };
  return { ...record, receivedNs: event.atNs, pod: event.pod || undefined, seenFrom: event.seenFrom || undefined };
}

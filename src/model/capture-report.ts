import { type Fields, isRecord, listOf, textOf, textsOf } from "./record.ts";

/** A capture has at most so many frames and bytes of one speaker: its report is stored by the API server, as text of twice the size. */
export const MAX_CAPTURED_FRAMES = 512;
export const MAX_CAPTURED_BYTES = 32 << 10;
/** Links of one speaker that it listens on, at most. */
export const MAX_CAPTURED_LINKS = 16;

/** A frame about the address that is asked for. */
export interface CapturedFrame {
  /** Nanoseconds since 1970 by the clock of the node, when its speaker read the frame. */
  readonly atNs: bigint;
  /** In the list of the report. */
  readonly interfaceIndex: number;
  /** The node sent it, by its speaker or by its kernel. */
  readonly isSent: boolean;
  /** The whole frame, without padding behind it. */
  readonly bytes: Uint8Array;
}

/** Where frames were taken. */
interface CapturedInterface {
  readonly name: string;
  readonly mac: string;
}

/** What one speaker saw. */
export interface CaptureReport {
  readonly node: string;
  /** The text of the request that it answers. */
  readonly asked: string;
  /** Why it did not listen, or not on all interfaces; empty where it did. */
  readonly why: string;
  readonly interfaces: readonly CapturedInterface[];
  /** In the order in which they were read. */
  readonly frames: readonly CapturedFrame[];
  /** It ended before its time, because there was no room for more. */
  readonly isCut: boolean;
}

/** The name it is published under: one of a node. */
export function captureReportName(node: string): string {
  return `capture-${node}`;
}

/** As it is published: each frame is one text, `1764511200123456789 0 in ffff...`. */
export function printCaptureReport({ frames, ...rest }: CaptureReport): Fields {
  return { ...rest, frames: frames.map(printFrame) };
}

/** Reads a report by its name; undefined where it names no node, or another one. What cannot be read, and what is beyond the bounds, is left out. */
export function readCaptureReport(name: string, value: Fields): CaptureReport | undefined {
  const node = textOf(value["node"]);
  if (node === "" || name !== captureReportName(node)) return undefined;
  const interfaces = listOf(value["interfaces"])
    .slice(0, MAX_CAPTURED_LINKS)
    .filter(isRecord)
    .map((one) => ({ name: textOf(one["name"]), mac: textOf(one["mac"]) }));
  const texts = textsOf(listOf(value["frames"]).slice(0, MAX_CAPTURED_FRAMES));
  const frames = texts.flatMap(readFrame).filter(({ interfaceIndex }) => interfaceIndex < interfaces.length);
  const isCut = value["isCut"] === true || value["shortened"] === true;
  return { node, asked: textOf(value["asked"]), why: textOf(value["why"]), interfaces, frames, isCut };
}

function printFrame({ atNs, interfaceIndex, isSent, bytes }: CapturedFrame): string {
  const hex = Buffer.from(bytes).toString("hex");
  return `${atNs} ${interfaceIndex} ${isSent ? "out" : "in"} ${hex}`;
}

/** A frame has at most the bytes of a whole report, a time at most 64 bits. */
const FRAME = /^(\d{1,19}) (\d{1,2}) (in|out) ((?:[0-9a-f]{2})+)$/;

function readFrame(text: string): readonly CapturedFrame[] {
  if (text.length > 2 * MAX_CAPTURED_BYTES) return [];
  const [, time, index, direction, hex] = FRAME.exec(text) ?? [];
  if (time === undefined || hex === undefined) return [];
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  return [{ atNs: BigInt(time), interfaceIndex: Number(index), isSent: direction === "out", bytes }];
}

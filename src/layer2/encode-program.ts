// Classic BPF: the language of a socket's filter in the kernel (struct sock_filter in linux/filter.h). A program works
// on an accumulator of 32 bits and returns how many bytes of the frame to keep; 0 drops it. A load beyond the end of
// the frame ends the program with 0.

/** Instructions that the kernel accepts in one program (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4_096;

/** Bytes of one encoded instruction. */
export const INSTRUCTION_BYTES = 8;

/** Furthest that a conditional jump reaches: its offsets have 8 bits. */
const MAX_CONDITIONAL_JUMP = 255;

/** The codes used here: class, size and mode as linux/bpf_common.h adds them up. */
export const opcodes = {
  loadByte: 0x30,
  loadHalf: 0x28,
  loadWord: 0x20,
  jump: 0x05,
  jumpIfEqual: 0x15,
  jumpIfGreater: 0x25,
  return: 0x06,
} as const;

/** One instruction: both jumps are relative to the next instruction, `k` is an unsigned 32-bit operand. */
export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

/** A sequence in which no path runs past the end: each one returns. Such sequences can be put one behind the other. */
export type Program = readonly Instruction[];

/** Ends with the frame cut to so many bytes; 0 drops it. */
export function returns(lengthBytes: number): Instruction {
  return { code: opcodes.return, jumpTrue: 0, jumpFalse: 0, k: lengthBytes };
}

/** Loads from an offset of the frame. */
export function load(size: "loadByte" | "loadHalf" | "loadWord", offset: number): Instruction {
  return { code: opcodes[size], jumpTrue: 0, jumpFalse: 0, k: offset >>> 0 };
}

/** Compares the accumulator with a value, unsigned. */
export function jumpIf(
  test: "jumpIfEqual" | "jumpIfGreater",
  value: number,
  [jumpTrue, jumpFalse]: readonly [number, number],
): Instruction {
  return { code: opcodes[test], jumpTrue, jumpFalse, k: value };
}

/** A sequence that is skipped, at any distance, if the test turns out as `when` says. */
export function skipIf(
  test: "jumpIfEqual" | "jumpIfGreater",
  value: number,
  { when, over }: { readonly when: boolean; readonly over: Program },
): Program {
  const distance = over.length;
  if (distance <= MAX_CONDITIONAL_JUMP) {
    return [jumpIf(test, value, when ? [distance, 0] : [0, distance]), ...over];
  }
  const jump = { code: opcodes.jump, jumpTrue: 0, jumpFalse: 0, k: distance };
  return [jumpIf(test, value, when ? [0, 1] : [1, 0]), jump, ...over];
}

/** The program as the kernel takes it: an array of struct sock_filter, in little-endian order. */
export function encodeProgram(program: Program): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jumpTrue);
    view.setUint8(at + 3, jumpFalse);
    view.setUint32(at + 4, k, true);
  }
  return bytes;
}

import { INSTRUCTION_BYTES, MAX_INSTRUCTIONS, opcodes } from "#src/layer2/encode-program.ts";

/** What the kernel knows of a frame beside its bytes. */
interface Ancillary {
  /** PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2, PACKET_OTHERHOST 3, PACKET_OUTGOING 4. */
  readonly packetType?: number;
  /** It had a VLAN tag, which the kernel took off. */
  readonly hasTag?: boolean;
}

const PACKET_TYPE = 0xffff_f000 + 4;
const VLAN_TAG_PRESENT = 0xffff_f000 + 48;

interface Decoded {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

const decoded = new WeakMap<Uint8Array, readonly Decoded[]>();

/** Each filter is decoded once: tests run one over thousands of frames. */
function decodeProgram(filter: Uint8Array): readonly Decoded[] {
  const program = decoded.get(filter) ?? decodeInstructions(filter);
  decoded.set(filter, program);
  return program;
}

function decodeInstructions(filter: Uint8Array): readonly Decoded[] {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.length);
  return Array.from({ length: filter.length / INSTRUCTION_BYTES }, (_, index) => ({
    code: view.getUint16(index * INSTRUCTION_BYTES, true),
    jumpTrue: view.getUint8(index * INSTRUCTION_BYTES + 2),
    jumpFalse: view.getUint8(index * INSTRUCTION_BYTES + 3),
    k: view.getUint32(index * INSTRUCTION_BYTES + 4, true),
  }));
}

/** Instructions in the filter; throws unless the kernel would accept it: size, codes, jumps inside, a return at the end. */
export function checkFilter(filter: Uint8Array): number {
  const program = decodeProgram(filter);
  if (!Number.isInteger(filter.length / INSTRUCTION_BYTES)) throw new Error("not a whole number of instructions");
  if (program.length === 0 || program.length > MAX_INSTRUCTIONS) throw new Error(`${program.length} instructions`);
  if (program.at(-1)?.code !== opcodes.return) throw new Error("no return at the end");
  for (const [index, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
    if (!Object.values<number>(opcodes).includes(code)) throw new Error(`unknown code ${code} at ${index}`);
    const isConditional = code === opcodes.jumpIfEqual || code === opcodes.jumpIfGreater;
    const furthest = isConditional ? Math.max(jumpTrue, jumpFalse) : code === opcodes.jump ? k : -1;
    if (index + 1 + furthest >= program.length) throw new Error(`a jump out of the program at ${index}`);
  }
  return program.length;
}

/** Runs a filter over a frame as the kernel does: how many bytes it keeps, and in how many steps it said so. */
export function runFilter(
  filter: Uint8Array,
  frame: Uint8Array,
  ancillary: Ancillary = {},
): { readonly keeps: number; readonly steps: number } {
  const program = decodeProgram(filter);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let accumulator = 0;
  let at = 0;
  for (let steps = 1; ; steps++) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error(`ran out of the program at ${at}`);
    const { code, jumpTrue, jumpFalse, k } = instruction;
    at++;
    if (code === opcodes.return) return { keeps: Math.min(k, frame.length), steps };
    if (code === opcodes.jump) at += k;
    else if (code === opcodes.jumpIfEqual) at += accumulator === k ? jumpTrue : jumpFalse;
    else if (code === opcodes.jumpIfGreater) at += accumulator > k ? jumpTrue : jumpFalse;
    else {
      const loaded = loadAt(view, code, k, ancillary);
      if (loaded === undefined) return { keeps: 0, steps };
      accumulator = loaded;
    }
  }
}

/** Undefined beyond the end of the frame, which ends the program. */
function loadAt(view: DataView, code: number, offset: number, ancillary: Ancillary): number | undefined {
  if (offset === PACKET_TYPE) return ancillary.packetType ?? 1;
  if (offset === VLAN_TAG_PRESENT) return ancillary.hasTag === true ? 1 : 0;
  const size = code === opcodes.loadWord ? 4 : code === opcodes.loadHalf ? 2 : 1;
  if (offset + size > view.byteLength) return undefined;
  if (size === 4) return view.getUint32(offset);
  return size === 2 ? view.getUint16(offset) : view.getUint8(offset);
}

import { HUFFMAN_LENGTHS } from "./huffman-lengths.ts";

/** The end of string: 30 ones. Its code must not come (RFC 7541 section 5.2). */
const END_BITS = 30;
/** Padding is shorter than a byte, and all ones. */
const MAX_PADDING_BITS = 7;
const FAULT = -2;
const NOTHING = -1;

interface Node {
  readonly id: number;
  readonly depth: number;
  readonly isAllOnes: boolean;
  /** By bit: another node, or what is decoded (the byte, or FAULT). */
  readonly next: [Node | number | undefined, Node | number | undefined];
}

const nodes: Node[] = [];
const root = newNode(0, true);
fillTree();

/** By state and the four bits that follow: the next state, and the byte that they complete (NOTHING, or FAULT). A code has at least five bits. */
const NEXT = new Uint8Array(nodes.length * 16);
const DECODED = new Int16Array(nodes.length * 16);
/** By state: 1 where the string may end. */
const MAY_END = Uint8Array.from(nodes, ({ depth, isAllOnes }) => Number(isAllOnes && depth <= MAX_PADDING_BITS));
for (const node of nodes) for (let bits = 0; bits < 16; bits++) fillStep(node, bits);

function newNode(depth: number, isAllOnes: boolean): Node {
  const node: Node = { id: nodes.length, depth, isAllOnes, next: [undefined, undefined] };
  nodes.push(node);
  return node;
}

/** Codes in canonical order: of length and byte. */
function fillTree(): void {
  const bytes = Array.from(HUFFMAN_LENGTHS.keys()).toSorted(
    (left, right) => HUFFMAN_LENGTHS[left]! - HUFFMAN_LENGTHS[right]! || left - right,
  );
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    code *= 2 ** (HUFFMAN_LENGTHS[byte]! - length);
    length = HUFFMAN_LENGTHS[byte]!;
    addLeaf(code, length, byte);
    code += 1;
  }
  addLeaf(2 ** END_BITS - 1, END_BITS, FAULT);
}

function addLeaf(code: number, length: number, leaf: number): void {
  let node = root;
  for (let left = length - 1; left >= 0; left--) {
    const bit = (code >>> left) & 1;
    if (left === 0) {
      node.next[bit] = leaf;
      return;
    }
    const next = (node.next[bit] ??= newNode(node.depth + 1, node.isAllOnes && bit === 1));
    node = next as Node;
  }
}

function fillStep(from: Node, bits: number): void {
  let node = from;
  let decoded = NOTHING;
  for (let left = 3; left >= 0 && decoded !== FAULT; left--) {
    const next = node.next[(bits >>> left) & 1]!;
    if (typeof next === "number") decoded = next;
    node = typeof next === "number" ? root : next;
  }
  NEXT[from.id * 16 + bits] = node.id;
  DECODED[from.id * 16 + bits] = decoded;
}

/** Decoded text is at most this many times as long as its code, whose shortest has five bits. */
export const MOST_GROWTH = 8 / 5;

/** Where the code of a text lies, and where the text goes to. */
interface HuffmanPlaces {
  readonly start: number;
  readonly end: number;
  readonly to: Uint8Array;
  readonly at: number;
}

/**
 * Decodes a text (RFC 7541 section 5.2) and returns the position after it; -1 if it holds the end of string or its padding
 * is too long or not all ones. There has to be room for MOST_GROWTH times its code.
 */
export function decodeHuffman(bytes: Uint8Array, { start, end, to, at }: HuffmanPlaces): number {
  let state = 0;
  let out = at;
  for (let from = start; from < end; from++) {
    const byte = bytes[from]!;
    let step = state * 16 + (byte >>> 4);
    let decoded = DECODED[step]!;
    if (decoded >= 0) to[out++] = decoded;
    else if (decoded === FAULT) return -1;
    step = NEXT[step]! * 16 + (byte & 15);
    decoded = DECODED[step]!;
    if (decoded >= 0) to[out++] = decoded;
    else if (decoded === FAULT) return -1;
    state = NEXT[step]!;
  }
  return MAY_END[state] === 1 ? out : -1;
}

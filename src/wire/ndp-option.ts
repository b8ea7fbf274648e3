import { MAC_BYTES } from "./mac.ts";

/** Option types (RFC 4861 section 4.6). */
const SOURCE_LINK_LAYER = 1;
const TARGET_LINK_LAYER = 2;

/** Options are multiples of this, and say their length in it. */
const UNIT_BYTES = 8;

/** Type and length. */
const HEADER_BYTES = 2;

/** An option of a neighbor discovery message (RFC 4861 section 4.6). */
export type NdpOption =
  | { readonly kind: "source-link-layer" | "target-link-layer"; readonly mac: Uint8Array }
  /** Any other type, link-layer addresses that are not Ethernet's included; `data` has 6 bytes, or 8 n + 6. */
  | { readonly kind: "other"; readonly type: number; readonly data: Uint8Array };

/** Writes options one behind the other. */
export function encodeOptions(options: readonly NdpOption[]): Uint8Array {
  const sizes = options.map((option) => HEADER_BYTES + dataOf(option).length);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const [index, option] of options.entries()) {
    const size = sizes[index] ?? 0;
    bytes[offset] = typeOf(option);
    bytes[offset + 1] = size / UNIT_BYTES;
    bytes.set(dataOf(option), offset + HEADER_BYTES);
    offset += size;
  }
  return bytes;
}

/** Reads options; their data are views of the input. Undefined if one has no length or passes the end (RFC 4861 section 7.1). */
export function decodeOptions(bytes: Uint8Array): readonly NdpOption[] | undefined {
  const options: NdpOption[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const end = offset + (bytes[offset + 1] ?? 0) * UNIT_BYTES;
    if (end === offset || end > bytes.length) return undefined;
    options.push(optionOf(bytes[offset] ?? 0, bytes.subarray(offset + HEADER_BYTES, end)));
    offset = end;
  }
  return options;
}

function optionOf(type: number, data: Uint8Array): NdpOption {
  if (data.length !== MAC_BYTES) return { kind: "other", type, data };
  if (type === SOURCE_LINK_LAYER) return { kind: "source-link-layer", mac: data };
  return type === TARGET_LINK_LAYER ? { kind: "target-link-layer", mac: data } : { kind: "other", type, data };
}

function typeOf(option: NdpOption): number {
  if (option.kind === "other") return option.type;
  return option.kind === "source-link-layer" ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER;
}

function dataOf(option: NdpOption): Uint8Array {
  return option.kind === "other" ? option.data : option.mac;
}

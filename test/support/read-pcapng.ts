/** A packet of a pcapng file, as far as tests look at it. */
export interface ReadPacket {
  /** The name of its interface. */
  readonly interfaceName: string;
  readonly atNs: bigint;
  /** Bits 0 and 1 of its flags. */
  readonly direction: "in" | "out" | "unknown";
  readonly bytes: Uint8Array;
}

/** Reads a pcapng file of one section in big-endian order; throws for anything else. Blocks that it does not know are skipped, as the format wants it. */
export function readPcapng(bytes: Uint8Array): readonly ReadPacket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const interfaces: string[] = [];
  const packets: ReadPacket[] = [];
  for (let at = 0; at < bytes.length; at += view.getUint32(at + 4)) {
    const [type, length] = [view.getUint32(at), view.getUint32(at + 4)];
    if (length < 12 || length % 4 !== 0 || view.getUint32(at + length - 4) !== length)
      throw new Error(`length at ${at}`);
    if (type === 0x0a0d_0d0a && view.getUint32(at + 8) !== 0x1a2b_3c4d) throw new Error("byte order");
    const end = at + length - 4;
    if (type === 1) {
      const options = optionsOf(view, at + 16, end);
      if (options.get(9)?.[0] !== 9) throw new Error("times are not in nanoseconds");
      interfaces.push(new TextDecoder().decode(options.get(2)));
    }
    if (type === 6) {
      const size = view.getUint32(at + 20);
      const flags = optionsOf(view, at + 28 + Math.ceil(size / 4) * 4, end).get(2)?.[3] ?? 0;
      packets.push({
        interfaceName: interfaces[view.getUint32(at + 8)] ?? "",
        atNs: view.getBigUint64(at + 12),
        direction: flags === 1 ? "in" : flags === 2 ? "out" : "unknown",
        bytes: Uint8Array.from(bytes.subarray(at + 28, at + 28 + size)),
      });
    }
  }
  return packets;
}

function optionsOf(view: DataView, start: number, end: number): ReadonlyMap<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = start; at < end && view.getUint16(at) !== 0;) {
    const length = view.getUint16(at + 2);
    options.set(view.getUint16(at), new Uint8Array(view.buffer, view.byteOffset + at + 4, length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
}

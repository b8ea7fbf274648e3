/** One entry of an archive. Its path is relative and without a final slash: `usr/bin/node`. */
export interface TarEntry {
  readonly path: string;
  /** Permission bits: 0o755. */
  readonly mode: number;
  /** What a file holds; a directory has none. */
  readonly content?: Uint8Array | undefined;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/**
 * A ustar archive (POSIX.1-2017, pax, "ustar Interchange Format"), block by block. Entries come sorted by path, with
 * time 0 and owner root, and the directories above them are added: the same entries give the same bytes.
 * Throws where a path is too long for the format (255 bytes, of which 100 for the last part).
 */
export function* writeTar(entries: Iterable<TarEntry>): Generator<Uint8Array> {
  for (const { path, mode, content } of withDirectories(entries)) {
    yield header(content === undefined ? `${path}/` : path, mode, content);
    if (content === undefined) continue;
    yield content;
    yield new Uint8Array(-content.length & (BLOCK_BYTES - 1));
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function withDirectories(entries: Iterable<TarEntry>): readonly TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    const parts = entry.path.split("/");
    for (let count = 1; count < parts.length; count += 1) {
      const path = parts.slice(0, count).join("/");
      if (!all.has(path)) all.set(path, { path, mode: 0o755 });
    }
    all.set(entry.path, entry);
  }
  // By code unit, never by a locale: "/" sorts before letters, so a directory comes before what is in it.
  return [...all.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function header(path: string, mode: number, content: Uint8Array | undefined): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const { name, prefix } = splitPath(path);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  const fields: readonly (readonly [offset: number, text: string])[] = [
    [0, name],
    [100, octal(mode, 7)],
    [108, octal(0, 7)], // owner
    [116, octal(0, 7)], // group
    [124, octal(content?.length ?? 0, 11)],
    [136, octal(0, 11)], // time
    [148, " ".repeat(8)], // the checksum counts itself as spaces
    [156, content === undefined ? "5" : "0"],
    [257, "ustar\u000000"],
    [345, prefix],
  ];
  for (const [offset, text] of fields) block.write(text, offset, "utf8");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148, "latin1");
  return block;
}

/** A long path is cut at a slash; the format joins both parts again. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES) return { name: path, prefix: "" };
  const cut = path.indexOf("/", Buffer.byteLength(path) - NAME_BYTES - 1);
  const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
  if (cut <= 0 || name === "" || Buffer.byteLength(prefix) > PREFIX_BYTES)
    throw new Error(`the path ${path} is too long for a tar archive`);
  return { name, prefix };
}

import type { HeaderLines } from "#src/http2/header-lines.ts";

/** The fields of a block, each as `name: value`. */
export function textsOf(lines: HeaderLines): string[] {
  return Array.from({ length: lines.count }, (_, index) =>
    Buffer.from(lines.bytes.subarray(lines.nameStart[index], lines.valueEnd[index])).toString("latin1"),
  );
}

import { expect, it } from "vitest";
import { countHalfOpen, halfOpenIn } from "#src/linux/half-open.ts";

const REST = " 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000060fc03dd 20 4 0 10 -1\n";

it("counts connections that are half made at some ports, and no others", async () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
    `   0: 0100007F:1F90 00000000:0000 0A${REST}`,
    `   1: 0100007F:1F90 0200640A:9C40 03${REST}`,
    `   2: 0100007F:1F90 0200640A:9C41 01${REST}`,
    `   3: 0100007F:20FB 0200640A:9C42 03${REST}`,
    `   4: 0100007F:0050 0200640A:1F90 03${REST}`,
    `1000: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200640A:9C43 03${REST}`,
  ].join("");
  expect(halfOpenIn(table, new Set([8_080]))).toBe(2);
  expect(halfOpenIn(table, new Set([8_080, 8_443]))).toBe(3);
  expect(halfOpenIn(table, new Set([9_999]))).toBe(0);
  expect(await countHalfOpen(new Set([1]))).toBe(0);
});

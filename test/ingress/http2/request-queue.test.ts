import { expect, it } from "vitest";
import { RequestQueue } from "#ingress/engine/h2/request-queue.ts";

/** All pieces of a queue. */
function piecesOf(queue: RequestQueue): Buffer[] {
  const pieces: Buffer[] = [];
  for (let piece = queue.take(); piece !== undefined; piece = queue.take()) pieces.push(piece);
  return pieces;
}

it("RequestQueue keeps a body that comes in single bytes in few pieces", () => {
  const queue = new RequestQueue();
  const read = Buffer.from("0123456789");
  for (let count = 0; count < 100_000; count++) queue.add(read, count % 10, (count % 10) + 1);
  expect(queue.length).toBe(100_000);
  const pieces = piecesOf(queue);
  expect(pieces.length).toBeLessThan(20);
  expect(Buffer.concat(pieces).toString()).toBe("0123456789".repeat(10_000));
  expect(queue.length).toBe(0);
});

it("RequestQueue keeps order and framing of small and large pieces, and copies them", () => {
  const queue = new RequestQueue();
  const read = Buffer.from("ab");
  queue.addChunk(read, 0, 1);
  queue.add(Buffer.alloc(50_000, "x"), 0, 50_000);
  queue.addChunk(read, 1, 2);
  read.fill("z");
  const first = queue.take()!;
  // What was taken is the taker's: nothing is written into it afterwards.
  const text = first.toString();
  queue.add(Buffer.from("c"), 0, 1);
  expect(first.toString()).toBe(text);
  expect(text + piecesOf(queue).join("")).toBe(`1\r\na\r\n${"x".repeat(50_000)}1\r\nb\r\nc`);
  queue.add(Buffer.from("d"), 0, 1);
  queue.clear();
  expect([queue.length, queue.take()]).toEqual([0, undefined]);
});

import { describe, expect, it } from "vitest";
import { readMessages } from "#src/view/page/read-messages.ts";

const bytes = new TextEncoder().encode(
  'event: page\ndata: {"a":"é"}\n\n: nothing\n\nevent: seen\ndata: {}\n\nevent: cut\ndata: {',
);

/** What is read of the bytes when they come in parts of this length. */
async function readIn(length: number): Promise<readonly string[]> {
  const parts = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
    bytes.slice(at * length, (at + 1) * length),
  );
  const found: string[] = [];
  for await (const { name, data } of readMessages(ReadableStream.from(parts))) found.push(`${name} ${data}`);
  return found;
}

describe("readMessages()", () => {
  it.each([1, 2, 3, 7, 29, bytes.length])(
    "reads whole messages, in parts of %i bytes, and no comment and nothing that was cut off",
    async (length) => {
      expect(await readIn(length)).toEqual(['page {"a":"é"}', "seen {}"]);
    },
  );

  it("tells the server when its reader needs no more", async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(bytes),
      cancel: () => void (isCancelled = true),
    });
    for await (const { name } of readMessages(body)) {
      expect(name).toBe("page");
      break;
    }
    expect(isCancelled).toBe(true);
  });
});

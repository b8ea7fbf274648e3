import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Http2Transport } from "#src/source/kubernetes/api/http2-transport.ts";
import type { Timing } from "#src/source/kubernetes/api/timing.ts";
import { eventually } from "#test/support/eventually.ts";

describe("Http2Transport", () => {
  it("sends no PING on a session that is destroyed and has not said so yet", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const pauses: PromiseWithResolvers<void>[] = [];
    const timing: Timing = {
      delay: async () => {
        const pause = Promise.withResolvers<void>();
        pauses.push(pause);
        await pause.promise;
      },
      chance: () => 0,
      clock: () => 0,
    };
    const rejected = vi.fn();
    process.on("unhandledRejection", rejected);
    onTestFinished(() => void process.off("unhandledRejection", rejected));
    const url = `http://127.0.0.1:${port}`;
    const transport = await Http2Transport.open(connect(port, "127.0.0.1"), { server: url, deadlineMs: 1_000, timing });
    await vi.waitFor(() => expect(pauses).toHaveLength(2), eventually);
    transport.close();
    pauses.at(-1)?.resolve();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rejected).not.toHaveBeenCalled();
  });
});

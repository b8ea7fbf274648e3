import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ApiClient, WatchRequest } from "#src/source/kubernetes/api/client.ts";
import { identityOf } from "#src/source/kubernetes/read/read-api-object.ts";
import { Reflector } from "#src/source/kubernetes/read/reflector.ts";
import { eventually } from "#test/support/eventually.ts";

/** An API server whose watch stays silent: what is written shows in lists alone. */
class SilentServer {
  lists = 0;
  watches = 0;
  /** Names of the objects, the versions of which are their places. */
  readonly names: string[] = [];
  /** What a list waits for before it is answered as things were when it came. */
  listed: Promise<void> = Promise.resolve();

  async request(): Promise<unknown> {
    this.lists += 1;
    const items = this.names.map((name, at) => ({ metadata: { name, uid: name, resourceVersion: `${at + 1}` } }));
    await this.listed;
    return { kind: "ok", body: { metadata: { resourceVersion: `${items.length + 1}` }, items } };
  }

  async watch({ signal }: WatchRequest): Promise<never> {
    this.watches += 1;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  }
}

describe("Reflector.relist()", () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(async () => close?.());

  function start() {
    const server = new SilentServer();
    const onFailure = vi.fn<() => void>();
    const reflector = new Reflector({
      client: server as unknown as ApiClient,
      timing: { delay: async (ms, signal) => sleep(ms, undefined, { signal }), chance: () => 0, clock: () => 0 },
      path: "/api/v1/services",
      query: {},
      read: (json) => {
        const metadata = identityOf(json);
        return metadata && { metadata };
      },
      listener: { onChange: vi.fn(), onFailure, onWell: vi.fn(), onUnknownLine: vi.fn() },
    });
    close = async () => reflector.close();
    const names = (): readonly string[] => [...reflector.snapshot().keys()];
    return { server, reflector, names, onFailure };
  }

  it("shows what a silent watch did not, and watches again, without a failure", async () => {
    const { server, reflector, names, onFailure } = start();
    await reflector.listed;
    await vi.waitFor(() => expect(server.watches).toBe(1), eventually);
    server.names.push("a");
    await reflector.relist();
    expect(names()).toEqual(["a"]);
    await vi.waitFor(() => expect(server.watches).toBe(2), eventually);
    expect([server.lists, onFailure.mock.calls]).toEqual([2, []]);
  });

  it("is not answered by a list that began before", async () => {
    const { server, reflector, names } = start();
    const gate = Promise.withResolvers<void>();
    server.listed = gate.promise;
    await vi.waitFor(() => expect(server.lists).toBe(1), eventually);
    server.names.push("a");
    const again = reflector.relist();
    gate.resolve();
    await reflector.listed;
    await again;
    expect(names()).toEqual(["a"]);
    expect(server.lists).toBe(2);
  });
});

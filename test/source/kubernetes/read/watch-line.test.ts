import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ApiClient, WatchRequest } from "#src/source/kubernetes/api/client.ts";
import { identityOf } from "#src/source/kubernetes/read/read-api-object.ts";
import { Reflector } from "#src/source/kubernetes/read/reflector.ts";
import { identityInLine } from "#src/source/kubernetes/read/watch-line.ts";

const metadata = { name: "a", namespace: "shop", uid: "0a-1b", resourceVersion: "7" };

/** A line as API servers write it. */
function line(type: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ type, object: { kind: "Service", apiVersion: "v1", metadata: { ...metadata, ...more } } });
}

describe("identityInLine()", () => {
  it.each([
    { name: "an object that was added", text: line("ADDED"), is: { ...metadata, key: "shop/a" } },
    { name: "one that was modified", text: line("MODIFIED"), is: { ...metadata, key: "shop/a" } },
    {
      name: "one without a namespace",
      text: line("ADDED").replace('"namespace":"shop",', ""),
      is: { ...metadata, namespace: "", key: "a" },
    },
    { name: "one of a group", text: line("ADDED").replace('"v1"', '"discovery.k8s.io/v1"'), is: { key: "shop/a" } },
  ])("reads $name", ({ text, is }) => expect(identityInLine(text)).toMatchObject(is));

  it.each([
    { name: "one that was deleted", text: line("DELETED") },
    { name: "a bookmark", text: '{"type":"BOOKMARK","object":{"kind":"Service","metadata":{"resourceVersion":"7"}}}' },
    { name: "metadata in another order", text: line("ADDED").replace('"name":"a",', "") },
    { name: "a generated name", text: line("ADDED").replace('"namespace"', '"generateName":"b","namespace"') },
    { name: "a name with escapes", text: line("ADDED").replace('"a"', String.raw`"\u0061"`) },
    { name: "what stands in a text", text: JSON.stringify({ type: "ADDED", object: line("ADDED") }) },
    { name: "no JSON", text: "proxy error" },
  ])("leaves to the parser $name", ({ text }) => expect(identityInLine(text)).toBeUndefined());
});

describe("Reflector", () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(async () => close?.());

  it("does not read again what it knows, and reads what is newer", async () => {
    const watch = Promise.withResolvers<WatchRequest>();
    const list = { metadata: { resourceVersion: "7" }, items: [{ metadata }] };
    const client = {
      request: async () => Promise.resolve({ kind: "ok", body: list }),
      watch: async (request: WatchRequest): Promise<never> => {
        watch.resolve(request);
        return new Promise((_, reject) => {
          request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
        });
      },
    };
    const read = vi.fn((json: unknown) => {
      const identity = identityOf(json);
      return identity && { metadata: identity };
    });
    const listener = { onChange: vi.fn(), onFailure: vi.fn(), onWell: vi.fn(), onUnknownLine: vi.fn() };
    const timing = {
      delay: async (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
      chance: () => 0,
    };
    const reflector = new Reflector({
      client: client as unknown as ApiClient,
      timing: { ...timing, clock: () => 0 },
      path: "/api/v1/services",
      query: {},
      read,
      listener,
    });
    close = async () => reflector.close();
    const { onLines } = await watch.promise;
    expect([read.mock.calls.length, listener.onChange.mock.calls.length]).toEqual([1, 1]);
    // That it is not even parsed shows where it cannot be: it is cut off.
    onLines([line("MODIFIED").slice(0, -2), line("ADDED", { resourceVersion: "6" }).slice(0, -2)]);
    expect([read.mock.calls.length, listener.onUnknownLine.mock.calls]).toEqual([1, []]);
    onLines([line("MODIFIED", { resourceVersion: "8" }), line("ADDED", { name: "b" })]);
    expect([read.mock.calls.length, listener.onChange.mock.calls.length]).toEqual([3, 2]);
    onLines([line("MODIFIED", { resourceVersion: "9" }).slice(0, -2)]);
    expect([read.mock.calls.length, listener.onUnknownLine.mock.calls.length]).toEqual([3, 1]);
  });
});

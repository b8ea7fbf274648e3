import { describe, expect, it, vi } from "vitest";
import { heapMb, startPageThread } from "#controller/ui/page-thread.ts";
import { createLogger } from "#src/process/log.ts";
import { eventually } from "#test/support/eventually.ts";

describe("startPageThread()", () => {
  it("begins the thread again where it ends, says why, and ends with the controller", async () => {
    const logged: Readonly<Record<string, unknown>>[] = [];
    const log = createLogger({
      component: "test",
      level: "info",
      to: { write: (line) => void logged.push(JSON.parse(line) as Readonly<Record<string, unknown>>) },
    });
    const thread = startPageThread({
      start: {
        listening: { port: 0, address: "127.0.0.1", hosts: [], certificate: undefined },
        kubeconfig: "/none/kubeconfig",
        env: {},
        namespace: "hawser-system",
        configMap: "hawser",
        metallbNamespace: "metallb-system",
        logLevel: "info",
        loadBalancerClass: undefined,
      },
      log,
      logTo: { write: () => undefined },
    });
    await vi.waitFor(
      () => expect(logged.slice(0, 2).map(({ againMs }) => againMs)).toEqual([1_000, 2_000]),
      eventually,
    );
    expect(logged[0]).toMatchObject({ level: "error", msg: "the thread of the page ended, and begins again" });
    expect(JSON.stringify(logged[0])).toContain("/none/kubeconfig");
    await thread.close();
  });
});

describe("heapMb()", () => {
  const MIB = 1_048_576;
  it.each([
    { what: "the controller's default limit", bytes: 384 * MIB, mb: 153 },
    { what: "the limit for a large cluster", bytes: 768 * MIB, mb: 307 },
    { what: "a small one", bytes: 96 * MIB, mb: 64 },
    { what: "a large one", bytes: 8_192 * MIB, mb: 512 },
    { what: "none", bytes: 0, mb: 512 },
    { what: "none, as the kernel says it", bytes: 2 ** 64, mb: 512 },
  ])("$what: $mb", ({ bytes, mb }) => expect(heapMb(bytes)).toBe(mb));
});

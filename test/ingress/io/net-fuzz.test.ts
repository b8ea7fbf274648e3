import { afterAll, describe, vi } from "vitest";
import { netIo } from "#ingress/io/io.ts";

// As in net-contract.test.ts: what clients and endpoints may do, at random, over Node's sockets.
vi.resetModules();
afterAll(() => void vi.resetModules());
vi.stubEnv("HAWSER_TEST_IO", netIo.name);
const { defaultIo } = await import("#test/support/test-io.ts");
if (defaultIo.name !== netIo.name) throw new Error(`this test would run by ${defaultIo.name}`);

describe(`by ${defaultIo.name}`, async () => {
  await import("#test/ingress/fuzz.test.ts");
});

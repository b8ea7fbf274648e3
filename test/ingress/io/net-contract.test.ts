import { afterAll, describe, vi } from "vitest";
import { netIo } from "#ingress/io/io.ts";

// What most tests show of the streams below Node's sockets holds for these, too: the same tests again, over the sockets. A file that ran before
// in this worker may have loaded them for the streams, and one that comes after is not to find them for the sockets.
vi.resetModules();
afterAll(() => void vi.resetModules());
vi.stubEnv("HAWSER_TEST_IO", netIo.name);
const { defaultIo } = await import("#test/support/test-io.ts");
if (defaultIo.name !== netIo.name) throw new Error(`these tests would run by ${defaultIo.name}`);

describe(`by ${defaultIo.name}`, async () => {
  await import("#test/ingress/client-certificates.test.ts");
  await import("#test/ingress/connection-gate.test.ts");
  await import("#test/ingress/half-close.test.ts");
  await import("#test/ingress/http2/abuse.test.ts");
  await import("#test/ingress/http2/strict-requests.test.ts");
  await import("#test/ingress/proxies/proxy-protocol.test.ts");
  await import("#test/ingress/strict-requests.test.ts");
  await import("#test/ingress/strict-responses.test.ts");
  await import("#test/ingress/tls-port.test.ts");
  await import("#test/ingress/tunnels.test.ts");
});

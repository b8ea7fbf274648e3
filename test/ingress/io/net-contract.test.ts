import { describe, vi } from "vitest";

// What most tests show of the streams below Node's sockets holds for these, too: the same tests again, over the sockets.
vi.stubEnv("HAWSER_TEST_IO", "net");
const { defaultIo } = await import("#test/support/test-io.ts");

describe(`by ${defaultIo.name}`, async () => {
  await import("#test/ingress/client-certificates.test.ts");
  await import("#test/ingress/connection-gate.test.ts");
  await import("#test/ingress/half-close.test.ts");
  await import("#test/ingress/proxies/proxy-protocol.test.ts");
  await import("#test/ingress/tls-port.test.ts");
  await import("#test/ingress/tunnels.test.ts");
});

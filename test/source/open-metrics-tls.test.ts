import { describe, expect, it } from "vitest";
import { runController } from "#controller/run-controller.ts";
import { testIo } from "#test/support/program-io.ts";

const CERT = "--metrics-tls-cert-file=/none/tls.crt";
const KEY = "--metrics-tls-key-file=/none/tls.key";
const CLUSTER = { KUBERNETES_SERVICE_HOST: "127.0.0.1" };

describe("openMetricsTls()", () => {
  it.each([
    { what: "a port alone", args: ["--metrics-tls-port=0"], says: "only some of them are given" },
    { what: "files without a port", args: [CERT, KEY], says: "only some of them are given" },
    {
      what: "a folder",
      args: ["--metrics-tls-port=0", CERT, KEY, "--manifests=."],
      says: "with --manifests there is no API",
    },
    { what: "files that do not exist", args: ["--metrics-tls-port=0", CERT, KEY], says: "ENOENT", env: CLUSTER },
    { what: "no cluster", args: ["--metrics-tls-port=0", CERT, KEY], says: "[SOURCE_MISSING]" },
  ])("does not let a program start with $what", async ({ args, says, env = {} }) => {
    const io = testIo(env);
    expect(await runController(["--admin-port=0", ...args], io)).toBe(2);
    expect(io.err()).toContain(says);
  });
});

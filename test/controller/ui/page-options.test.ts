import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPageOptions } from "#controller/ui/page-options.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const none = {
  uiPort: undefined,
  uiAddress: "127.0.0.1",
  uiHosts: [],
  uiCertFile: undefined,
  uiKeyFile: undefined,
  manifests: undefined,
  adminPort: 9120,
  metricsTlsPort: undefined,
};
const page = { ...none, uiPort: 9150 };

describe("readPageOptions()", () => {
  let directory: string;
  let uiCertFile: string;
  let uiKeyFile: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "hawser-ui-options-"));
    const { certificatePem, privateKeyPem } = issueCertificate({
      commonName: "hawser-ui",
      names: ["hawser-ui"],
      keyType: "ec",
      fromMs: Date.now() - 60_000,
      toMs: Date.now() + 3_600_000,
    });
    uiCertFile = join(directory, "tls.crt");
    uiKeyFile = join(directory, "tls.key");
    writeFileSync(uiCertFile, certificatePem);
    writeFileSync(uiKeyFile, privateKeyPem);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it("serves no page where no port is given", async () => {
    expect(await readPageOptions(none)).toEqual({ ok: true, value: undefined, problems: [] });
  });

  it("serves the names of this machine and those that are given, without a certificate on the loopback alone", async () => {
    expect(await readPageOptions({ ...page, uiHosts: ["UI.example", "[2001:db8::1]"] })).toMatchObject({
      value: {
        port: 9150,
        address: "127.0.0.1",
        hosts: ["127.0.0.1", "localhost", "[::1]", "ui.example", "[2001:db8::1]"],
        certificate: undefined,
      },
    });
    for (const uiAddress of ["::1", "127.0.0.2", "localhost"])
      expect(await readPageOptions({ ...page, uiAddress })).toMatchObject({ ok: true });
  });

  it("serves TLS on any address", async () => {
    expect(await readPageOptions({ ...page, uiAddress: "0.0.0.0", uiCertFile, uiKeyFile })).toMatchObject({
      value: { address: "0.0.0.0", certificate: { certFile: uiCertFile, keyFile: uiKeyFile } },
    });
  });

  it.each([
    { what: "a name without the port", options: { ...none, uiHosts: ["ui.example"] }, names: ["--ui-port"] },
    { what: "a certificate without the port", options: { ...none, uiCertFile: "/a" }, names: ["--ui-port"] },
    { what: "a folder instead of a cluster", options: { ...page, manifests: "/m" }, names: ["--ui-port"] },
    { what: "the admin port", options: { ...page, uiPort: 9120 }, names: ["--ui-port"] },
    {
      what: "the port of metrics over TLS",
      options: { ...page, uiPort: 9140, metricsTlsPort: 9140 },
      names: ["--ui-port"],
    },
    {
      what: "plain text on the network",
      options: { ...page, uiAddress: "0.0.0.0" },
      names: ["--ui-address"],
      why: /plain text/,
    },
    { what: "plain text on IPv6", options: { ...page, uiAddress: "::" }, names: ["--ui-address"] },
    {
      what: "an address that only begins like the loopback",
      options: { ...page, uiAddress: "127.0.0.1.evil.example" },
      names: ["--ui-address"],
    },
    {
      what: "a certificate without its key",
      options: { ...page, uiCertFile: "/a" },
      names: ["--ui-cert-file", "--ui-key-file"],
    },
    {
      what: "a certificate that is not there",
      options: { ...page, uiCertFile: "/none/tls.crt", uiKeyFile: "/none/tls.key" },
      names: ["--ui-cert-file", "--ui-key-file"],
      why: /ENOENT/,
    },
    { what: "a URL for a name", options: { ...page, uiHosts: ["https://ui.example"] }, names: ["--ui-hosts"] },
    { what: "a name with a port", options: { ...page, uiHosts: ["ui.example:443"] }, names: ["--ui-hosts"] },
    { what: "every name", options: { ...page, uiHosts: ["*"] }, names: ["--ui-hosts"] },
    { what: "an empty name", options: { ...page, uiHosts: [""] }, names: ["--ui-hosts"] },
  ])("refuses $what", async ({ options, names, why = /./ }) => {
    expect(await readPageOptions(options)).toMatchObject({
      ok: false,
      problems: [{ code: "OPTION_INVALID", at: { kind: "option", names }, why: expect.stringMatching(why) as string }],
    });
  });
});

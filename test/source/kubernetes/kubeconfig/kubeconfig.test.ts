import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";

type Fields = Readonly<Record<string, unknown>>;

describe("readKubeconfig()", () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-kubeconfig-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "config");
  const server = "https://192.0.2.1:6443";

  function write(user: Fields, cluster: Fields = { server }, more: Fields = {}): string {
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
      clusters: [{ name: "k", cluster }],
      users: [{ name: "u", user }],
      ...more,
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  async function read(user: Fields, cluster?: Fields) {
    const config = readKubeconfig(write(user, cluster));
    if (!config.ok) throw new Error(config.problems[0]?.why);
    return { server: config.value.server, tls: await config.value.tls(), token: await config.value.token(false) };
  }

  it("takes a token, and the authority in the file", async () => {
    const cluster = { server, "certificate-authority-data": Buffer.from("CA").toString("base64") };
    const tls = { ca: Buffer.from("CA"), rejectUnauthorized: true };
    expect(await read({ token: "t" }, cluster)).toEqual({ server, tls, token: "t" });
  });

  it("takes files beside it, and reads them when they are needed", async () => {
    for (const name of ["ca", "crt", "key", "token"]) writeFileSync(join(directory, name), `${name}\n`);
    const user = { "client-certificate": "crt", "client-key": join(directory, "key"), tokenFile: "token" };
    const cluster = { server, "certificate-authority": "ca", "tls-server-name": "api" };
    expect(await read(user, cluster)).toEqual({
      server,
      token: "token",
      tls: {
        ca: Buffer.from("ca\n"),
        cert: Buffer.from("crt\n"),
        key: Buffer.from("key\n"),
        servername: "api",
        rejectUnauthorized: true,
      },
    });
  });

  it("takes a cluster that nobody vouches for, only where it says so", async () => {
    const { tls } = await read({}, { server, "insecure-skip-tls-verify": true });
    expect(tls.rejectUnauthorized).toBe(false);
  });

  it("uses certificates and logins of its own behind a proxy of SOCKS, too", async () => {
    const status = { clientCertificateData: "CERT", clientKeyData: "KEY" };
    const printed = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "printf", args: ["%s", printed] };
    const cluster = { server, "proxy-url": "socks5://127.0.0.1:1", "tls-server-name": "api" };
    const over = { name: "oidc", config: { "id-token": "e30.e30.e30", "idp-issuer-url": "https://127.0.0.1:1" } };
    const optionsOf = async (user: Fields): Promise<unknown> => {
      const config = readKubeconfig(write(user, cluster));
      const agent = config.ok ? await config.value.agent?.() : undefined;
      return agent !== undefined && "options" in agent ? agent.options : undefined;
    };
    expect(await optionsOf({ exec })).toMatchObject({ cert: "CERT", key: "KEY", servername: "api" });
    expect(await optionsOf({ "auth-provider": over })).toMatchObject({ servername: "api", rejectUnauthorized: true });
  });

  it("does not take a password, and says so", () => {
    const problem = { code: "KUBECONFIG_UNSUPPORTED", why: expect.stringContaining("password") };
    const path = write({ username: "me", password: "x" });
    expect(readKubeconfig(path)).toMatchObject({ ok: false, problems: [problem] });
  });

  it("takes another context than the current one, and names those there are where it is missing", () => {
    const contexts = ["c", "d"].map((name) => ({ name, context: { cluster: `k-${name}`, user: "u" } }));
    const clusters = ["c", "d"].map((name) => ({ name: `k-${name}`, cluster: { server: `https://${name}` } }));
    const path = write({}, {}, { contexts, clusters });
    const serverOf = (context?: string): string => {
      const config = readKubeconfig(path, { context });
      return config.ok ? config.value.server : (config.problems[0]?.why ?? "");
    };
    expect([serverOf(), serverOf("d")]).toEqual(["https://c", "https://d"]);
    expect(serverOf("e")).toBe('it has no context "e", but c, d');
  });

  it("takes several files: the first that has a name wins, paths are relative to their own, missing ones are passed over", async () => {
    const other = join(directory, "other");
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, "token"), "theirs\n");
    const paths = [join(directory, "none"), join(directory, "first"), join(other, "second")];
    const first = { "current-context": "c", contexts: [{ name: "c", context: { cluster: "k", user: "u" } }] };
    const second = {
      "current-context": "d",
      clusters: [{ name: "k", cluster: { server } }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
    };
    writeFileSync(paths[1] ?? "", JSON.stringify(first));
    writeFileSync(paths[2] ?? "", JSON.stringify(second));
    const config = readKubeconfig(paths);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    expect([config.value.server, await config.value.token(false)]).toEqual([server, "theirs"]);
  });

  it.each([
    { name: "no file", make: () => join(directory, "none"), why: "there is no such file" },
    { name: "no YAML", make: () => (writeFileSync(path, "a: [1"), path), why: "" },
    { name: "a text", make: () => (writeFileSync(path, "hello"), path), why: "it is not a map" },
    { name: "no context", make: () => write({}, { server }, { "current-context": "" }), why: "no current-context" },
    { name: "another context", make: () => write({}, { server }, { "current-context": "d" }), why: 'no context "d"' },
    { name: "no user", make: () => write({}, { server }, { users: [] }), why: "the user of its context" },
    { name: "no server", make: () => write({}, {}), why: "no server that is a URL" },
  ])("does not take $name", ({ make, why }) => {
    const problem = { code: "KUBECONFIG_UNREADABLE", why: expect.stringContaining(why) };
    expect(readKubeconfig(make())).toMatchObject({ ok: false, problems: [problem] });
  });
});

// The protocol of kubectl's login programs, client.authentication.k8s.io, without a cluster.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Fields } from "#src/model/record.ts";
import { ExecLogin, type LoginDeadlines } from "#src/source/kubernetes/kubeconfig/exec-login.ts";
import { eventually } from "#test/support/eventually.ts";

const V1 = "client.authentication.k8s.io/v1";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-exec-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function login(exec: Fields, cluster: Fields = {}, deadlines?: LoginDeadlines): ExecLogin {
  return new ExecLogin({ cluster: { fields: cluster, directory }, user: { fields: { exec }, directory } }, deadlines);
}

function printing(value: unknown, more: Fields = {}): ExecLogin {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return login({ apiVersion: V1, command: "printf", args: ["%s", text], ...more });
}

const credential = (status: unknown): unknown => ({ apiVersion: V1, kind: "ExecCredential", status });

describe("ExecLogin", () => {
  it("gives the token of the program, and runs it once", async () => {
    const file = join(directory, "runs");
    const script = `echo run >> ${file}; echo '${JSON.stringify(credential({ token: "t" }))}'`;
    const one = login({ apiVersion: V1, command: "sh", args: ["-c", script] });
    expect(await Promise.all([one.token(false), one.token(false)])).toEqual(["t", "t"]);
    expect(await one.certificate()).toEqual({});
    expect(readFileSync(file, "utf8")).toBe("run\n");
  });

  it("gives the client certificate of the program", async () => {
    const status = { clientCertificateData: "CERT", clientKeyData: "KEY" };
    const one = printing(credential(status));
    expect([await one.certificate(), await one.token(false)]).toEqual([{ cert: "CERT", key: "KEY" }, undefined]);
  });

  it("runs the program again after its expirationTimestamp, and once when its token is refused", async () => {
    const counter = join(directory, "count");
    const status = (more: string) => `{"token":"'"$(wc -l < ${counter} | tr -d ' ')"'"${more}}`;
    const script = (more: string) =>
      `echo >> ${counter}; echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":${status(more)}}'`;
    const over = login({ command: "sh", args: ["-c", script(',"expirationTimestamp":"2020-01-01T00:00:00Z"')] });
    expect([await over.token(false), await over.token(false)]).toEqual(["1", "2"]);
    const refused = login({ command: "sh", args: ["-c", script("")] });
    expect([await refused.token(false), await refused.token(true), await refused.token(true)]).toEqual(["3", "4", "4"]);
  });

  it("tells the program of the cluster where it asks for it, and gives it its variables", async () => {
    const script = `printf '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"%s"}}' "$(printf %s "$NAMED $KUBERNETES_EXEC_INFO" | base64 -w0)"`;
    const exec = { apiVersion: V1, command: "sh", args: ["-c", script], env: [{ name: "NAMED", value: "x" }] };
    const cluster = {
      server: "https://a",
      "certificate-authority": "/ca",
      extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "b" } }],
    };
    const told = async (more: Fields) => {
      const token = await login({ ...exec, ...more }, cluster).token(false);
      return Buffer.from(token ?? "", "base64").toString();
    };
    const plain = { apiVersion: V1, kind: "ExecCredential", spec: { interactive: false } };
    expect(await told({})).toBe(`x ${JSON.stringify(plain)}`);
    expect(JSON.parse((await told({ provideClusterInfo: true })).slice(2))).toEqual({
      ...plain,
      spec: { cluster: { server: "https://a", config: { audience: "b" } }, interactive: false },
    });
  });

  it("finds a program beside the kubeconfig", async () => {
    const text = `#!/bin/sh\necho '${JSON.stringify(credential({ token: "beside" }))}'\n`;
    writeFileSync(join(directory, "login"), text, { mode: 0o755 });
    expect(await login({ command: "./login" }).token(false)).toBe("beside");
  });

  const hasty: LoginDeadlines = { aloneMs: 300, personMs: 300, graceMs: 100 };

  it("kills a program that does not end when it is asked to", async () => {
    const file = join(directory, "stubborn");
    const script = `trap '' TERM; echo $$ > ${file}; while :; do sleep 1; done`;
    // On a busy machine the program may be asked before it can refuse.
    const pid = await vi.waitUntil(async () => {
      const running = login({ command: "sh", args: ["-c", script] }, {}, hasty);
      await expect(running.token(false)).rejects.toThrow("no end within 0.3 s");
      return existsSync(file) && Number(readFileSync(file, "utf8"));
    }, eventually);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), eventually);
  });

  it("takes what a program printed that left another behind, which holds its output", async () => {
    const script = `sleep 60 & echo $! > ${join(directory, "left")}; echo '${JSON.stringify(credential({ token: "t" }))}'`;
    try {
      const one = login({ command: "sh", args: ["-c", script] }, {}, { ...hasty, aloneMs: 20_000 });
      expect(await one.token(false)).toBe("t");
    } finally {
      process.kill(Number(readFileSync(join(directory, "left"), "utf8")));
    }
  });

  it.each([
    { name: "prints no JSON", exec: () => printing("hello"), says: "no ExecCredential" },
    {
      name: "prints another kind",
      exec: () => printing({ apiVersion: V1, kind: "Status" }),
      says: "no ExecCredential",
    },
    {
      name: "prints another version",
      exec: () => printing({ apiVersion: "v1", kind: "ExecCredential" }),
      says: "no Exec",
    },
    {
      name: "answers by another version than it was asked by",
      exec: () =>
        printing({
          apiVersion: "client.authentication.k8s.io/v1beta1",
          kind: "ExecCredential",
          status: { token: "t" },
        }),
      says: "asks for apiVersion client.authentication.k8s.io/v1, the program answered client.authentication.k8s.io/v1beta1",
    },
    { name: "prints no status", exec: () => printing(credential(undefined)), says: "without status" },
    { name: "prints no credential", exec: () => printing(credential({})), says: "neither a token nor" },
    {
      name: "fails with a message",
      exec: () => login({ command: "sh", args: ["-c", "echo 'run kinit' >&2; exit 3"] }),
      says: "run kinit",
    },
    { name: "fails without a word", exec: () => login({ command: "false" }), says: "false ended with 1" },
    {
      name: "does not exist",
      exec: () => login({ command: "hawser-no-such-login", installHint: "get it there" }),
      says: /ENOENT; get it there/,
    },
    { name: "has no command", exec: () => login({}), says: "no command" },
    {
      name: "needs a person, and there is none",
      exec: () => printing(credential({ token: "t" }), { interactiveMode: "Always" }),
      says: "there is no terminal",
    },
  ])("a program that $name is an error that says so", async ({ exec, says }) => {
    const refused = expect(exec().token(false)).rejects;
    await refused.toMatchObject({ message: expect.stringMatching(says) as string });
  });
});

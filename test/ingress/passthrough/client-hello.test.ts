import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { createServer } from "node:net";
import { array, assert, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HELLO_RECORDS_BYTES, readClientHello } from "#ingress/tls/client-hello.ts";
import { listen } from "#test/support/ingress-proxy.ts";

/** As `openssl s_client` of version 3.0 sent them. */
const OPENSSL = {
  /** -tls1_3 -servername app.example.com */
  tls13:
    "16030100f4010000f00303d05d3f9031dae7843b03debbefb279009e3380b71e448eece5480c89e3e2b271200004b027ca427dec39a5174e800660d78a8771752b08c34f45373869996573c7000813021303130100ff0100009f00000014001200000f6170702e6578616d706c652e636f6d000b000403000102000a00160014001d0017001e0019001801000101010201030104002300000016000000170000000d001e001c040305030603080708080809080a080b080408050806040105010601002b0003020304002d00020101003300260024001d0020df88ff09bbcfa8a5ca7d7af887346bdae4827bf64eb60d7082a522e932eb2054",
  /** -tls1_2 -servername App.Example.COM */
  tls12:
    "16030100cf010000cb0303b708198270f6940ce7122ae6b5a88b3390e754acf8b6f8c5833855efc340eadb000038c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff0100006a00000014001200000f4170702e4578616d706c652e434f4d000b000403000102000a000c000a001d0017001e00190018002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602",
  /** -noservername */
  nameless:
    "1603010124010001200303ab799f0217f19181e050755d8c2846318cc82a6d0bf7f86fbf0626652c5c2005206ff3e4f580e7022da935a87b471eb788ec9a2d10fdc03f41ba22c5eddd88191b003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff01000099000b000403000102000a00160014001d0017001e0019001801000101010201030104002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301002d00020101003300260024001d0020771bf9670e9b8d081fb1c35a77dfc8e2591dcda4a490bd3d3c44bc798b998b4b",
} as const;

const openssl = (name: keyof typeof OPENSSL): Buffer => Buffer.from(OPENSSL[name], "hex");

const vector = (lengthBytes: 1 | 2, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
};
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const extension = (type: number, body: Uint8Array): Buffer => Buffer.concat([u16(type), vector(2, body)]);
const entry = (name: string, type = 0): Buffer => Buffer.concat([Buffer.of(type), vector(2, Buffer.from(name))]);
const sni = (...entries: readonly Buffer[]): Buffer => extension(0, vector(2, ...entries));

/** A ClientHello without its records. */
function helloOf(extensions: readonly Buffer[] | undefined, { type = 1, rest = Buffer.alloc(0) } = {}): Buffer {
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 8)),
    vector(2, u16(0x1a1a), u16(0x1301)),
    vector(1, Buffer.of(0)),
    ...(extensions === undefined ? [] : [vector(2, ...extensions)]),
    rest,
  ]);
  const length = Buffer.alloc(3);
  length.writeUIntBE(body.length, 0, 3);
  return Buffer.concat([Buffer.of(type), length, body]);
}

/** In records with fragments of at most so many bytes. */
function records(message: Buffer, most = 16_384): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += most)
    parts.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + most)));
  return Buffer.concat(parts);
}

const named = (serverName: string) => ({ kind: "named", serverName });
const nameless = { kind: "nameless" };

const whole: readonly (readonly [name: string, bytes: Buffer, read: object])[] = [
  ["openssl, TLS 1.3", openssl("tls13"), named("app.example.com")],
  ["openssl, TLS 1.2, capitals", openssl("tls12"), named("App.Example.COM")],
  ["openssl without a name", openssl("nameless"), nameless],
  [
    "GREASE and what is unknown around the name",
    records(
      helloOf([
        extension(0x0a0a, Buffer.of(0)),
        extension(0xffce, Buffer.alloc(300)),
        sni(entry("a.com")),
        extension(0xfafa, Buffer.alloc(0)),
      ]),
    ),
    named("a.com"),
  ],
  [
    "ECH: the outer name",
    records(helloOf([sni(entry("public.example")), extension(0xfe0d, Buffer.alloc(200, 3))])),
    named("public.example"),
  ],
  ["a final dot", records(helloOf([sni(entry("a.com."))])), named("a.com.")],
  ["the longest name", records(helloOf([sni(entry("x".repeat(255)))])), named("x".repeat(255))],
  [
    "a message of some 20 KB in two records",
    records(helloOf([extension(21, Buffer.alloc(20_000)), sni(entry("a.com"))])),
    named("a.com"),
  ],
  ["records of one byte", records(helloOf([sni(entry("a.com"))]), 1), named("a.com")],
  ["what follows the message", Buffer.concat([openssl("tls13"), Buffer.from("anything")]), named("app.example.com")],
  ["no extensions", records(helloOf(undefined)), nameless],
  ["an empty list of extensions", records(helloOf([])), nameless],
];

const unread: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["a request of HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
  ["an alert", Buffer.from([21, 3, 1, 0, 2, 2, 40])],
  ["a version that is none", Buffer.from([22, 2, 0])],
  ["a hello of SSL 2", Buffer.from([0x80, 0x2e, 1, 0, 2])],
  ["an empty record", Buffer.from([22, 3, 1, 0, 0])],
  ["a record that is too long", Buffer.from([22, 3, 1, 0x40, 1])],
  ["another message", records(helloOf([sni(entry("a.com"))], { type: 2 }))],
  ["another record in between", Buffer.from([22, 3, 1, 0, 1, 1, 20, 3, 1, 0, 1, 1])],
  ["two names", records(helloOf([sni(entry("a.com"), entry("b.com"))]))],
  ["two extensions with names", records(helloOf([sni(entry("a.com")), sni(entry("a.com"))]))],
  ["a name of another type", records(helloOf([sni(entry("a.com", 1))]))],
  ["an empty name", records(helloOf([sni(entry(""))]))],
  ["an empty list", records(helloOf([sni()]))],
  ["an empty extension", records(helloOf([extension(0, Buffer.alloc(0))]))],
  ["a zero in the name", records(helloOf([sni(entry("a.com\0.b"))]))],
  ["a name that is too long", records(helloOf([sni(entry("x".repeat(256)))]))],
  ["bytes behind the extensions", records(helloOf([sni(entry("a.com"))], { rest: Buffer.of(0) }))],
  ["an extension behind the end", records(helloOf([Buffer.concat([u16(0), u16(9)])]))],
];

/** What a client of Node sends first. */
async function helloOfNode(options: ConnectionOptions): Promise<Buffer> {
  const first = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (bytes) => {
      first.resolve(Buffer.from(bytes));
      socket.destroy();
    });
  });
  const client = connectTls({ ...options, host: "127.0.0.1", port: await listen(server) });
  client.on("error", () => undefined);
  const bytes = await first.promise;
  server.close();
  return bytes;
}

describe("readClientHello()", () => {
  it.each(whole)("reads %s", (_name, bytes, read) => {
    expect(readClientHello(bytes)).toStrictEqual(read);
  });

  it.each(unread)("finds no name in %s", (_name, bytes) => {
    expect(readClientHello(bytes)).toStrictEqual(nameless);
  });

  it.each<ConnectionOptions>([
    { servername: "node.example", maxVersion: "TLSv1.2" },
    { servername: "node.example", minVersion: "TLSv1.3", ALPNProtocols: ["h2", "http/1.1"] },
  ])("reads what a client of Node sends with %o", async (options) => {
    expect(readClientHello(await helloOfNode(options))).toStrictEqual(named("node.example"));
  });

  it("says how many bytes it needs, and knows with these more than before, whatever the records are", () => {
    const message = helloOf([extension(21, Buffer.alloc(600)), sni(entry("a.com"))]);
    assert(
      property(integer({ min: 1, max: 900 }), array(integer({ min: 1, max: 400 }), { minLength: 1 }), (most, steps) => {
        const bytes = records(message, most);
        let [length, turn] = [0, 0];
        for (;;) {
          const read = readClientHello(bytes.subarray(0, length));
          if (read.kind !== "incomplete") {
            expect(read).toStrictEqual(named("a.com"));
            return;
          }
          expect(read.needs).toBeGreaterThan(length);
          expect(read.needs).toBeLessThanOrEqual(bytes.length);
          length = Math.min(bytes.length, length + steps[turn++ % steps.length]!);
        }
      }),
    );
  });

  it("finds all needed bytes there where as many have come as it said", () => {
    const bytes = records(helloOf([sni(entry("a.com"))]), 20);
    let [length, reads] = [0, 0];
    for (let read = readClientHello(bytes.subarray(0, 0)); read.kind === "incomplete"; reads++) {
      length = read.needs;
      read = readClientHello(bytes.subarray(0, length));
    }
    expect(length).toBe(bytes.length);
    // Two for each record, its head and its end, and one for the head of the message.
    expect(reads).toBeLessThanOrEqual(2 * Math.ceil(bytes.length / 25) + 1);
  });

  it("is read a few times only, however short the records are that it comes in", () => {
    const bytes = records(Buffer.concat([Buffer.from([1, 0, 0x2a, 0x90]), Buffer.alloc(10_896)]), 1);
    let reads = 0;
    for (let length = 1; length <= bytes.length; reads++) {
      const read = readClientHello(bytes.subarray(0, length));
      length = read.kind === "incomplete" ? read.needs : bytes.length + 1;
    }
    expect(reads).toBeLessThan(60);
  });

  it.each([
    ["a message that says that it is too long", Buffer.from([22, 3, 1, 0, 4, 1, 0x01, 0, 0])],
    ["too many records", records(Buffer.concat([Buffer.from([1, 0, 0x7f, 0]), Buffer.alloc(30_000)]), 2)],
  ])("takes no more than so many bytes: %s", (_name, bytes) => {
    expect(readClientHello(bytes.subarray(0, MAX_HELLO_RECORDS_BYTES))).toStrictEqual({ kind: "too-large" });
  });

  it("never throws, and reads no name of what is cut or changed in one byte into more than the bytes say", () => {
    assert(property(uint8Array({ maxLength: 400 }), (bytes) => void readClientHello(Buffer.from(bytes))));
    assert(
      property(uint8Array({ maxLength: 400 }), (bytes) => {
        const read = readClientHello(
          records(Buffer.concat([Buffer.from([1, 0, bytes.length >> 8, bytes.length & 255]), bytes])),
        );
        return read.kind !== "incomplete" && read.kind !== "too-large";
      }),
    );
    const hello = openssl("tls13");
    assert(
      property(integer({ min: 0, max: hello.length - 1 }), integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(hello);
        changed[at] = value;
        const read = readClientHello(changed);
        return read.kind !== "named" || changed.includes(read.serverName, 0, "latin1");
      }),
    );
  });
});

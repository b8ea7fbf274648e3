import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";

/** Messages are texts. */
const serialize = (text: string): Buffer => Buffer.from(text);
const deserialize = (bytes: Buffer): string => bytes.toString();

function method(name: string, requestStream: boolean, responseStream: boolean) {
  const path = `/test.Echo/${name}`;
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
}

const ECHO = {
  one: method("One", false, false),
  fail: method("Fail", false, false),
  hang: method("Hang", false, false),
  count: method("Count", false, true),
  collect: method("Collect", true, false),
  talk: method("Talk", true, true),
};

interface EchoServer extends AsyncDisposable {
  readonly port: number;
  /** Calls of `hang` that the server was told were cancelled. */
  readonly cancelled: () => number;
  readonly calls: () => number;
  /** Ends all connections, whatever is under way. */
  stop(): void;
}

/** A real server of gRPC. */
export async function startEchoServer(
  keyPair?: { readonly cert: string; readonly key: string },
  options: Readonly<Record<string, number>> = {},
): Promise<EchoServer> {
  let cancelled = 0;
  let calls = 0;
  const server = new Server(options);
  server.addService(ECHO, {
    one: (call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) => {
      calls += 1;
      const first = new Metadata();
      first.set("x-first", String(call.metadata.get("x-asked")[0] ?? ""));
      const last = new Metadata();
      last.set("x-last", "end");
      last.set("x-bytes-bin", Buffer.from([0, 255, 13, 10]));
      call.sendMetadata(first);
      done(null, call.request, last);
    },
    fail: (_: unknown, done: sendUnaryData<string>) => {
      const metadata = new Metadata();
      metadata.set("x-why", "gone");
      done({ code: status.NOT_FOUND, details: "not here: 50 % ä", metadata });
    },
    hang: (call: ServerUnaryCall<string, string>) => {
      calls += 1;
      call.on("cancelled", () => (cancelled += 1));
    },
    count: (call: ServerWritableStream<string, string>) => {
      for (let count = 0; count < Number(call.request); count++) call.write(`message ${count}`);
      call.end();
    },
    collect: (call: ServerReadableStream<string, string>, done: sendUnaryData<string>) => {
      let bytes = 0;
      let messages = 0;
      call.on("data", (text: string) => {
        bytes += text.length;
        messages += 1;
      });
      call.on("end", () => done(null, `${messages} ${bytes}`));
    },
    talk: (call: ServerDuplexStream<string, string>) => {
      calls += 1;
      call.on("data", (text: string) => call.write(`${text}!`));
      call.on("end", () => call.end());
      call.on("error", () => undefined);
    },
  });
  const how =
    keyPair === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(keyPair.cert), private_key: Buffer.from(keyPair.key) },
        ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", how, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    port,
    cancelled: () => cancelled,
    calls: () => calls,
    stop: () => server.forceShutdown(),
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

/** A real client of gRPC for that server. */
export class EchoClient extends Client {
  unary(name: "one" | "fail" | "hang", text: string, metadata: Metadata, options: { deadline?: number } = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { path } = ECHO[name];
    const call = this.makeUnaryRequest(path, serialize, deserialize, text, metadata, options, (error, value) =>
      error === null ? resolve(value!) : reject(error),
    );
    return { call, answer: promise };
  }

  count(messages: number): ClientReadableStream<string> {
    return this.makeServerStreamRequest(ECHO.count.path, serialize, deserialize, String(messages));
  }

  collect(): { readonly call: ClientWritableStream<string>; readonly answer: Promise<string> } {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = this.makeClientStreamRequest<string, string>(
      ECHO.collect.path,
      serialize,
      deserialize,
      (error, value) => (error === null ? resolve(value!) : reject(error)),
    );
    return { call, answer: promise };
  }

  talk(): ClientDuplexStream<string, string> {
    return this.makeBidiStreamRequest(ECHO.talk.path, serialize, deserialize);
  }
}

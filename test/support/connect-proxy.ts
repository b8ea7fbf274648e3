import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** An HTTP proxy that makes tunnels (RFC 9110 section 9.3.6) and does nothing else. */
export class ConnectProxy implements AsyncDisposable {
  /** Where tunnels went, oldest first. */
  readonly tunnels: string[] = [];
  readonly #server: Server = createServer();

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.on("connect", ({ url = "" }, near) => {
      proxy.tunnels.push(url);
      const [host = "", port = ""] = url.split(":");
      const far = connect(Number(port), host, () => near.write("HTTP/1.1 200 OK\r\n\r\n"));
      near.pipe(far).pipe(near);
      for (const [one, other] of [[near, far] as const, [far, near] as const]) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await Promise.resolve();
  }
}

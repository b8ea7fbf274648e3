/** Annotations that do nothing, because Hawser works so without them. */
export interface NeedlessCase {
  readonly name: string;
  readonly value: string;
  readonly unread?: string;
}

export const NEEDLESS: readonly NeedlessCase[] = [
  { name: "auth-keepalive", value: "5" },
  { name: "auth-keepalive-requests", value: "5" },
  { name: "auth-keepalive-share-vars", value: "true" },
  { name: "auth-keepalive-timeout", value: "5" },
  { name: "client-body-buffer-size", value: "8k", unread: "8 kB" },
  { name: "proxy-request-buffering", value: "off", unread: "true" },
  { name: "proxy-buffering", value: "on", unread: "maybe" },
  { name: "proxy-buffers-number", value: "8", unread: "8 16k" },
  { name: "proxy-busy-buffers-size", value: "16k", unread: "x" },
  { name: "proxy-max-temp-file-size", value: "0", unread: "-1" },
  { name: "proxy-http-version", value: "1.1", unread: "2" },
  { name: "preserve-trailing-slash", value: "true" },
  { name: "use-port-in-redirects", value: "true" },
  { name: "enable-global-auth", value: "false" },
  { name: "http2-push-preload", value: "true" },
];

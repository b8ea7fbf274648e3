import { type Link, linksOf } from "./link.ts";
import type { RtnetlinkDumper } from "./rtnetlink-dumper.ts";
import { watchRtnetlink } from "./rtnetlink-watcher.ts";
import { decodeRtnetlink, encodeAddressDumpRequest, encodeLinkDumpRequest } from "#src/wire/rtnetlink.ts";

export type { Link } from "./link.ts";

/** Least time between two dumps: the first event is acted on at once, a burst costs 50 dumps a second at most. */
const REST_MS = 20;

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR of rtnetlink(7). */
const GROUPS = 0x1 | 0x10 | 0x100;

/** Knows the links of this network namespace. */
export interface LinkWatcher {
  /** All links as last seen, by index. A new map after each change; never mutated. */
  links(): ReadonlyMap<number, Link>;
  /** Ends the watch: `onChange` is no longer called. A second call does nothing. */
  close(): void;
}

export interface LinkWatcherOptions {
  /** Called after a link or a usable address appeared, changed or went; not for the first dump. */
  onChange(links: ReadonlyMap<number, Link>): void;
  /** A failed dump or event socket; the watch goes on and tries again. */
  onError?(error: Error): void;
}

/** Watches links and addresses, as `watchRtnetlink` does. */
export async function openLinkWatcher(options: LinkWatcherOptions): Promise<LinkWatcher> {
  const none: ReadonlyMap<number, Link> = new Map();
  const watcher = await watchRtnetlink({ groups: GROUPS, restMs: REST_MS, none, dump: dumpLinks, ...options });
  return { links: () => watcher.value(), close: () => watcher.close() };
}

async function dumpLinks(
  dumper: RtnetlinkDumper,
  before: ReadonlyMap<number, Link>,
): Promise<ReadonlyMap<number, Link> | undefined> {
  const links = await dumper.dump({ encode: encodeLinkDumpRequest, decode: decodeRtnetlink });
  const addresses = await dumper.dump({ encode: encodeAddressDumpRequest, decode: decodeRtnetlink });
  const isConsistent = links.isConsistent && addresses.isConsistent;
  return isConsistent ? linksOf([...links.messages, ...addresses.messages], before) : undefined;
}

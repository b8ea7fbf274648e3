import type { Alert } from "./alert.ts";

/** Alerts about addresses and pools. */
export const ADDRESS_ALERTS: readonly Alert[] = [
  {
    name: "HawserAddressUnserved",
    severity: "critical",
    // Each speaker counts all addresses of the cluster: the highest count, not the sum.
    expr: "max(hawser_speaker_unowned_addresses) > 0",
    for: "5m",
    summary: "No node can announce an address of a Service.",
    description: "{{ $value }} addresses are announced by no node: clients do not reach their Services.",
  },
  {
    name: "HawserServiceWithoutAddress",
    severity: "warning",
    expr: 'max by (state) (hawser_services{state=~"pending|unreadable"}) > 0',
    for: "10m",
    summary: "Services wait for an address.",
    description:
      "{{ $value }} Services of type LoadBalancer have no address (state {{ $labels.state }}). The condition of each says why.",
  },
  {
    name: "HawserPoolFull",
    severity: "warning",
    // A pool of one address is made for one Service: that it is full is its purpose.
    expr: `min by (pool, family) (hawser_pool_addresses_free) == 0
and max by (pool, family) (hawser_pool_addresses) > 1`,
    for: "10m",
    summary: "A pool has no free address.",
    description:
      "The pool {{ $labels.pool }} has no free address ({{ $labels.family }}): the next Service that needs one waits.",
  },
  {
    name: "HawserPoolFullSoon",
    severity: "info",
    // Half full at least: a pool that is new, or in which little is in use, is filled quickly at first.
    expr: `predict_linear((min by (pool, family) (hawser_pool_addresses_free))[1d:15m], 3 * 86400) < 0
and min by (pool, family) (hawser_pool_addresses_free) > 0
and min by (pool, family) (hawser_pool_addresses_free / hawser_pool_addresses) < 0.5`,
    for: "1h",
    summary: "A pool will be full within three days.",
    description:
      "As the last day went on, the pool {{ $labels.pool }} has no free address ({{ $labels.family }}) within three days.",
  },
  {
    name: "HawserAddressesOrphaned",
    severity: "info",
    expr: "max by (pool, family) (hawser_pool_addresses_orphaned) > 0",
    for: "1h",
    summary: "Addresses are in use that no pool contains.",
    description:
      '{{ $value }} addresses ({{ $labels.family }}) are served, but no pool contains them any longer (they were of the pool "{{ $labels.pool }}").',
  },
  {
    name: "HawserAddressContested",
    severity: "critical",
    expr: "max(hawser_contested_addresses) > 0",
    for: "1m",
    summary: "Two nodes announce one address.",
    description: "{{ $value }} addresses are announced by two nodes at once: connections to them break off and on.",
  },
  {
    name: "HawserAddressHasTwoOwners",
    severity: "critical",
    expr: 'hawser_speaker_problems{code=~"ADDRESS_HAS_TWO_OWNERS|ADDRESS_ON_LOCAL_INTERFACE"} > 0',
    for: "1m",
    summary: "Another machine, or a kernel, answers for an address that a speaker announces.",
    description:
      "The speaker {{ $labels.instance }} reports {{ $labels.code }}: its addresses are answered for by another machine, too.",
  },
];

/**
 * Why a path is closed: it keeps its host and path, and each request for it is answered 503, so that no other rule
 * serves what its writer wanted handled otherwise. `closed-restriction`: an annotation says who may come in, and Hawser
 * does not serve it. `closed-unsupported`: requests would reach something else than written. `closed-unreadable`: the rule
 * cannot be read. `closed-policy`: an HTTPPolicy cannot be read, or two say what cannot be done both.
 */
export type ClosedReason = "closed-restriction" | "closed-unsupported" | "closed-unreadable" | "closed-policy";

/** Whether who shows a bearer token may have what it asks for; `unknown`: it cannot be found out now, so it is not allowed. */
export type AccessVerdict = "allowed" | "unauthenticated" | "forbidden" | "unknown";

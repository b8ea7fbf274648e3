import { timingSafeEqual } from "node:crypto";

/** Whether two texts are the same. How long that takes says nothing of where they differ. */
export function sameText(left: string, right: string): boolean {
  const [first, second] = [Buffer.from(left), Buffer.from(right)];
  return first.length === second.length && timingSafeEqual(first, second);
}

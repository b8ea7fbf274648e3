import type { BucketUse } from "#src/filters/keyed-buckets.ts";

/**
 * Looks at all buckets of a request, and counts it for all of them or for none; what it returns are the milliseconds until it would
 * be within all limits. Buckets and arithmetic are those of `src/filters/leaky-bucket.ts`, in whole numbers, by the clock of the
 * store, which is one for all replicas. A bucket goes when it says nothing any longer. ARGV: rate (units in a millisecond), unit
 * and room (units beyond the rate) of each bucket.
 */
export const COUNT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = 0
local after = {}
for index, key in ipairs(KEYS) do
  local rate, unit, room = tonumber(ARGV[3 * index - 2]), tonumber(ARGV[3 * index - 1]), tonumber(ARGV[3 * index])
  local excess, last = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  if excess == nil then
    after[index] = 0
  else
    after[index] = math.max(0, tonumber(excess) - rate * math.max(0, now - tonumber(last)) + unit)
  end
  if after[index] > room then wait = math.max(wait, math.ceil((after[index] - room) / rate)) end
end
if wait > 0 then return wait end
for index, key in ipairs(KEYS) do
  local rate, unit = tonumber(ARGV[3 * index - 2]), tonumber(ARGV[3 * index - 1])
  local keep = math.ceil((after[index] + unit) / rate)
  redis.call('SET', key, string.format('%.0f %.0f', after[index], now), 'PX', string.format('%.0f', keep))
end
return 0`;

/** What all keys in the store begin with. */
const PREFIX = "hawser:rate:";

/** Keys and arguments of the script, as EVAL and EVALSHA have them after the script. */
export function countArguments(uses: readonly BucketUse[]): readonly string[] {
  const keys = uses.map(({ bucket }) => PREFIX + bucket);
  const numbers = uses.flatMap(({ limit }) => [limit.rate / 1_000, limit.unit, limit.burst * limit.unit]);
  return [String(uses.length), ...keys, ...numbers.map(String)];
}

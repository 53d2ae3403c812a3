/** API keys: whether one is in force. */

import type { KeyRow } from "./api.ts";

export type KeyState = "in_force" | "expired" | "revoked";

/**
 * The state of a key at a moment.
 *
 * @param now milliseconds since 1970, UTC.
 */
export function stateOf(key: Pick<KeyRow, "expires_at" | "revoked_at">, now: number): KeyState {
  if (key.revoked_at !== null) return "revoked";
  return Date.parse(key.expires_at) <= now ? "expired" : "in_force";
}

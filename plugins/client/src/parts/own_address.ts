/** The address of the page as it is now, and of the page around its frame: both can be mailed. */

/** Put a query and a hash into the address of this page, and of the one around its frame. */
export function keepAddress(rest: string): void {
  history.replaceState(history.state, "", location.pathname + rest);
  try {
    const outer = window.top;
    if (!outer || outer === window) return;
    const path = framed(outer.location.pathname, location.pathname, rest);
    if (path) outer.history.replaceState(outer.history.state, "", path);
  } catch {
    // The frame belongs to another site: its address is not ours.
  }
}

/**
 * The address for the page around the frame.
 *
 * @param outer path of the page around, which ends with the path of the page in the frame.
 * @returns null if it does not: then it is not ours to change.
 */
export function framed(outer: string, inner: string, rest: string): string | null {
  return outer !== inner && outer.endsWith(inner) ? outer + rest : null;
}

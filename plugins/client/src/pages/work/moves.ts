/** Going through the list by keys. */

import { useEffect } from "preact/hooks";
import { useShortcuts } from "../../parts/keyboard.ts";

const ARROWS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Next and previous by keys: the focus moves from one parcel's link to the other. */
export function useMoves(
  frame: { current: HTMLElement | null },
  more: () => void,
  help: () => void,
  length: number,
): void {
  const there = length > 0;
  useEffect(() => {
    // Who comes back from a parcel's page goes on there.
    const row = there && document.getElementById(location.hash.slice(1));
    if (row) row.querySelector<HTMLElement>("a[data-item]")?.focus();
  }, [there]);
  const move = (by: number): void => {
    const links = [...(frame.current?.querySelectorAll<HTMLElement>("a[data-item]") ?? [])];
    const at = links.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
    const to = at < 0 ? 0 : at + by;
    if (to >= links.length) more();
    links[Math.max(0, to)]?.focus();
  };
  const press = (what: string): void => {
    const row = document.activeElement?.closest("tr");
    row?.querySelector<HTMLElement>(what)?.click();
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    // As on a parcel's page.
    n: () => move(1),
    p: () => move(-1),
    x: () => press("input[type=checkbox]"),
    f: () => press("[data-find]"),
    "?": help,
  });
  useEffect(() => {
    const element = frame.current;
    // Elsewhere arrows scroll the page.
    const pressed = (event: KeyboardEvent): void => {
      const by = ARROWS[event.key];
      if (by === undefined || !(event.target as Element).matches("a[data-item]")) return;
      event.preventDefault();
      move(by);
    };
    element?.addEventListener("keydown", pressed);
    return () => element?.removeEventListener("keydown", pressed);
  });
}

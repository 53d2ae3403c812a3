/** Keys: shortcuts of a page, and moving with arrows through things that are one stop of Tab. */

import { useLayoutEffect } from "preact/hooks";
import type { Place } from "./grid.ts";
import { step } from "./grid.ts";

export type Shortcuts = Readonly<Record<string, () => void>>;

/** The name of a pressed key in {@link Shortcuts}, e.g. `n`, `?`, `Ctrl+Enter`. */
export function keyName(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
): string {
  const held = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : ""];
  return [...held, event.key].filter(Boolean).join("+");
}

// Fields that take no letters or digits.
const WITHOUT_TEXT = ["radio", "checkbox", "range", "button", "submit"];

/** Whether keys typed there are text, not shortcuts. */
export function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !WITHOUT_TEXT.includes(target.type);
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** Shortcuts of the page; a field that is written in keeps its keys, but for those with Ctrl. */
export function useShortcuts(shortcuts: Shortcuts): void {
  // Not after the first paint: a key may come as soon as the page is seen.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const name = keyName(event);
      if (takesText(event.target) && !name.startsWith("Ctrl+")) return;
      if (document.querySelector("dialog[open]")) return;
      const action = Object.hasOwn(shortcuts, name) ? shortcuts[name] : undefined;
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [shortcuts]);
}

/**
 * Move among elements with `data-row` and `data-column` by arrow keys, Home and End.
 *
 * All but one have `tabindex=-1`; the one that is moved to takes the stop of Tab.
 */
export function moveByArrows(event: KeyboardEvent, within: Element): void {
  const from = (event.target as Element).closest<HTMLElement | SVGElement>("[data-row]");
  if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...within.querySelectorAll<HTMLElement | SVGElement>("[data-row]")];
  const at = all.indexOf(from);
  const next = step(event.key, at, all.map(placeOf));
  const to = next === null ? undefined : all[next];
  if (!to) return;
  event.preventDefault();
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

function placeOf(element: HTMLElement | SVGElement): Place {
  return { row: Number(element.dataset.row), column: Number(element.dataset.column) };
}

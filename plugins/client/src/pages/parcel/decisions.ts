/** A decision on its way to the server, and the one that "same as before" repeats. */

import type { Decision, Finding } from "./answers.ts";

export const FINDINGS: readonly Finding[] = ["right", "wrong", "unclear"];

/** What the form holds. */
export interface Draft {
  finding: Finding | null;
  true_crop: string;
  note: string;
  photo: string;
}

export const BLANK: Draft = { finding: null, true_crop: "", note: "", photo: "" };

/** The body of a decision: fields that are left empty are null; a true crop only where it differs. */
export function bodyOf(
  pid: string,
  draft: Draft,
  run: number | null,
  history: readonly Decision[],
) {
  const text = (value: string): string | null => value.trim() || null;
  return {
    pid,
    finding: draft.finding,
    true_crop: draft.finding === "wrong" ? text(draft.true_crop) : null,
    note: text(draft.note),
    photo: text(draft.photo),
    run,
    seen: newestSeen(history),
  };
}

/** The newest decision that the page has shown: the server names those that came after it. */
export function newestSeen(history: readonly Decision[]): number | null {
  return history.length === 0 ? null : Math.max(...history.map(({ id }) => id));
}

/** Whether a decision can be taken back. */
export function canWithdraw(decision: Decision): boolean {
  return decision.withdraws === null && decision.withdrawn_by === null;
}

/** What "same as before" repeats: the finding, the crop and the note, but not the photo. */
export function remembered(text: string | null): Draft | null {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    if (typeof found !== "object" || found === null) return null;
    const { finding, true_crop, note } = found as Record<string, unknown>;
    if (!FINDINGS.includes(finding as Finding)) return null;
    const kept = (value: unknown): string => (typeof value === "string" ? value : "");
    return { ...BLANK, finding: finding as Finding, true_crop: kept(true_crop), note: kept(note) };
  } catch {
    return null;
  }
}

/** Letters that a note may have. */
export const LONGEST_NOTE = 2000;

/** Whether a note has a line of these words. */
export function says(note: string, words: string): boolean {
  return note.split("\n").some((line) => line.trim() === words);
}

/** A note with a line of these words put before it, or without it if it was there. */
export function saidOrNot(note: string, words: string): string {
  const lines = note.split("\n");
  if (says(note, words)) return lines.filter((line) => line.trim() !== words).join("\n");
  const longer = note ? `${words}\n${note}` : words;
  return longer.length > LONGEST_NOTE ? note : longer;
}

/** A key that nobody else makes: a request that is sent again with it changes nothing. */
export function requestKey(): string {
  // randomUUID is missing where a page comes without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Which of the calendar's colours fits a scene's state. */

import type { PassState } from "../../api.ts";

const STATES: Readonly<Record<string, PassState>> = {
  extracted: "processed",
  no_parcels: "cloudy",
  superseded: "not planned",
  failed: "missing",
  inprogress: "awaited",
};

/** The state of a pass that looks like a scene's. */
export function passState(status: string): PassState {
  return STATES[status] ?? "not run yet";
}

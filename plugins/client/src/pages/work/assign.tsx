/** Sharing out parcels: to oneself, to somebody by name, or to nobody. */

import { useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import type { Assigned } from "../../api.ts";
import { config } from "../../config.ts";
import { type ApiError, known, tell } from "../../fetch.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failed } from "../../parts/loaded.tsx";
import { count, t } from "../../texts/index.ts";

/** Names that were taken from others are said one by one up to so many. */
const SAID = 5;

export function Assign(props: {
  season: string;
  pids: readonly string[];
  done: (name: string | null) => void;
}) {
  const { season, pids } = props;
  const [asks, ask] = useState(false);
  const [busy, setBusy] = useState(false);
  const [told, say] = useState("");
  const [error, fail] = useState<ApiError | null>(null);
  const to = async (name: string | null): Promise<void> => {
    setBusy(true);
    fail(null);
    try {
      const url = seasonApi(season, ["work", "assignments"]);
      const answer = await tell<Assigned>(url, { pids, assignee: name });
      say([count("work.assigned", answer.changed), takenFrom(answer)].filter(Boolean).join(" "));
      props.done(name);
    } catch (failure) {
      fail(known(failure));
    } finally {
      setBusy(false);
    }
  };
  const off = busy || pids.length === 0;
  return (
    <>
      <p class="actions">
        {count("work.ticked", pids.length)}
        {config.user && (
          <button type="button" disabled={off} onClick={() => to(config.user)}>
            {t("work.assign.me")}
          </button>
        )}
        <button type="button" disabled={off} onClick={() => ask(true)}>
          {t("work.assign.other")}
        </button>
        <button type="button" disabled={off} onClick={() => to(null)}>
          {t("work.assign.nobody")}
        </button>
        <span role="status">{told}</span>
      </p>
      {error && <Failed error={error} />}
      {asks && (
        <Name
          close={() => ask(false)}
          give={(name) => {
            ask(false);
            to(name);
          }}
        />
      )}
    </>
  );
}

function takenFrom({ taken }: Assigned): string {
  if (taken.length === 0) return "";
  const some = taken.slice(0, SAID).map(({ pid, before }) => `${pid} (${before})`);
  const parcels = [...some, ...(taken.length > SAID ? ["…"] : [])].join(", ");
  return t("work.assigned.taken", { parcels });
}

function Name(props: { give: (name: string) => void; close: () => void }) {
  const [name, set] = useState("");
  return (
    <Dialog
      title={t("work.assign.other")}
      close={props.close}
      actions={
        <>
          <button type="submit" form="assign" disabled={!name.trim()}>
            {t("work.assign")}
          </button>
          <button type="button" onClick={props.close}>
            {t("dialog.cancel")}
          </button>
        </>
      }
    >
      <form
        id="assign"
        onSubmit={(event) => {
          event.preventDefault();
          props.give(name.trim());
        }}
      >
        <label>
          {t("work.assign.name")}{" "}
          <input
            value={name}
            maxLength={200}
            required
            onInput={(event) => set(event.currentTarget.value)}
          />
        </label>
      </form>
    </Dialog>
  );
}

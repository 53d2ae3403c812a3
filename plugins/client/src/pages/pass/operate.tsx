/** What an operator may start for a pass: each asks once more, then shows the run. */

import { useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import type { RunWish, Started } from "../../api.ts";
import { config } from "../../config.ts";
import { type ApiError, known, tell } from "../../fetch.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failed } from "../../parts/loaded.tsx";
import { day, t, word } from "../../texts/index.ts";

export function Operate({ season, runs }: { season: string; runs: readonly RunWish[] }) {
  const [wish, choose] = useState<RunWish | null>(null);
  const [started, show] = useState<Started | null>(null);
  if (!config.can_operate || !config.rights.includes("operate")) return null;
  return (
    <>
      <p class="actions">
        {runs.map((run) => (
          <button key={`${run.card} ${run.day}`} type="button" onClick={() => choose(run)}>
            {titleOf(run)}
          </button>
        ))}
      </p>
      <div role="status">{started && <Run started={started} />}</div>
      {wish && (
        <Ask
          season={season}
          wish={wish}
          close={() => choose(null)}
          done={(run) => {
            choose(null);
            show(run);
          }}
        />
      )}
    </>
  );
}

function titleOf(run: RunWish): string {
  if (run.what === "ask_again") return t("run.ask_again");
  return t("run.run_day", { card: word("card", run.card ?? ""), day: day(run.day ?? "") });
}

function Ask(props: {
  season: string;
  wish: RunWish;
  close: () => void;
  done: (run: Started) => void;
}) {
  const { season, wish, close } = props;
  const [busy, setBusy] = useState(false);
  const [error, fail] = useState<ApiError | null>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    fail(null);
    try {
      props.done(await tell<Started>(seasonApi(season, ["runs"]), wish));
    } catch (failure) {
      fail(known(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={titleOf(wish)}
      close={close}
      actions={
        <>
          <button type="button" disabled={busy} onClick={go}>
            {t("run.start")}
          </button>
          <button type="button" onClick={close}>
            {t("dialog.cancel")}
          </button>
        </>
      }
    >
      <p>{t(`run.${wish.what}.means`)}</p>
      {error && <Failed error={error} />}
    </Dialog>
  );
}

/** A run that was started, with the way to it in Airflow. */
function Run({ started: { dag, run, path } }: { started: Started }) {
  // Airflow's own address is where the window is mounted.
  return (
    <p class="told">
      {t("run.started")} <code>{dag}</code> <code>{run}</code>{" "}
      <a href={`${config.root}../${path}`}>{t("run.in_airflow")}</a>
    </p>
  );
}

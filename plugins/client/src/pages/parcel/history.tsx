/** Who decided what and when; a decision can be taken back, by a new row that says so. */

import { useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { ApiError, tell } from "../../fetch.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Empty, Failed } from "../../parts/loaded.tsx";
import { t, time, word } from "../../texts/index.ts";
import type { Decided, Decision } from "./answers.ts";
import { mayDecide } from "./deciding.tsx";
import { canWithdraw, newestSeen, requestKey } from "./decisions.ts";

export function History(props: {
  season: string;
  pid: string;
  rows: readonly Decision[];
  done: () => void;
}) {
  const { season, pid, rows, done } = props;
  const [asked, ask] = useState<Decision | null>(null);
  if (rows.length === 0) return <Empty>{t("decide.none")}</Empty>;
  return (
    <>
      <ol class="history">
        {rows.map((row) => (
          <li key={row.id} class={row.in_force ? "in-force" : ""}>
            <Row row={row} />
            {mayDecide() && canWithdraw(row) && (
              <button
                type="button"
                class="plain"
                aria-label={t("decide.withdraw.label", {
                  name: row.decided_by,
                  time: time(row.recorded_at),
                })}
                onClick={() => ask(row)}
              >
                {t("decide.withdraw")}
              </button>
            )}
          </li>
        ))}
      </ol>
      <p class="actions">
        <a href={seasonApi(season, ["parcels", pid, "decisions"], { format: "csv" })} download>
          {t("table.csv")}
        </a>
      </p>
      {asked && (
        <Withdrawing
          season={season}
          pid={pid}
          decision={asked}
          seen={newestSeen(rows)}
          close={() => ask(null)}
          done={done}
        />
      )}
    </>
  );
}

function Row({ row }: { row: Decision }) {
  const finding =
    row.withdraws === null
      ? word("finding", row.finding)
      : t("decide.withdrew_one", { id: row.withdraws });
  return (
    <>
      <p>
        <small>{row.id}</small> <b class={row.withdrawn_by ? "gone" : ""}>{finding}</b>
        {row.true_crop && `: ${row.true_crop}`}
        {row.in_force && <span class="tag">{t("decide.in_force")}</span>}
        {row.withdrawn_by && <span class="tag">{t("decide.taken_back")}</span>}
      </p>
      <p class="fine">
        {t("decide.by", { name: row.decided_by, time: time(row.recorded_at) })}
        {row.declared && `, ${t("decide.declared", { crop: row.declared })}`}
      </p>
      {row.note && <p class="written">{row.note}</p>}
      {row.photo && <p class="written">{t("decide.photo_of", { photo: row.photo })}</p>}
    </>
  );
}

function Withdrawing(props: {
  season: string;
  pid: string;
  decision: Decision;
  seen: number | null;
  close: () => void;
  done: () => void;
}) {
  const { season, pid, decision, seen, close, done } = props;
  const [key] = useState(requestKey);
  const [error, setError] = useState<ApiError | null>(null);
  const send = async (): Promise<void> => {
    try {
      const body = { pid, withdraws: decision.id, seen };
      await tell<Decided>(seasonApi(season, ["decisions"]), body, key);
      close();
      done();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError("broken", String(failure)));
    }
  };
  return (
    <Dialog
      title={t("decide.withdraw.title")}
      close={close}
      actions={
        <>
          <button type="button" onClick={() => void send()}>
            {t("decide.withdraw")}
          </button>
          <button type="button" onClick={close}>
            {t("decide.keep")}
          </button>
        </>
      }
    >
      <p>
        {word("finding", decision.finding)}
        {decision.true_crop && `: ${decision.true_crop}`}
      </p>
      <p>{t("decide.by", { name: decision.decided_by, time: time(decision.recorded_at) })}</p>
      <p class="hint">{t("decide.withdraw.hint")}</p>
      {error && <Failed error={error} />}
    </Dialog>
  );
}

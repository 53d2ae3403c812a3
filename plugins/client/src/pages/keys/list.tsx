/** The reader's keys, with those that are over; one in force can be revoked. */

import { useState } from "preact/hooks";
import { address } from "../../address.ts";
import type { KeyRow } from "../../api.ts";
import { stateOf } from "../../apikeys.ts";
import { type ApiError, known, remove } from "../../fetch.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Empty, Failed } from "../../parts/loaded.tsx";
import { Table } from "../../parts/table.tsx";
import { day, minute, t, word } from "../../texts/index.ts";

export function KeyList({ rows, changed }: { rows: readonly KeyRow[]; changed: () => void }) {
  const [chosen, choose] = useState<KeyRow | null>(null);
  if (rows.length === 0) return <Empty>{t("apikey.none")}</Empty>;
  const now = Date.now();
  return (
    <>
      <Table<KeyRow>
        caption={t("apikey.list")}
        rows={rows}
        id={(row) => row.id}
        columns={[
          { name: "label", title: t("apikey.label"), value: (row) => row.label },
          {
            name: "rights",
            title: t("apikey.rights"),
            value: (row) => row.rights.map((right) => word("right", right)).join(", "),
          },
          {
            name: "seasons",
            title: t("apikey.seasons"),
            value: (row) => row.seasons?.join(", ") ?? t("apikey.seasons.all"),
          },
          {
            name: "created",
            title: t("apikey.created"),
            value: (row) => row.created_at,
            show: (row) => day(row.created_at),
          },
          {
            name: "used",
            title: t("apikey.used"),
            value: (row) => row.last_used_at,
            show: (row) => (row.last_used_at ? minute(row.last_used_at) : t("apikey.unused")),
          },
          {
            name: "expires",
            title: t("apikey.expires"),
            value: (row) => row.expires_at,
            show: (row) => day(row.expires_at),
          },
          {
            name: "state",
            title: t("gaps.state"),
            value: (row) => t(`apikey.state.${stateOf(row, now)}`),
            show: (row) => {
              const state = stateOf(row, now);
              if (state !== "in_force") return t(`apikey.state.${state}`);
              const label = t("apikey.revoke.one", { label: row.label });
              return (
                <button type="button" aria-label={label} onClick={() => choose(row)}>
                  {t("apikey.revoke")}
                </button>
              );
            },
          },
        ]}
      />
      {chosen && (
        <Revoke
          row={chosen}
          close={() => choose(null)}
          done={() => {
            choose(null);
            changed();
          }}
        />
      )}
    </>
  );
}

function Revoke(props: { row: KeyRow; close: () => void; done: () => void }) {
  const { row, close } = props;
  const [busy, setBusy] = useState(false);
  const [error, fail] = useState<ApiError | null>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await remove(address(["api", "v1", "keys", row.id]));
      props.done();
    } catch (failure) {
      fail(known(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("apikey.revoke.one", { label: row.label })}
      close={close}
      actions={
        <>
          <button type="button" disabled={busy} onClick={go}>
            {t("apikey.revoke")}
          </button>
          <button type="button" onClick={close}>
            {t("dialog.cancel")}
          </button>
        </>
      }
    >
      <p>{t("apikey.revoke.means")}</p>
      {error && <Failed error={error} />}
    </Dialog>
  );
}

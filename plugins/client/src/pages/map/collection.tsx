/** The table of parcels that were chosen, with the way to each, and as CSV. */

import { useCallback, useEffect, useState } from "preact/hooks";
import { seasonPage } from "../../address.ts";
import type { Colouring } from "../../api.ts";
import { config } from "../../config.ts";
import { added, type Collected, collectedCsv, kept } from "../../map/collected.ts";
import { fileOf } from "../../parts/csv.ts";
import { Section } from "../../parts/shell.tsx";
import { Table } from "../../parts/table.tsx";
import { num, t } from "../../texts/index.ts";
import type { Hit } from "./canvas.tsx";
import { className, colouringName } from "./words.ts";

export interface Collection {
  rows: readonly Collected[];
  add: (hits: readonly Hit[], colouring: Colouring) => void;
  remove: (pid: string) => void;
  clear: () => void;
}

/** The parcels that this reader has chosen; kept in this tab, because pages of parcels lie between. */
export function useCollection(season: string): Collection {
  const store = `cbm-window.collected.${config.user ?? ""}.${season}`;
  const [rows, set] = useState<readonly Collected[]>(() => read(store));
  useEffect(() => write(store, rows), [store, rows]);
  const add = useCallback((hits: readonly Hit[], { key, names }: Colouring) => {
    const more = hits.map(({ name, ...hit }) => {
      // A hit may still be of the colouring before.
      const own = name !== null && names.includes(name);
      const { pid, crop, area_ha, longitude, latitude } = hit;
      const where = { longitude, latitude };
      return { pid, crop, area_ha, ...where, colour: own ? key : null, class: own ? name : null };
    });
    set((before) => added(before, more));
  }, []);
  return {
    rows,
    add,
    remove: (pid) => set((before) => before.filter((row) => row.pid !== pid)),
    clear: () => set([]),
  };
}

function read(store: string): Collected[] {
  try {
    return kept(sessionStorage.getItem(store));
  } catch {
    return []; // a browser may forbid it
  }
}

function write(store: string, rows: readonly Collected[]): void {
  try {
    sessionStorage.setItem(store, JSON.stringify(rows));
  } catch {
    // Then they last as long as the page.
  }
}

export function CollectionSection(props: {
  season: string;
  colourings: readonly Colouring[];
  collection: Collection;
}) {
  const { season, colourings } = props;
  const { rows, remove, clear } = props.collection;
  if (rows.length === 0) return null;
  return (
    <Section
      id="collected"
      title="map.collected"
      hint="map.collected.hint"
      aside={
        <span class="map-all">
          <a href={fileOf(collectedCsv(rows))} download={`${season}-parcels.csv`}>
            {t("table.csv")}
          </a>{" "}
          <button type="button" class="plain" onClick={clear}>
            {t("map.collected.clear")}
          </button>
        </span>
      }
    >
      <Table
        caption={t("map.collected")}
        rows={rows}
        id={(row) => row.pid}
        columns={[
          {
            name: "pid",
            title: t("work.parcel"),
            value: (row) => row.pid,
            show: (row) => (
              <>
                <a href={seasonPage(season, ["parcels", row.pid])}>{row.pid}</a>{" "}
                <button
                  type="button"
                  class="plain"
                  aria-label={t("map.collected.remove_one", { pid: row.pid })}
                  onClick={() => remove(row.pid)}
                >
                  {t("map.collected.remove")}
                </button>
              </>
            ),
          },
          { name: "crop", title: t("map.crop"), value: (row) => row.crop },
          {
            name: "area_ha",
            title: t("map.area"),
            value: (row) => row.area_ha,
            show: (row) => (row.area_ha === null ? "–" : num(Math.round(row.area_ha * 100) / 100)),
          },
          {
            name: "class",
            title: t("map.class"),
            value: (row) => classInWords(row, colourings),
          },
        ]}
      />
    </Section>
  );
}

/** The class of a parcel, and what it is a class of. */
function classInWords(row: Collected, colourings: readonly Colouring[]): string | null {
  if (row.class === null) return null;
  const found = colourings.find(({ key }) => key === row.colour);
  if (!found) return row.class;
  return `${colouringName(found)}: ${className(found.kind, row.class)}`;
}

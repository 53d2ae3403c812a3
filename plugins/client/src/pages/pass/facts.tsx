/** What the ledger holds of a product; what it does not hold is left out. */

import type { ComponentChildren } from "preact";
import type { Scene } from "../../api.ts";
import { type Key, num, t, time } from "../../texts/index.ts";
import { ProductLink } from "./links.tsx";
import { Status } from "./status.tsx";

const MB = 1_000_000;

export function Facts({ season, scene }: { season: string; scene: Scene }) {
  const facts: [Key, ComponentChildren][] = [
    ["gaps.state", <Status key="state" {...scene} />],
    [
      "passage.superseded_by",
      scene.superseded_by && (
        <ProductLink
          season={season}
          obsid={scene.superseded_by}
          name={String(scene.superseded_by)}
        />
      ),
    ],
    ["passage.time", time(scene.time)],
    ["calendar.satellite", scene.satellite],
    ["calendar.orbit", `${scene.rel_orbit ?? "–"} ${scene.direction ?? ""}`],
    ["passage.platform", scene.platform],
    ["passage.engine", scene.engine],
    ["passage.baseline", scene.baseline],
    ["passage.timeliness", scene.timeliness],
    ["calendar.tile", scene.tile],
    ["passage.published", scene.published && time(scene.published)],
    ["passage.registered", scene.registered_at && time(scene.registered_at)],
    ["passage.changed", scene.changed_at && time(scene.changed_at)],
    [
      "passage.size",
      scene.size_bytes &&
        t("passage.mb", { size: num(Math.round((scene.size_bytes / MB) * 10) / 10) }),
    ],
    ["passage.location", scene.location && <code>{scene.location}</code>],
    ["passage.checksum", scene.checksum && <code>{scene.checksum}</code>],
    ["passage.number", <code key="number">{scene.obsid}</code>],
  ];
  return (
    <dl class="fact-list">
      {facts
        .filter(([, value]) => value)
        .map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

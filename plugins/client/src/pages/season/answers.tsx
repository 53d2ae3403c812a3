/** The answers about parcels: declared crops, schemes and markers, by colour. */

import { seasonPage } from "../../address.ts";
import type { SeasonSummary } from "../../api.ts";
import { exists } from "../../pages.ts";
import { Bar } from "../../parts/bar.tsx";
import { Empty } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { grouped } from "../../passes.ts";
import { eventOf, t, time } from "../../texts/index.ts";

export function Answers({ summary }: { summary: SeasonSummary }) {
  const { name, work } = summary;
  const schemes = grouped(
    summary.schemes,
    (one) => one.scheme,
    (one) => one.colour,
  );
  const markers = grouped(
    summary.markers,
    (one) => one.marker,
    (one) => one.status,
  );
  const list = (query: Record<string, string>): string | null =>
    exists("work") ? seasonPage(name, ["work"], query) : null;
  const map = (colour: string): string | null =>
    exists("map") ? seasonPage(name, ["map"], { colour }) : null;
  return (
    <div class="panels answers">
      <Section id="verdicts" title="season.verdicts">
        {work === null ? (
          <Empty>{t("season.verdicts.none")}</Empty>
        ) : (
          <Bar
            family="verdict"
            label={t("season.verdicts.made", { run: work.run, time: time(work.made_at) })}
            counts={{
              confirmed: work.confirmed ?? 0,
              inconclusive: work.inconclusive ?? 0,
              outlier: work.outlier ?? 0,
            }}
            href={(status) => (status === "outlier" ? list({ kind: status }) : map("verdict"))}
          />
        )}
      </Section>
      <Section id="schemes" title="season.schemes">
        {schemes.length === 0 && <Empty>{t("season.schemes.none")}</Empty>}
        <div class="bars">
          {schemes.map(([scheme, counts]) => (
            <Bar
              key={scheme}
              family="scheme"
              label={scheme}
              counts={counts}
              href={(colour) =>
                ["red", "yellow"].includes(colour)
                  ? list({ kind: colour, scheme })
                  : map(`scheme:${scheme}`)
              }
            />
          ))}
        </div>
      </Section>
      <Section id="markers" title="season.markers">
        {markers.length === 0 && <Empty>{t("season.markers.none")}</Empty>}
        <div class="bars">
          {markers.map(([marker, counts]) => (
            <Bar
              key={marker}
              family="marker"
              label={eventOf(marker)}
              counts={counts}
              href={() => map(`marker:${marker}`)}
            />
          ))}
        </div>
      </Section>
    </div>
  );
}

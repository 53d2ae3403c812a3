/** The weather of the season, if it was loaded. */

import { useMemo } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { Chart } from "../../parts/chart.tsx";
import { Empty, Loaded, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { num, t } from "../../texts/index.ts";
import type { Parcel, Weather } from "./answers.ts";
import { weatherChart } from "./charting.ts";

export function WeatherSection({ parcel }: { parcel: Parcel }) {
  const { season, pid } = parcel;
  const answer = useAnswer<Weather>(seasonApi(season, ["parcels", pid, "weather"]));
  const nothing = answer.error?.trouble === "missing";
  return (
    <Section id="weather" title="parcel.weather">
      {nothing ? (
        <Empty>{t("parcel.weather.none")}</Empty>
      ) : (
        <Loaded of={answer}>{(weather) => <Charts parcel={parcel} weather={weather} />}</Loaded>
      )}
    </Section>
  );
}

function Charts({ parcel, weather }: { parcel: Parcel; weather: Weather }) {
  const csv = seasonApi(parcel.season, ["parcels", parcel.pid, "weather"], { format: "csv" });
  const charts = useMemo(
    () =>
      (["temperature", "precipitation"] as const).map((part) =>
        weatherChart(weather.rows, part, parcel, {
          title: t(`parcel.${part}`),
          unit: t(`parcel.unit.${part}`),
          mean: t(`parcel.layer.${part}`),
          range: t("parcel.layer.range"),
        }),
      ),
    [weather, parcel],
  );
  return (
    <>
      <p class="fine">
        {t("parcel.weather.from", {
          cell: weather.cell,
          km: num(Math.round(weather.distance_m / 100) / 10),
        })}
      </p>
      <div class="charts">
        {charts.map((series) => (
          <Chart key={series.title} series={series} sync="parcel" height={140} csv={csv} />
        ))}
      </div>
    </>
  );
}

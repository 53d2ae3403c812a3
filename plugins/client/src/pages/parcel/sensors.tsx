/** The choice among the sensors that a parcel has images of. */

import { num, t } from "../../texts/index.ts";
import type { Strip } from "./images.ts";
import { sensorOf } from "./wording.ts";

export function SensorChoice(props: {
  strips: readonly Strip[];
  strip: Strip;
  choose: (key: string) => void;
}) {
  const { strips, strip, choose } = props;
  return (
    <label>
      <span>{t("parcel.sensor")}</span>{" "}
      <select value={strip.key} onChange={(event) => choose(event.currentTarget.value)}>
        {strips.map((one) => (
          <option key={one.key} value={one.key}>
            {sensorOf(one.card, one.direction)} ({num(one.looks.length)})
          </option>
        ))}
      </select>
    </label>
  );
}

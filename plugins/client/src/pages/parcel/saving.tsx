/** The end of a form about a parcel: save, save and go on, "same as before". */

import { t } from "../../texts/index.ts";

export function SaveActions(props: {
  off: boolean;
  /** What saves; null where the form's own submission does. */
  save: (() => void) | null;
  /** What saves and goes on; null where nothing follows. */
  saveNext: (() => void) | null;
  /** What was saved last, and what repeats it. */
  same: { finding: string; repeat: () => void } | null;
}) {
  const { off, save, saveNext, same } = props;
  return (
    <>
      <p class="actions">
        <button type={save ? "button" : "submit"} disabled={off} onClick={save ?? undefined}>
          {t("decide.save")}
        </button>
        {saveNext && (
          <button type="button" disabled={off} onClick={saveNext}>
            {t("decide.save_next")}
          </button>
        )}
        {same && (
          <button type="button" class="plain" onClick={same.repeat}>
            {t("decide.same")} <kbd>s</kbd>
          </button>
        )}
      </p>
      {same && <p class="hint">{t("decide.before", { finding: same.finding })}</p>}
    </>
  );
}

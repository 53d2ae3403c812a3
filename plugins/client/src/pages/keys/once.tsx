/** A key that was just made: only its hash is stored, so that it is seen here and never again. */

import { useRef, useState } from "preact/hooks";
import type { KeyMade } from "../../api.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { t } from "../../texts/index.ts";

export function KeyOnce({ made, close }: { made: KeyMade; close: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, tell] = useState<boolean | null>(null);
  const copy = async (): Promise<void> => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(made.key);
      tell(true);
    } catch {
      tell(false); // a frame may not be allowed to; the key is selected
    }
  };
  return (
    <Dialog title={t("apikey.made", { label: made.row.label })} close={close}>
      <p>{t("apikey.once")}</p>
      <p class="actions">
        <input
          ref={field}
          class="api-key"
          readOnly
          value={made.key}
          aria-label={t("apikey.key")}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" onClick={copy}>
          {t("apikey.copy")}
        </button>
        <span role="status">
          {copied !== null && t(copied ? "apikey.copied" : "apikey.not_copied")}
        </span>
      </p>
      <p>{t("apikey.use", { name: made.row.user_name })}</p>
      <pre>
        <code>{`curl -H "Authorization: Bearer $KEY" …/api/v1/seasons`}</code>
      </pre>
    </Dialog>
  );
}

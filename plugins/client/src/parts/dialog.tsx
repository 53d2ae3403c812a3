/** A dialog of the page itself: in Airflow's frame a browser shows none of its own. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../texts/index.ts";

export function Dialog(props: {
  title: string;
  close: () => void;
  children: ComponentChildren;
  /** Buttons; without them there is one that closes. */
  actions?: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    // A real modal dialog: the browser holds the focus inside and gives it back.
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onClose={props.close}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="dialog">
        <h2 id={heading}>{props.title}</h2>
        {props.children}
        <div class="actions">
          {props.actions ?? (
            <button type="button" onClick={() => element.current?.close()}>
              {t("dialog.close")}
            </button>
          )}
        </div>
      </div>
    </dialog>
  );
}

/** The keys of a page and what they do. */
export function KeysDialog(props: { keys: readonly [string, string][]; close: () => void }) {
  return (
    <Dialog title={t("keys.title")} close={props.close}>
      <dl class="keys">
        {props.keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

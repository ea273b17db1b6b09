/** Something that is shown once and kept nowhere. */

import { useEffect, useRef } from 'react';

import { say } from '../shell/toast.js';
import { t } from '../text/intl.js';

export function Secret({ title, value, help, onClose }: { title: string; value: string; help: string; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="secret-title" onClose={onClose}>
      <h2 id="secret-title">{title}</h2>
      <p>{help}</p>
      <code className="secret" tabIndex={0} data-testid="secret">{value}</code>
      <div className="form-foot">
        <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(value).then(() => say(t('keys.copied')))}>{t('keys.copy')}</button>
        <button type="button" className="button primary" onClick={() => dialog.current?.close()}>{t('explain.close')}</button>
      </div>
    </dialog>
  );
}

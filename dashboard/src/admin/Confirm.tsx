/** Before what cannot be taken back: says what will happen, and where it matters asks for the name. */

import { useEffect, useRef, useState } from 'react';

import { t } from '../text/intl.js';

interface Props {
  title: string;
  text: string;
  action: string;
  /** What has to be typed; nothing where a second look is enough. */
  word?: string | undefined;
  /** Nothing is lost by it: it is asked because it leaves the house. */
  isHarmless?: boolean;
  onConfirm(): void;
  onClose(): void;
}

export function Confirm({ title, text, action, word, isHarmless = false, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="confirm-title" onClose={onClose}>
      <h2 id="confirm-title">{title}</h2>
      <p>{text}</p>
      {word && (
        <div className="field">
          <label htmlFor="confirm-word">{t('confirm.type', { word })}</label>
          <input id="confirm-word" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </div>
      )}
      <div className="form-foot">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('form.cancel')}</button>
        <button
          type="button"
          className={`button ${isHarmless ? 'primary' : 'danger'}`}
          disabled={word !== undefined && typed !== word}
          onClick={() => {
            onConfirm();
            dialog.current?.close();
          }}
        >
          {action}
        </button>
      </div>
    </dialog>
  );
}

/** A moment of one's own choice, in the reader's own time: the browser's own field, so that every keyboard and phone knows it. */

import { type FormEvent, useEffect, useId, useRef, useState } from 'react';

import { moment, t } from '../text/intl.js';
import { fieldOf, whyNot, zone } from './snoozing.js';

interface Props {
  title: string;
  submit: string;
  /** What stands in the field at first. */
  start: Date;
  onTake(at: Date): void;
  onClose(): void;
}

export function Moment({ title, submit, start, onTake, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [value, setValue] = useState(() => fieldOf(start));
  const [isTried, setTried] = useState(false);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const wrong = whyNot(value, new Date());

  const take = (event: FormEvent) => {
    event.preventDefault();
    // Looked at when it is pressed, too: a moment to come may have passed while one thought.
    if (whyNot(value, new Date())) {
      setTried(true);
      field.current?.focus();
      return;
    }
    dialog.current?.close();
    onTake(new Date(value));
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={`${id}-title`} onClose={onClose} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <h2 id={`${id}-title`}>{title}</h2>
      <form className="form" noValidate onSubmit={take}>
        <div className="field">
          <label htmlFor={`${id}-at`}>{t('moment.at')}</label>
          <input
            ref={field}
            id={`${id}-at`}
            type="datetime-local"
            required
            min={fieldOf(new Date())}
            value={value}
            aria-invalid={isTried && wrong ? true : undefined}
            aria-describedby={`${id}-zone ${id}-said`}
            onChange={(event) => { setValue(event.target.value); setTried(true); }}
          />
          <span id={`${id}-zone`} className="quiet">{t('moment.zone', { zone: zone() })}</span>
          <span id={`${id}-said`} role="status" className={isTried && wrong ? 'warn' : 'quiet'}>{wrong ? isTried && t('moment.wrong', { why: wrong }) : moment(new Date(value).toISOString())}</span>
        </div>
        <div className="form-foot">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('form.cancel')}</button>
          <button type="submit" className="button primary">{submit}</button>
        </div>
      </form>
    </dialog>
  );
}

import { useEffect, useRef, useState } from 'react';

import { t, type TextId } from '../text/intl.js';
import { areKeysOn, switchKeys } from './keys.js';

const KEYS: [string, TextId][] = [
  ['j', 'keys.next'], ['k', 'keys.previous'], ['Enter', 'keys.open'], ['r', 'keys.reply'], ['n', 'keys.note'], ['t', 'keys.take'],
  ['h', 'keys.hand'], ['a', 'keys.assign'], ['l', 'keys.label'], ['s', 'keys.snooze'], ['e', 'keys.close'], ['x', 'keys.spam'], ['z', 'keys.undo'],
  ['/', 'keys.search'], ['Ctrl+K', 'keys.palette'], ['Ctrl+Enter', 'keys.send'], ['Esc', 'keys.escape'],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOn, setOn] = useState(areKeysOn);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">{t('keys.title')}</h2>
      <dl className="keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            switchKeys(event.target.checked);
            setOn(event.target.checked);
          }}
        />
        {t('keys.toggle')}
      </label>
      <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('explain.close')}</button>
    </dialog>
  );
}

/** A form in a dialog. What the server has against a field is said at the field; nothing typed is lost by it. */

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';

import { ApiProblem } from '../api/http.js';
import { useDesk } from '../desk.js';
import { ServersOwn } from '../shell/Problem.js';
import { say } from '../shell/toast.js';
import { told } from '../shell/told.js';
import { t } from '../text/intl.js';

export interface Field {
  name: string;
  label: string;
  kind?: 'text' | 'email' | 'number' | 'area' | 'select' | 'check' | 'password' | 'time' | 'datetime-local';
  /** `isData`: a name, which is nobody's to translate. */
  options?: { value: string; text: string; isData?: boolean }[];
  value?: string | number | boolean | null | undefined;
  required?: boolean;
  help?: string;
}

export type Values = Record<string, string | boolean>;

interface Props {
  title: string;
  submit: string;
  fields: Field[];
  done: string;
  onSubmit(values: Values): Promise<unknown>;
  onClose(): void;
}

export function FormDialog({ title, submit, fields, done, onSubmit, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const { person } = useDesk();
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const wrong = problem instanceof ApiProblem ? problem.problem.field : null;

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    try {
      await onSubmit(valuesOf(event.currentTarget, fields));
      if (done) say(done);
      await queries.invalidateQueries({ queryKey: [person.tenantId] });
      dialog.current?.close();
    } catch (thrown) {
      setProblem(thrown);
    } finally {
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="form-title" onClose={onClose}>
      <h2 id="form-title">{title}</h2>
      <form onSubmit={(event) => void send(event)} className="form">
        {fields.map((field) => <Input key={field.name} field={field} isWrong={isOf(wrong, field)} />)}
        {problem !== null && <Refusal problem={problem} fields={fields} />}
        <div className="form-foot">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('form.cancel')}</button>
          <button type="submit" className="button primary" disabled={isBusy}>{submit}</button>
        </div>
      </form>
    </dialog>
  );
}

/** Why it was not taken, with the field as this form calls it. */
function Refusal({ problem, fields }: { problem: unknown; fields: Field[] }) {
  const { text, remedy, field, own } = told(problem);
  const label = fields.find((one) => isOf(field, one))?.label ?? field;
  return (
    <div role="alert">
      <p className="warn" dir="auto">{[text, remedy].filter(Boolean).join(' ')}</p>
      {label && <p className="warn">{t('error.field', { field: label })}</p>}
      <ServersOwn text={own} />
    </div>
  );
}

/** Whether a problem's field is this one, alone or as the last part of a path. */
const isOf = (field: string | null | undefined, { name }: Field): boolean => field === name || !!field?.endsWith(`.${name}`);

function Input({ field, isWrong }: { field: Field; isWrong: boolean }) {
  const id = `field-${field.name}`;
  const rest = { id, name: field.name, required: field.required, 'aria-invalid': isWrong || undefined, 'aria-describedby': field.help ? `${id}-help` : undefined };
  const text = field.value == null || typeof field.value === 'boolean' ? '' : String(field.value);
  const help = field.help && <span id={`${id}-help`} className="quiet">{field.help}</span>;
  if (field.kind === 'check') {
    return <div className="check"><input type="checkbox" {...rest} defaultChecked={field.value === true} /><label htmlFor={id}>{field.label}</label>{help}</div>;
  }
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === 'area' ? <textarea {...rest} rows={5} defaultValue={text} />
        : field.kind === 'select' ? <select {...rest} defaultValue={text}>{field.options?.map((one) => <option key={one.value} value={one.value} translate={one.isData ? 'no' : undefined}>{one.text}</option>)}</select>
        : <input type={field.kind ?? 'text'} step={field.kind === 'number' ? 'any' : undefined} autoComplete="off" {...rest} defaultValue={text} />}
      {help}
    </div>
  );
}

function valuesOf(form: HTMLFormElement, fields: Field[]): Values {
  const data = new FormData(form);
  return Object.fromEntries(fields.map(({ name, kind }) => [name, kind === 'check' ? data.has(name) : String(data.get(name) ?? '').trim()]));
}

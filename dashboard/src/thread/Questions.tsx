/** What an action asks before it is done: to whom, which labels, until when. */

import { useRef, useState } from 'react';

import type { Thread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { type Choice, Picker } from '../shell/Picker.js';
import { moment, t } from '../text/intl.js';
import type { Actions } from './actions.js';
import { Moment } from './Moment.js';
import { moments } from './snoozing.js';

interface Props {
  actions: Actions;
  thread: Thread;
  /** Labels of the conversations in sight: what is likely to be wanted. */
  labels: readonly string[];
}

const NOBODY = 'nobody';
const OWN = 'own';

export default function Questions({ actions, thread, labels }: Props) {
  const { members, person } = useDesk();
  const done = () => actions.ask(null);
  switch (actions.question) {
    case 'assign': {
      const others = members.filter((one) => one.user_id !== person.userId && one.role !== 'viewer');
      const choices: Choice[] = [
        { id: person.userId, text: t('assign.me'), hint: thread.assignee_id === person.userId ? t('assign.now') : undefined },
        ...others.map((one) => ({ id: one.user_id, text: one.display_name ?? t('message.team'), hint: one.user_id === thread.assignee_id ? t('assign.now') : undefined })),
        { id: NOBODY, text: t('assign.nobody') },
      ];
      return <Picker title={t('assign.title')} choices={choices} onTake={(id) => actions.assign(id === NOBODY ? null : id)} onClose={done} />;
    }
    case 'label':
      return <Labels actions={actions} thread={thread} labels={labels} />;
    case 'snooze':
      return <Snooze actions={actions} />;
    case null:
      return null;
  }
}

/** Ticked and unticked as often as one likes, said to the server once, when the list is closed. */
function Labels({ actions, thread, labels }: Props) {
  const [now, setNow] = useState<readonly string[]>(thread.labels);
  const [seen, setSeen] = useState<readonly string[]>(() => [...new Set([...thread.labels, ...labels])].sort());
  const toggle = (label: string) => {
    if (!seen.includes(label)) setSeen([...seen, label].sort());
    setNow(now.includes(label) ? now.filter((one) => one !== label) : [...now, label]);
  };
  const close = () => {
    actions.ask(null);
    actions.label(now);
  };
  return (
    <Picker
      title={t('label.title')}
      isMany
      choices={seen.map((label) => ({ id: label, text: label, isOn: now.includes(label) }))}
      free={(text) => (seen.includes(text) ? null : { id: text, text: t('label.new', { label: text }) })}
      onTake={toggle}
      onClose={close}
    />
  );
}

function Snooze({ actions }: { actions: Actions }) {
  const [isOwn, setOwn] = useState(false);
  const goesOn = useRef(false);
  const choices = moments(new Date());
  const tomorrow = choices.find((one) => one.id === 'tomorrow')?.at ?? new Date();
  const done = () => actions.ask(null);
  if (isOwn) return <Moment title={t('snooze.title')} submit={t('action.snooze')} start={tomorrow} onTake={actions.snooze} onClose={done} />;
  return (
    <Picker
      title={t('snooze.title')}
      choices={[...choices.map(({ id, at }) => ({ id, text: t('snooze.choice', { id }), hint: moment(at.toISOString()) })), { id: OWN, text: t('snooze.own') }]}
      onTake={(id) => {
        const chosen = choices.find((one) => one.id === id);
        if (chosen) actions.snooze(chosen.at);
        else setOwn((goesOn.current = true));
      }}
      onClose={() => goesOn.current || done()}
    />
  );
}

/** Until when a task is to be done, and by whom: what somebody changed of it is sent, and nothing else. */

import type { ManualTask } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { fieldOf, zone } from '../thread/snoozing.js';
import { FormDialog } from './FormDialog.js';

export function TaskPlan({ task, onClose }: { task: ManualTask; onClose(): void }) {
  const { api, members } = useDesk();
  const due = task.due_at === null ? '' : fieldOf(new Date(task.due_at));
  return (
    <FormDialog
      title={t('tasks.planTitle', { title: task.title })}
      submit={t('form.save')}
      done={t('form.saved')}
      fields={[
        { name: 'due_at', label: t('tasks.dueAt'), kind: 'datetime-local', value: due, help: t('tasks.dueHelp', { zone: zone() }) },
        { name: 'assignee_id', label: t('tasks.who'), kind: 'select', value: task.assignee_id, options: [{ value: '', text: t('tasks.nobody') }, ...members.map((one) => ({ value: one.user_id, text: one.display_name ?? t('message.team'), isData: true }))] },
      ]}
      onSubmit={async (values) => {
        const changes = {
          ...(values['due_at'] !== due && { due_at: values['due_at'] ? new Date(String(values['due_at'])).toISOString() : null }),
          ...(values['assignee_id'] !== (task.assignee_id ?? '') && { assignee_id: values['assignee_id'] || null }),
        };
        if (Object.keys(changes).length > 0) await api.patch(`/tasks/${task.id}`, changes);
      }}
      onClose={onClose}
    />
  );
}

/** A mail as its sender laid it out: cleaned, on paper, in a frame that runs nothing; pictures only when one asks for them. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import type { MessageHtml } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { clean, type Enclosed } from './cleaning.js';
import { showEnclosed, type Shown } from './enclosed.js';

export default function Mail({ messageId }: { messageId: string }) {
  const { api, person } = useDesk();
  const [withPictures, setWithPictures] = useState(false);
  const [hasPictures, setHasPictures] = useState(false);
  const [enclosed, setEnclosed] = useState<Enclosed[]>([]);
  const found = useQuery({ queryKey: [person.tenantId, 'html', messageId], queryFn: ({ signal }) => api.get<MessageHtml>(`/messages/${messageId}/html`, {}, signal), staleTime: Infinity });
  if (found.isPending) return <p role="status">{t('app.starting')}</p>;
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  return (
    <div className="mail">
      {hasPictures && !withPictures && (
        <p className="inline quiet">{t('mail.hidden')}<button type="button" className="button" onClick={() => setWithPictures(true)}>{t('mail.pictures')}</button></p>
      )}
      <Frame key={String(withPictures)} html={found.data.html} withPictures={withPictures} onPictures={setHasPictures} onEnclosed={setEnclosed} />
      {enclosed.length > 0 && <Pictures messageId={messageId} enclosed={enclosed} />}
      {found.data.cut && <p className="quiet">{t('mail.cut')}</p>}
    </div>
  );
}

/** Puts the pictures that came with the mail into it, and says which of them are not there. */
function Pictures({ messageId, enclosed }: { messageId: string; enclosed: Enclosed[] }) {
  const { api } = useDesk();
  const [{ waiting, left, problem }, setShown] = useState<Shown & { problem?: unknown }>({ waiting: 0, left: 0 });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    showEnclosed(api, messageId, enclosed, gone.signal).then(setShown, (problem: unknown) => !gone.signal.aborted && setShown({ waiting: 0, left: 0, problem }));
    return () => gone.abort();
  }, [api, messageId, enclosed, tries]);
  const again = () => setTries((was) => was + 1);
  if (problem !== undefined) return <ProblemBox problem={problem} onRetry={again} />;
  return (
    <>
      {waiting > 0 && <p className="inline quiet" role="status">{t('mail.checking')}<button type="button" className="button" onClick={again}>{t('app.retry')}</button></p>}
      {left > 0 && <p className="quiet" role="status">{t('mail.left', { n: left })}</p>}
    </>
  );
}

const MOST_PX = 4000;

interface FrameProps {
  html: string;
  withPictures: boolean;
  onPictures(has: boolean): void;
  onEnclosed(enclosed: Enclosed[]): void;
}

function Frame({ html, withPictures, onPictures, onEnclosed }: FrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const watched = useRef<ResizeObserver | null>(null);
  useEffect(() => () => watched.current?.disconnect(), []);
  const loaded = () => {
    const element = frame.current;
    const inside = element?.contentDocument;
    if (!element || !inside?.defaultView || inside.body.dataset['shown']) return;
    const { body, hasPictures, enclosed } = clean(html, inside.defaultView, withPictures);
    inside.body.dataset['shown'] = 'true';
    inside.body.append(body);
    onPictures(hasPictures);
    onEnclosed(enclosed);
    const fit = () => (element.style.height = `${Math.min(MOST_PX, inside.documentElement.scrollHeight + 2)}px`);
    watched.current = new ResizeObserver(fit);
    watched.current.observe(inside.body);
    fit();
  };
  return (
    <iframe
      ref={frame}
      title={t('mail.frame')}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      src={`/dashboard/mail-frame?pictures=${withPictures}`}
      referrerPolicy="no-referrer"
      onLoad={loaded}
    />
  );
}

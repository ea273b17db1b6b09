/** A mail as its sender laid it out: cleaned, on paper, in a frame that runs nothing; pictures only when one asks for them. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import type { MessageHtml } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { clean } from './cleaning.js';

export default function Mail({ messageId }: { messageId: string }) {
  const { api, person } = useDesk();
  const [withPictures, setWithPictures] = useState(false);
  const [hasPictures, setHasPictures] = useState(false);
  const found = useQuery({ queryKey: [person.tenantId, 'html', messageId], queryFn: ({ signal }) => api.get<MessageHtml>(`/messages/${messageId}/html`, {}, signal), staleTime: Infinity });
  if (found.isPending) return <p role="status">{t('app.starting')}</p>;
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  return (
    <div className="mail">
      {hasPictures && !withPictures && (
        <p className="inline quiet">{t('mail.hidden')}<button type="button" className="button" onClick={() => setWithPictures(true)}>{t('mail.pictures')}</button></p>
      )}
      <Frame key={String(withPictures)} html={found.data.html} withPictures={withPictures} onPictures={setHasPictures} />
      {found.data.cut && <p className="quiet">{t('mail.cut')}</p>}
    </div>
  );
}

const MOST_PX = 4000;

function Frame({ html, withPictures, onPictures }: { html: string; withPictures: boolean; onPictures(has: boolean): void }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const watched = useRef<ResizeObserver | null>(null);
  useEffect(() => () => watched.current?.disconnect(), []);
  const loaded = () => {
    const element = frame.current;
    const inside = element?.contentDocument;
    if (!element || !inside?.defaultView || inside.body.dataset['shown']) return;
    const { body, hasPictures } = clean(html, inside.defaultView, withPictures);
    inside.body.dataset['shown'] = 'true';
    inside.body.append(body);
    onPictures(hasPictures);
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
